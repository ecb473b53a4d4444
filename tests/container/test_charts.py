"""A chart drawn in each language's own way, as the browser shows it. Pictures:
build/screenshots/chart-*.png."""

import contextlib
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.container.browsers import PATIENCE_MS, screenshot, start_browser, wait_connected
from tests.container.containers import Containers
from tests.container.log_warnings import CLIENT_LEFT
from tests.container.running_container import Container
from tests.polling import eventually

TOKEN = "token-of-the-chart-test"
# What a package's client says where its source cannot be reached.
UNREACHABLE = re.compile(
    "No matching distribution|Could not find|could not be fetched|dial tcp|no such host|"
    "UnknownHost|Connection|timed out|cannot be resolved"
)
_VEGA = """{
  "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
  "title": "Growth", "width": 300, "height": 180, "mark": "line",
  "data": {"values": [{"day": 1, "height": 1}, {"day": 2, "height": 4}, {"day": 3, "height": 9}]},
  "encoding": {"x": {"field": "day", "type": "quantitative"},
               "y": {"field": "height", "type": "quantitative"}}
}"""
# Kernel → what fetches a library, if one is needed; what draws; what the page shows it as.
CHARTS = {
    "python3": (
        "%pip install --quiet matplotlib",
        """import matplotlib.pyplot as plt
plt.figure(figsize=(4, 2.4))
plt.plot([1, 2, 3, 4], [1, 4, 9, 16])
plt.title("Growth"); plt.xlabel("day"); plt.ylabel("height");""",
        "img",
    ),
    "gophernotes": (
        "%get gonum.org/v1/plot@v0.15.2",
        """import ("bytes"; "gonum.org/v1/plot"
        "gonum.org/v1/plot/plotter"; "gonum.org/v1/plot/vg")
p := plot.New()
p.Title.Text, p.X.Label.Text, p.Y.Label.Text = "Growth", "day", "height"
line, _ := plotter.NewLine(plotter.XYs{{X: 1, Y: 1}, {X: 2, Y: 4}, {X: 3, Y: 9}, {X: 4, Y: 16}})
p.Add(line)
picture, _ := p.WriterTo(4*vg.Inch, 2.5*vg.Inch, "svg")
var svg bytes.Buffer
picture.WriteTo(&svg)
Display(display.SVG(svg.String()))""",
        "svg, img",
    ),
    "tslab": ("", f'import * as tslab from "tslab";\ntslab.display.vega({_VEGA});', "canvas, svg"),
    "jslab": ("", f"const chart = {_VEGA};\nchart", "canvas, svg"),
    "xcpp17": (
        "",
        """#include <sstream>
std::ostringstream points;
for (int day = 0; day <= 40; ++day) points << 50 + 7 * day << ',' << 180 - day * day / 10.0 << ' ';
display(cpp_kernel::svg("<svg xmlns='http://www.w3.org/2000/svg' width='350' height='210'>"
    "<text x='150' y='14'>Growth</text><path d='M50 20V180H340' fill='none' stroke='black'/>"
    "<text x='180' y='204'>day</text><text x='2' y='100'>height</text>"
    "<polyline fill='none' stroke='#00599c' stroke-width='2' points='" + points.str() +
    "'/></svg>"));""",
        "svg, img",
    ),
    "racket": (
        "",
        """(require plot)
(plot (function sqr 0 4) #:title "Growth"
      #:x-label "day" #:y-label "height" #:width 350 #:height 220)""",
        "svg, img",
    ),
    "java": (
        "%maven org.knowm.xchart:xchart:3.8.8",
        """import org.knowm.xchart.*;
XYChart chart = new XYChartBuilder().width(400).height(240).title("Growth")
  .xAxisTitle("day").yAxisTitle("height").build();
chart.addSeries("tree", new double[] {1, 2, 3, 4}, new double[] {1, 4, 9, 16});
BitmapEncoder.getBufferedImage(chart)""",
        "img",
    ),
    "scala": (
        "import $ivy.`org.knowm.xchart:xchart:3.8.8`",
        """import org.knowm.xchart.*
val chart = XYChartBuilder().width(400).height(240).title("Growth")
  .xAxisTitle("day").yAxisTitle("height").build()
chart.addSeries("tree", Array(1.0, 2, 3, 4), Array(1.0, 4, 9, 16))
BitmapEncoder.getBufferedImage(chart)""",
        "img",
    ),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with start_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def lab(module_container: Containers) -> Container:
    return module_container({"JUPYTER_TOKEN": TOKEN}, expect_warnings=CLIENT_LEFT).wait_ready()


@pytest.fixture
def page(browser: Browser, lab: Container) -> Iterator[Page]:
    """A page; the kernels that it has started end with it."""
    with contextlib.closing(browser.new_page(viewport={"width": 900, "height": 900})) as page:
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{lab.url}/lab?token={TOKEN}")
        yield page
    client = lab.client()
    for session in client.api("GET", "/api/sessions"):
        client.api("DELETE", f"/api/sessions/{session['id']}")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kernel", CHARTS)
def test_a_chart_is_drawn(lab: Container, page: Page, kernel: str) -> None:
    lab.client().require_kernel(kernel)
    fetches, draws, element = CHARTS[kernel]
    open_notebook(lab, page, kernel, [fetches, draws] if fetches else [draws])
    cells = page.locator(".jp-Notebook .jp-Cell")
    cells.nth(0).locator(".jp-InputPrompt").click()
    if fetches:
        run(page, 0)
        if problem := UNREACHABLE.search(cells.nth(0).inner_text()):
            pytest.skip(f"{fetches}: {problem[0]}")
    run(page, cells.count() - 1)
    chart = cells.last.locator(".jp-OutputArea-output").locator(element).first
    expect(chart).to_be_visible()
    box = chart.bounding_box()
    assert box and box["width"] > 200 and box["height"] > 100, box  # noqa: PT018
    screenshot(cells.last.locator(".jp-OutputArea-output").last, f"chart-{kernel}")


def open_notebook(lab: Container, page: Page, kernel: str, sources: list[str]) -> None:
    cells: list[dict[str, object]] = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{number}",
            "metadata": {},
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(sources)
    ]
    spec = {"name": kernel, "display_name": kernel}
    notebook = {
        "cells": cells,
        "metadata": {"kernelspec": spec},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    name = f"chart-{kernel}.ipynb"
    lab.client().api(
        "PUT",
        f"/api/contents/{name}",
        json={"type": "notebook", "format": "json", "content": notebook},
    )
    page.goto(f"{lab.url}/lab/tree/{name}?reset")
    wait_connected(page, lab.client(), name, kernel)


def run(page: Page, number: int) -> None:
    """Run a cell to its end."""
    cell = page.locator(".jp-Notebook .jp-Cell").nth(number)
    cell.locator(".jp-InputPrompt").click()
    page.keyboard.press("Control+Enter")

    def has_run() -> None:
        prompt = cell.locator(".jp-InputPrompt").inner_text()
        assert re.fullmatch(r"\[\d+\]:", prompt), (prompt, cell.inner_text())

    eventually(has_run, PATIENCE_MS / 1000)
    assert cell.locator(".jp-OutputArea-output[data-mime-type$='error']").count() == 0, (
        cell.inner_text()
    )

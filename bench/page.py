"""What a person waits for: from `docker run` to the launcher and to the first result, in a real
browser.

Beside the same JupyterLab without the image's configuration and without labinit: plain.
"""

from __future__ import annotations

import contextlib
import os
import time
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench.containers import IMAGE, TOKEN, container
from bench.lines import LINES, Line, Proxy, shaped
from bench.tables import median, table
from tests.container.browsers import start_browser
from tests.container.jupyter import Client
from tests.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

ROUNDS = int(os.environ.get("BENCH_PAGE_ROUNDS", "3"))
PICTURE = Path("docs/images/first-page.svg")
OURS, PLAIN = "this image", "plain JupyterLab"
_PUBLISH = ("--publish", "127.0.0.1::8080")
_PATIENCE_MS = 180_000
# No configuration of the image's, and nothing in between.
_PLAIN = (
    *("--no-healthcheck", "--user", "1000:1000", "--env", "HOME=/tmp", "--tmpfs", "/etc/jupyter"),
    *("--entrypoint", "", *_PUBLISH, IMAGE),
    *("jupyter", "lab", "--ip=0.0.0.0", "--port=8080", "--no-browser", "--ServerApp.root_dir=/tmp"),
    *(f"--IdentityProvider.token={TOKEN}", "--ServerApp.jpserver_extensions=lab_server=False"),
)
_ARGUMENTS = {OURS: (*_PUBLISH, "--env", f"JUPYTER_TOKEN={TOKEN}", IMAGE), PLAIN: _PLAIN}


class Visit(NamedTuple):
    """One first visit and the next. Units: seconds, processor seconds of the container, bytes."""

    launcher_s: float
    result_s: float
    cpu_s: float
    first_bytes: int
    second_bytes: int


@contextlib.contextmanager
def _new_browser(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(_PATIENCE_MS)
    try:
        yield context
    finally:
        context.close()


def _open_launcher(page: Page, address: str) -> None:
    """Load the page and wait for the launcher."""
    page.goto(address, wait_until="commit")
    page.locator("#jupyterlab-splash").wait_for(state="detached")
    page.locator(".jp-Launcher").first.wait_for()


def _run_first_cell(page: Page, client: Client) -> None:
    page.locator(".jp-LauncherCard[data-category='Notebook']").first.click()

    def has_kernel() -> None:
        # A cell that is run before is lost.
        assert any(one["kernel"]["connections"] for one in client.api("GET", "/api/sessions"))

    eventually(has_kernel, _PATIENCE_MS / 1000)
    page.locator(".jp-Notebook .cm-content").first.click()
    page.locator(".cm-focused").first.wait_for()
    page.keyboard.insert_text("6 * 7")
    page.keyboard.press("Control+Enter")
    page.locator(".jp-OutputArea-output", has_text="42").first.wait_for()


def _visit(browser: Browser, proxy: Proxy, arguments: tuple[str, ...]) -> Visit:
    with container(*arguments) as made, _new_browser(browser) as context:
        began = time.monotonic()
        made.start()
        proxy.target = int(made.url.rpartition(":")[2])
        # Not by the browser: the page of each failure costs it a third of a second on the cores
        # on which the server starts, and a person's browser runs on another machine.
        made.wait_ready(pause_s=0.05)
        carried = proxy.bytes_down
        page = context.new_page()
        _open_launcher(page, f"http://localhost:{proxy.port}/lab?token={TOKEN}")
        launcher_s = time.monotonic() - began
        first_bytes = proxy.bytes_down - carried
        _run_first_cell(page, Client(f"http://127.0.0.1:{proxy.target}", TOKEN))
        result_s, cpu_s = time.monotonic() - began, made.cpu_s()
        page.close()
        carried = proxy.bytes_down
        _open_launcher(context.new_page(), f"http://localhost:{proxy.port}/lab?reset")
        return Visit(launcher_s, result_s, cpu_s, first_bytes, proxy.bytes_down - carried)


def _measure(line: Line) -> dict[str, list[Visit]]:
    found: dict[str, list[Visit]] = {name: [] for name in _ARGUMENTS}
    with start_browser() as browser, shaped(line) as proxy:
        for _ in range(ROUNDS):
            for name, arguments in _ARGUMENTS.items():
                found[name].append(_visit(browser, proxy, arguments))
    return found


def _of(visits: list[Visit], what: Callable[[Visit], float]) -> float:
    return float(median([what(visit) for visit in visits]))


def _draw(found: dict[str, dict[str, list[Visit]]]) -> str:
    longest = max(
        visit.result_s for peers in found.values() for all_ in peers.values() for visit in all_
    )
    lines, y = [], 30
    for line, peers in found.items():
        lines.append(f'<text x="20" y="{y}" font-weight="bold">{escape(line)}</text>')
        for name, visits in peers.items():
            y += 24
            launcher, result = (
                _of(visits, lambda v: v.launcher_s),
                _of(visits, lambda v: v.result_s),
            )
            middle, end = (150 + seconds / longest * 640 for seconds in (launcher, result))
            lines += [
                f'<text x="140" y="{y}" text-anchor="end">{escape(name)}</text>',
                (
                    f'<rect x="150" y="{y - 13}" width="{middle - 150:.1f}" height="17" '
                    'fill="#2e86ab"/>'
                ),
                (
                    f'<rect x="{middle:.1f}" y="{y - 13}" width="{end - middle:.1f}" height="17" '
                    'fill="#5aa469"/>'
                ),
                f'<text x="{end + 6:.1f}" y="{y}">{launcher:.1f} / {result:.1f} s</text>',
            ]
        y += 40
    lines.append(
        f'<text x="20" y="{y}">blue: docker run to the launcher; green: to the first result</text>'
    )
    size = f'width="900" height="{y + 20}"'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="13">'
    )
    return "\n".join([head, f'<rect {size} fill="#fff"/>', *lines, "</svg>"]) + "\n"


def report() -> str:
    """Measure, draw the picture, and return the section."""
    found = {line.name: _measure(line) for line in LINES}
    rows = []
    for line, peers in found.items():
        base = peers[PLAIN]
        for name, visits in peers.items():
            times = [_of(visits, what) for what in (lambda v: v.launcher_s, lambda v: v.result_s)]
            plain = [_of(base, what) for what in (lambda v: v.launcher_s, lambda v: v.result_s)]
            ratios = [f"{own / other:.2f}" for own, other in zip(times, plain, strict=True)]
            rows.append(
                [
                    f"{line}: {name}",
                    *(f"{times[0]:.1f}", ratios[0], f"{times[1]:.1f}", ratios[1]),
                    f"{_of(visits, lambda v: v.cpu_s):.1f}",
                    f"{_of(visits, lambda v: v.first_bytes) / 1e6:.2f}",
                    f"{_of(visits, lambda v: v.second_bytes) / 1e3:.0f}",
                ]
            )
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(_draw(found))
    header = (
        *("", "launcher s", "÷ plain", "first result s", "÷ plain", "CPU s"),
        *("first visit MB", "second visit kB"),
    )
    about = (
        f"Medians of {ROUNDS} new containers in turn, each with a browser that has never "
        "been there. Bytes are all that came"
        " down the line."
    )
    return (
        f"## What a person waits for\n\n{about}\n\n"
        f"{table(header, rows)}\n\n![](images/{PICTURE.name})"
    )

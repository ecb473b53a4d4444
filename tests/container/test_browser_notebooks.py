"""Each language's notebook in a browser.

What a cell has to do stands in its metadata, as in test_notebooks.py.
"""

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.container.browsers import PATIENCE_MS, screenshot, start_browser, wait_connected
from tests.container.containers import Containers
from tests.container.engine import Volumes
from tests.container.log_warnings import CLIENT_LEFT
from tests.container.running_container import Container
from tests.polling import eventually

TOKEN = "token-of-the-browser-test"
NOTEBOOKS = sorted((Path(__file__).parents[2] / "kernels").glob("*/*.ipynb"))
NEVER_RUN = "[ ]:"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with start_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def data(module_volume: Volumes) -> Path:
    return module_volume(1000, 1000)


@pytest.fixture(scope="module")
def notebook_lab(module_container: Containers, data: Path) -> Container:
    return module_container(
        {"JUPYTER_TOKEN": TOKEN}, {data: "/data"}, expect_warnings=CLIENT_LEFT
    ).wait_ready()


@pytest.fixture(scope="module")
def logged_in(browser: Browser, notebook_lab: Container) -> Iterator[BrowserContext]:
    """A browser that has been here, with a window that no notebook fills."""
    with contextlib.closing(
        browser.new_context(viewport={"width": 1280, "height": 2400})
    ) as context:
        context.set_default_timeout(PATIENCE_MS)
        context.new_page().goto(f"{notebook_lab.url}/lab?token={TOKEN}")
        yield context


@pytest.fixture
def page(logged_in: BrowserContext, notebook_lab: Container) -> Iterator[Page]:
    """A page; the kernels that it has started end with it."""
    with contextlib.closing(logged_in.new_page()) as page:
        yield page
    client = notebook_lab.client()
    for session in client.api("GET", "/api/sessions"):
        client.api("DELETE", f"/api/sessions/{session['id']}")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_of_a_language_works_in_the_browser(
    notebook_lab: Container, page: Page, data: Path, path: Path
) -> None:
    notebook = json.loads(path.read_text())
    client = notebook_lab.client()
    name = notebook["metadata"]["kernelspec"]["name"]
    client.require_kernel(name)
    client.api(
        "PUT",
        f"/api/contents/{path.name}",
        json={"type": "notebook", "format": "json", "content": notebook},
    )
    page.goto(f"{notebook_lab.url}/lab/tree/{path.name}?reset")
    wait_connected(page, client, path.name, name)
    for number, cell in enumerate(notebook["cells"]):
        select(page, number)
        if cell["cell_type"] == "code":
            wanted = cell["metadata"]["labinit"]
            if wanted.get("restarted"):
                restart(page)
                wait_connected(page, client, path.name, name)
            try_cell(page, data, page.locator(".jp-Notebook .jp-Cell").nth(number), wanted)
    screenshot(page, f"notebook-{path.stem}")


def restart(page: Page) -> None:
    """Restart the kernel, and wait until the page has noticed."""
    page.keyboard.type("00")
    with page.expect_response(re.compile("/restart")):
        page.locator(".jp-Dialog .jp-mod-accept").click()
    page.locator(".jp-Dialog").wait_for(state="detached")


def select(page: Page, number: int) -> None:
    """Make a cell the one that keys act on."""
    page.locator(".jp-Notebook .jp-Cell").nth(number).locator(".jp-InputPrompt").click()
    expect(page.locator(".jp-Notebook .jp-Cell").nth(number)).to_have_class(
        re.compile("jp-mod-active")
    )
    page.keyboard.press("Escape")


def try_cell(page: Page, data: Path, cell: Locator, wanted: dict[str, Any]) -> None:
    if "interrupted" in wanted:
        begin(page, cell)
        interrupt(page, data, cell)
    texts = [wanted[key] for key in ("shows", "fails", "interrupted") if key in wanted]

    def has_run() -> None:
        if prompt(cell) == NEVER_RUN:
            begin(page, cell)
        assert re.fullmatch(r"\[\d+\]:", prompt(cell)), prompt(cell)
        for text in texts:
            assert text.strip() in cell.inner_text()

    eventually(has_run, PATIENCE_MS / 1000)


def begin(page: Page, cell: Locator) -> None:
    """Run the cell, perhaps in vain: tslab turns cells away for a moment after an error."""
    page.keyboard.press("Control+Enter")
    with contextlib.suppress(AssertionError):
        expect(cell.locator(".jp-InputPrompt")).not_to_have_text(NEVER_RUN, timeout=2000)


def prompt(cell: Locator) -> str:
    return cell.locator(".jp-InputPrompt").inner_text()


def interrupt(page: Page, data: Path, cell: Locator) -> None:
    """Interrupt a cell once it says, with a file, that it is about to loop."""
    mark = data / "looping"

    def loops() -> None:
        assert mark.exists(), "the cell does not loop yet"

    eventually(loops, PATIENCE_MS / 1000)
    mark.unlink()

    def has_ended() -> None:
        # As often as a person would: Java's kernel takes no notice between two statements.
        page.keyboard.type("ii")
        expect(cell.locator(".jp-InputPrompt")).not_to_have_text("[*]:", timeout=5000)

    eventually(has_ended, PATIENCE_MS / 1000)

"""Debian's chromium, driven over its own protocol. Screenshots are kept in build/screenshots."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.container.engine import CHECKOUT
from tests.container.jupyter import Client
from tests.polling import eventually

PATIENCE_MS = 90_000
_SCREENSHOTS = CHECKOUT / "build" / "screenshots"
_FLAGS = [
    *(
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
    ),
    *("--disable-sync", "--disable-dev-shm-usage"),
]


@contextmanager
def start_browser() -> Iterator[Browser]:
    """Start one, or skip the test where there is none."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        pytest.skip("there is no chromium; install it: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        expect.set_options(timeout=PATIENCE_MS)
        yield browser
        browser.close()


def screenshot(page: Page | Locator, name: str) -> None:
    """Keep what the page, or a part of it, shows."""
    _SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=_SCREENSHOTS / f"{name}.png")


def wait_connected(page: Page, client: Client, path: str, kernel: str) -> None:
    """Return once a notebook that has been opened has its kernel.

    The page calls a notebook idle before that, and starts a second kernel for a cell that is run so
    early.
    """

    def is_connected() -> None:
        found = [one["kernel"] for one in client.api("GET", "/api/sessions") if one["path"] == path]
        assert [(one["name"], one["connections"]) for one in found] == [(kernel, 1)]
        # Java's and Scala's are "unknown" until they have run a cell.
        indicator = page.locator(".jp-Notebook-ExecutionIndicator")
        assert indicator.get_attribute("data-status") in {"idle", "unknown"}

    eventually(is_connected, PATIENCE_MS / 1000)

"""Debian's chromium, driven over its own protocol. Screenshots are kept in build/screenshots."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.container.engine import CHECKOUT

PATIENCE_MS = 90_000
_SCREENSHOTS = CHECKOUT / "build" / "screenshots"
_FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
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


def screenshot(page: Page, name: str) -> None:
    """Keep what the page shows."""
    _SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=_SCREENSHOTS / f"{name}.png")

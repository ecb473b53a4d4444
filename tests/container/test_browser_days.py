"""The page on special days: in another language, and on the day the token changes."""

import contextlib
import re
import socket
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.container.browsers import PATIENCE_MS, screenshot, start_browser, wait_connected
from tests.container.containers import Containers
from tests.container.engine import Volumes
from tests.polling import eventually

TOKENS = ("token-of-the-first-day", "token-of-the-second-day")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with start_browser() as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that has never been here, and speaks Chinese."""
    size = ViewportSize(width=1280, height=800)
    with contextlib.closing(browser.new_context(viewport=size, locale="zh-CN")) as context:
        context.set_default_timeout(PATIENCE_MS)
        yield context


@pytest.fixture
def port() -> int:
    """A free port of the host, the same for both containers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def log_in(page: Page, port: int, token: str) -> None:
    page.goto(f"http://127.0.0.1:{port}/lab?reset")
    page.locator("#password_input").fill(token)
    page.locator("#login_submit").click()
    page.locator("#jupyterlab-splash").wait_for(state="detached")
    page.locator(".jp-Launcher").first.wait_for()


def test_with_lang_the_page_is_in_chinese(
    container: Containers, context: BrowserContext, port: int
) -> None:
    publish = ("--publish", f"127.0.0.1:{port}:8080")
    env = {"JUPYTER_TOKEN": TOKENS[0], "LANG": "zh_CN.UTF-8"}
    container(env, args=publish).wait_ready()
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}/lab")
    expect(page.locator("body")).to_contain_text("令牌在哪里")
    screenshot(page, "login-zh")
    log_in(page, port, TOKENS[0])
    expect(page.locator(".lm-MenuBar-item").first).to_have_text(re.compile("文件"))
    screenshot(page, "launcher-zh")


def test_a_page_that_is_open_while_the_token_changes_can_be_saved_after_a_login_elsewhere(
    container: Containers, volume: Volumes, context: BrowserContext, port: int
) -> None:
    data, publish = volume(), ("--publish", f"127.0.0.1:{port}:8080")
    lab = container({"JUPYTER_TOKEN": TOKENS[0]}, {data: "/data"}, publish).wait_ready()
    first = context.new_page()
    log_in(first, port, TOKENS[0])
    first.locator(".jp-LauncherCard[data-category='Notebook']").first.click()
    wait_connected(first, lab.client(), "Untitled.ipynb", "python3")
    lab.stop()
    changed = container(
        {"JUPYTER_TOKEN": TOKENS[1]}, {data: "/data"}, publish, expect_warnings=["."]
    ).wait_ready()
    # What was written meanwhile.
    close_dialogs(first)
    first.locator(".jp-Notebook .cm-content").first.click()
    first.locator(".cm-focused").first.wait_for()
    first.keyboard.insert_text("written_meanwhile = 1")
    log_in(context.new_page(), port, TOKENS[1])

    def is_saved() -> None:
        close_dialogs(first)
        first.keyboard.press("Control+s")
        assert "written_meanwhile" in changed.exec(["cat", "/data/Untitled.ipynb"]).stdout

    first.bring_to_front()
    eventually(is_saved, PATIENCE_MS / 1000)


def close_dialogs(page: Page) -> None:
    """Close what the page asks and complains, as a person would."""
    while (buttons := page.locator(".jp-Dialog .jp-mod-reject, .jp-Dialog .jp-mod-accept")).count():
        buttons.first.click()

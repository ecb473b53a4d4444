"""deploy/hub in a real browser: a person logs in, works in three languages, leaves and comes
back."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.container.browsers import PATIENCE_MS, screenshot, start_browser, wait_connected
from tests.container.compiled_languages import CPP
from tests.container.deployed_hub import PASSWORD, DeployedHub
from tests.container.dynamic_languages import PYTHON, TYPESCRIPT
from tests.container.engine import Engine
from tests.container.language import Language
from tests.polling import eventually

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def hub(docker: Engine, image: str, tmp_path: Path) -> Iterator[DeployedHub]:
    with DeployedHub(docker, image, tmp_path) as started:
        started.up()
        yield started


def log_in(page: Page, hub: DeployedHub, user: str) -> None:
    page.goto(hub.url)
    page.locator("#username_input").fill(user)
    page.locator("#password_input").fill(PASSWORD)
    page.locator("#login_submit").click()


def run_hello(page: Page, hub: DeployedHub, language: Language, number: int) -> None:
    """Open a new notebook from the launcher, type a cell, run it."""
    session = hub.log_in("ann")
    client = hub.client(session, "ann")
    page.goto(f"{client.url}/lab?reset")
    page.locator("#jupyterlab-splash").wait_for(state="detached")
    specs = client.api("GET", "/api/kernelspecs")["kernelspecs"]
    name = specs[language.kernel]["spec"]["display_name"]
    cards = page.locator(".jp-LauncherCard[data-category='Notebook']")
    cards.filter(has_text=re.compile(f"^{re.escape(name)}$")).first.click()
    path = f"Untitled{number or ''}.ipynb"
    wait_connected(page, client, path, language.kernel)
    page.locator(".jp-Notebook .cm-content").first.click()
    page.locator(".cm-focused").first.wait_for()
    page.keyboard.insert_text(language.hello)
    prompt = page.locator(".jp-InputPrompt").first

    def runs() -> None:
        page.keyboard.press("Control+Enter")
        assert prompt.inner_text() not in {"", "[ ]:"}

    eventually(runs, PATIENCE_MS / 1000)
    expect(page.locator(".jp-OutputArea-output").first).to_contain_text("hello, world")
    page.keyboard.press("Control+s")

    def is_saved() -> None:
        assert "hello, world" in client.request("GET", f"/api/contents/{path}").text

    eventually(is_saved)


def test_a_person_logs_in_works_in_three_languages_leaves_and_comes_back(hub: DeployedHub) -> None:
    with start_browser() as browser, contextlib.closing(browser.new_context()) as context:
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        log_in(page, hub, "ann")
        page.locator(".jp-Launcher").first.wait_for()
        for number, language in enumerate((PYTHON, TYPESCRIPT, CPP)):
            run_hello(page, hub, language, number)
        container = hub.docker("inspect", "--format", "{{.Id}}", hub.container("ann"))
        page.goto(f"{hub.url}/hub/home")
        screenshot(page, "hub-home")
        page.locator("#logout").click()
        page.locator("#username_input, a[href*='/hub/login']").first.wait_for()
        page.goto(f"{hub.url}/user/ann/lab")
        expect(page.locator("#login_submit, a[href*='/hub/login']").first).to_be_visible()
        hub.docker("restart", hub.project.container_id("hub"))
        hub.wait_until_up()
        log_in(page, hub, "ann")
        # JupyterLab opens what was open: no launcher then.
        page.locator("#jp-main-dock-panel").wait_for()
        page.goto(f"{hub.url}/user/ann/lab/tree/Untitled.ipynb")
        expect(page.locator(".jp-OutputArea-output").first).to_contain_text("hello, world")
        screenshot(page, "hub-back")
    assert hub.docker("inspect", "--format", "{{.Id}}", hub.container("ann")) == container

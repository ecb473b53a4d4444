"""The page, as a person sees it: from the login to a new container."""

import contextlib
import json
import re
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from tests.container.browsers import PATIENCE_MS, screenshot, start_browser, wait_connected
from tests.container.containers import Containers
from tests.container.engine import Volumes
from tests.container.running_container import Container
from tests.polling import eventually

TOKEN = "token-of-the-browser-test"
SCRIPT = re.compile(r"/static/lab/([^/?]*)\.[0-9a-f]*\.js")
PRELOADED = re.compile(r'rel="preload" as="script" href="[^"]*/([^/?]*)\.[0-9a-f]*\.js')


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with start_browser() as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that has never been here."""
    with contextlib.closing(
        browser.new_context(viewport={"width": 1280, "height": 800})
    ) as context:
        context.set_default_timeout(PATIENCE_MS)
        yield context


@pytest.fixture
def port() -> int:
    """A free port of the host, the same for each start: the cookie is named after it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def open_lab(page: Page, port: int) -> None:
    """Wait until JupyterLab is there to be used; log in if it asks."""
    page.goto(f"http://127.0.0.1:{port}/lab?reset")
    password = page.locator("#password_input")
    if password.count():
        password.fill(TOKEN)
        page.locator("#login_submit").click()
    page.locator("#jupyterlab-splash").wait_for(state="detached")
    page.locator(".jp-Launcher").first.wait_for()


def card(page: Page, category: str, label: str) -> Locator:
    cards = page.locator(f".jp-LauncherCard[data-category='{category}']")
    return cards.filter(
        has=page.locator(".jp-LauncherCard-label", has_text=re.compile(f"^{re.escape(label)}$"))
    ).first


def has_a_card_for_each(page: Page, names: list[str]) -> None:
    """With its name and an icon that can be drawn; and none for anything else."""
    cards = page.locator(".jp-LauncherCard[data-category='Notebook']:visible")
    labels = cards.locator(".jp-LauncherCard-label")
    assert sorted(labels.all_inner_texts()) == sorted(names)
    for name in names:
        icon = card(page, "Notebook", name).locator(".jp-LauncherCard-icon img")
        assert icon.count() == 1, f"{name} has no icon"

        def is_drawn(icon: Locator = icon) -> None:
            assert icon.evaluate("icon => icon.complete && icon.naturalWidth > 0"), (
                icon.get_attribute("src")
            )

        eventually(is_drawn)


def make(container: Containers, port: int, volumes: Mapping[Path, str]) -> Container:
    env = {"LABUID": "1000", "LABGID": "1000", "JUPYTER_TOKEN": TOKEN}
    return container(env, volumes, ("--publish", f"127.0.0.1:{port}:8080"))


@pytest.fixture
def data(volume: Volumes) -> Path:
    return volume()


@pytest.fixture
def lab(container: Containers, data: Path, port: int) -> Container:
    return make(container, port, {data: "/data"}).wait_ready()


def test_the_page_asks_for_the_token(lab: Container, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{lab.url}/lab")
    expect(page.locator("#password_input")).to_be_visible()
    assert page.locator(".jp-Launcher").count() == 0
    screenshot(page, "login")


def test_the_launcher_has_a_card_for_each_kernel(
    lab: Container, context: BrowserContext, port: int
) -> None:
    page = context.new_page()
    open_lab(page, port)
    kernels = json.loads(lab.output("labctl", "kernels", "--json"))["kernels"]
    # Of the standards of C++ one has a card; the others are found by the notebooks that name them.
    others = {kernel["name"] for kernel in kernels if kernel["name"].startswith("xcpp")} - {
        "xcpp17"
    }
    shown = [kernel["language"] for kernel in kernels if kernel["name"] not in others]
    has_a_card_for_each(page, shown)
    screenshot(page, "launcher")


def test_the_launcher_waits_for_no_more_than_it_needs(
    lab: Container, context: BrowserContext
) -> None:
    """The list of the scripts stands in image/slim."""
    page = context.new_page()
    at_once: set[str] = set()
    loaded: set[str] = set()

    def serve_without_links(route: Route) -> None:
        answer = route.fetch()
        at_once.update(PRELOADED.findall(answer.text()))
        route.fulfill(response=answer, body=re.sub(r"<link rel=.preload.[^>]*>", "", answer.text()))

    page.route("**/lab?token=*", serve_without_links)
    # Left without an answer.
    page.route(
        "**/lab/api/workspaces/**",
        lambda route: route.request.method == "GET" and route.continue_(),
    )
    page.on("request", lambda request: loaded.update(SCRIPT.findall(request.url)))
    page.goto(f"{lab.url}/lab?token={TOKEN}")
    page.locator(".jp-Launcher").first.wait_for()
    assert at_once == loaded, f"missing: {loaded - at_once}, needless: {at_once - loaded}"


def test_a_notebook_is_run_and_saved(lab: Container, context: BrowserContext, port: int) -> None:
    page = context.new_page()
    open_lab(page, port)
    card(page, "Notebook", "Python 3 (ipykernel)").click()
    wait_connected(page, lab.client(), "Untitled.ipynb", "python3")
    page.locator(".jp-Notebook .cm-content").first.click()
    page.locator(".cm-focused").first.wait_for()
    page.keyboard.insert_text("sum(range(10))")
    prompt = page.locator(".jp-InputPrompt").first

    def runs() -> None:
        page.keyboard.press("Control+Enter")
        assert prompt.inner_text() not in {"", "[ ]:"}

    eventually(runs, PATIENCE_MS / 1000)
    expect(page.locator(".jp-OutputArea-output").first).to_have_text("45")
    page.keyboard.press("Control+s")

    def is_saved() -> None:
        saved = lab.exec(["cat", "/data/Untitled.ipynb"])
        assert '"45"' in saved.stdout, saved

    eventually(is_saved)
    screenshot(page, "notebook")


def test_a_terminal_is_the_lab_users(lab: Container, context: BrowserContext, port: int) -> None:
    page = context.new_page()
    open_lab(page, port)
    card(page, "Other", "Terminal").click()
    page.locator(".jp-Terminal .xterm-screen").wait_for()
    page.locator(".jp-Terminal textarea").wait_for(state="attached")

    def knows_who() -> None:
        page.locator(".jp-Terminal .xterm-screen").click()
        page.keyboard.type("whoami >/data/whoami")
        page.keyboard.press("Enter")
        assert lab.exec(["cat", "/data/whoami"]).stdout == "lab\n"

    eventually(knows_who, PATIENCE_MS / 1000)
    screenshot(page, "terminal")


def test_a_login_outlives_a_restart(lab: Container, context: BrowserContext, port: int) -> None:
    log_in(context, port)
    lab.restart().wait_ready()
    assert is_let_in(context, port)


def test_a_login_outlives_the_container(
    lab: Container, container: Containers, data: Path, context: BrowserContext, port: int
) -> None:
    log_in(context, port)
    lab.stop()
    make(container, port, {data: "/data"}).wait_ready()
    assert is_let_in(context, port)


def test_a_new_token_ends_all_logins(
    lab: Container, container: Containers, context: BrowserContext, port: int
) -> None:
    log_in(context, port)
    lab.stop()
    publish = ("--publish", f"127.0.0.1:{port}:8080")
    warning = "invalid/expired login cookie"
    container({"JUPYTER_TOKEN": f"{TOKEN}-2"}, args=publish, expect_warnings=[warning]).wait_ready()
    assert not is_let_in(context, port)


def log_in(context: BrowserContext, port: int) -> None:
    """Log in, and close the tab: it would go on asking the next server for what the last one
    had."""
    page = context.new_page()
    open_lab(page, port)
    page.close()


def is_let_in(context: BrowserContext, port: int) -> bool:
    """Tell whether a new tab shows JupyterLab, and not the question for the token."""
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}/lab?reset")
    page.locator(".jp-Launcher, #password_input").first.wait_for()
    return page.locator("#password_input").count() == 0

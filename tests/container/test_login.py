"""Who is let in to the page: hosts, cookies, wrong tokens, and what the login page says."""

import contextlib
import threading
import time
from collections.abc import Iterator

import pytest
import requests
import websocket

from tests.container.containers import Containers
from tests.container.running_container import Container

TOKEN = "token-of-the-login-test"
REFUSED = [
    r"40[13] (GET|POST|PUT) /",
    "wrote error: 'Forbidden'",
    "Couldn't authenticate",
    r"429 (GET|POST) /",
]


@pytest.fixture(scope="module")
def lab(module_container: Containers) -> Container:
    return module_container({"JUPYTER_TOKEN": TOKEN}, expect_warnings=REFUSED).wait_ready()


@pytest.fixture(scope="module")
def no_login(module_container: Containers) -> Container:
    expected = ["authentication is off", "not using authentication", "non-local 'Host'"]
    return module_container(
        {"LABAUTH": "none"},
        command=["--ServerApp.local_hostnames=lab.example"],
        expect_warnings=[*expected, *REFUSED],
    ).wait_ready()


# --- without a login, a name that points here opens nothing


def connect(lab: Container, host: str) -> None:
    """Open a websocket as a page would that was loaded from `host`."""
    address = f"{lab.url.replace('http', 'ws')}/api/events/subscribe"
    origin = f"http://{host}"
    websocket.create_connection(address, host=host, origin=origin, timeout=30).close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "lab.example"])
def test_local_names_and_those_that_were_added_are_answered(no_login: Container, host: str) -> None:
    for port in ("", ":8080"):
        answer = no_login.get("/api/contents", token="", headers={"Host": f"{host}{port}"})
        assert answer.status_code == requests.codes.ok
    connect(no_login, f"{host}:8080")


@pytest.mark.parametrize(
    "host", ["evil.example", "192.0.2.1", "localhost.evil.example", "[2001:db8::1]"]
)
def test_other_names_are_not(no_login: Container, host: str) -> None:
    for method, path in [
        ("GET", "/lab"),
        ("GET", "/api/contents"),
        ("PUT", "/api/contents/by-evil.txt"),
        ("POST", "/api/terminals"),
    ]:
        answer = no_login.client("").request(method, path, headers={"Host": f"{host}:8080"})
        assert answer.status_code == requests.codes.forbidden
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        connect(no_login, f"{host}:8080")
    assert refused.value.status_code == requests.codes.forbidden
    assert no_login.exec(["ls", "/data/by-evil.txt"]).exit_code != 0


def test_with_a_token_every_name_is_answered(lab: Container) -> None:
    headers = {"Host": "lab.example", "Authorization": f"token {TOKEN}"}
    assert lab.get("/api/contents", headers=headers).status_code == requests.codes.ok


# --- cookies


def test_every_cookie_that_is_set_is_for_this_site(lab: Container) -> None:
    form = lab.get("/login", token="")
    let_in = lab.get(f"/lab?token={TOKEN}", token="")
    for answer in (form, let_in):
        cookies = answer.raw.headers.getlist("Set-Cookie")
        assert cookies
        assert all("SameSite=Lax" in cookie for cookie in cookies), cookies


# --- wrong tokens


@contextlib.contextmanager
def guessing(lab: Container) -> Iterator[list[requests.Response]]:
    """The answers to sixty wrong tokens, sent side by side, as they come in; stops the
    container."""
    answers: list[requests.Response] = []
    client = lab.client("")

    def guess(number: int) -> None:
        headers = {"Authorization": f"token wrong-{number}"}
        with contextlib.suppress(requests.ConnectionError):
            answers.append(client.request("GET", "/api/contents", headers=headers))

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(60)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        lab.stop()
        for thread in threads:
            thread.join()


def test_wrong_tokens_are_answered_slowly_and_the_right_one_at_once(container: Containers) -> None:
    lab = container(
        {"JUPYTER_TOKEN": TOKEN}, expect_warnings=["wrote error: ", r"(403|429) GET /api/contents"]
    ).wait_ready()
    with guessing(lab) as guesses:
        check_guesses(lab, guesses)


def check_guesses(lab: Container, guesses: list[requests.Response]) -> None:
    deadline = time.monotonic() + 60
    while not any(answer.status_code == requests.codes.too_many_requests for answer in guesses):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    # The owner, at the same address as the one who guesses.
    assert lab.get("/api/contents").status_code == requests.codes.ok
    told = [answer for answer in guesses if answer.status_code == requests.codes.forbidden]
    assert len(told) < 30, "most are still waiting, or were refused unanswered"
    assert all(
        int(answer.headers["Retry-After"]) > 0
        for answer in guesses
        if answer.status_code == requests.codes.too_many_requests
    )


# --- the login page


def log_in(lab: Container, password: str) -> requests.Response:
    """Fill in the form as a browser does."""
    session = requests.Session()
    form = session.get(f"{lab.url}/login?next=%2Flab", timeout=60)
    xsrf = form.text.split('name="_xsrf" value="')[1].split('"')[0]
    return session.post(
        f"{lab.url}/login?next=%2Flab",
        data={"_xsrf": xsrf, "password": password},
        timeout=60,
        allow_redirects=False,
    )


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en-US,en", "Where is the token?"), ("zh-CN,zh;q=0.9,en;q=0.8", "令牌在哪里")],
)
def test_it_says_where_the_token_is(lab: Container, language: str, sentence: str) -> None:
    page = lab.get("/login", token="", headers={"Accept-Language": language}).text
    assert sentence in page
    assert "docker logs NAME" in page
    assert "docker exec NAME labctl token" in page
    assert "jupyter server list" not in page


def test_it_lets_in_with_the_token(lab: Container) -> None:
    answer = log_in(lab, TOKEN)
    assert (answer.status_code, answer.headers["Location"]) == (requests.codes.found, "/lab")


def test_it_says_what_is_wrong(lab: Container) -> None:
    answer = log_in(lab, "wrong")
    assert answer.status_code == requests.codes.unauthorized
    assert 'role="alert"' in answer.text


def test_a_template_of_the_users_comes_first(container: Containers) -> None:
    lab = container(
        {"JUPYTER_TOKEN": TOKEN}, command=["--ServerApp.extra_template_paths=/home/lab/templates"]
    ).wait_ready()
    script = "mkdir -p /home/lab/templates && echo mine >/home/lab/templates/login.html"
    lab.output("sh", "-c", script, user="lab")
    assert lab.get("/login", token="").text == "mine"

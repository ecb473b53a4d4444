"""What opens the page: whose a made-up token is, and a password in its place."""

import requests

from tests.container.containers import Containers
from tests.container.engine import Engine

_PRINT = ["cat", "/run/labinit/token"]
PASSWORD = "open sesame & more"


def test_a_made_up_token_survives_a_restart_and_is_another_in_a_copy(
    container: Containers, docker: Engine
) -> None:
    first = container(command=_PRINT)
    docker("wait", first.name)
    docker("start", first.name)
    docker("wait", first.name)
    tokens = {line for line in first.logs().splitlines() if len(line) >= 48 and " " not in line}
    (token,) = [line[:48] for line in tokens]
    assert first.logs().count(token) == 2, "printed by each of the two runs"
    image = docker("commit", first.name)
    try:
        copy = container.run(["sh", "-c", "cat /run/labinit/token; echo"], image=image)
        assert len(copy.stdout.strip()) == 48, copy
        assert token not in copy.stdout
        served = container(image=image, command=["lab"]).wait_ready()
        said = [line for line in served.logs().splitlines() if "the token is new" in line]
        assert [served.token in line for line in said] == [True]
        assert token not in served.logs()
    finally:
        container.last.remove()
        docker("image", "rm", "--force", image)


def test_a_password_of_the_page_replaces_the_token(container: Containers) -> None:
    refused = ["wrote error: 'Forbidden'", "403 GET /api/status", "401 POST /login"]
    lab = container({"JUPYTER_PASSWORD": PASSWORD}, expect_warnings=refused).wait_ready()
    assert lab.exec(_PRINT).exit_code == 1, "there is no token"
    assert lab.get("/api/status", token="").status_code == 403
    assert log_in(lab.url, PASSWORD).get(f"{lab.url}/api/status", timeout=10).status_code == 200
    assert log_in(lab.url, "another").get(f"{lab.url}/api/status", timeout=10).status_code == 403
    assert PASSWORD not in lab.logs()


def log_in(url: str, password: str) -> requests.Session:
    """Return a browser that has sent the login page's form."""
    session = requests.Session()
    session.get(f"{url}/login", timeout=10)
    form = {"_xsrf": session.cookies["_xsrf"], "password": password}
    session.post(f"{url}/login", data=form, timeout=10)
    return session

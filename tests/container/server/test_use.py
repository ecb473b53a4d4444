"""The server as people use it, by token, files and running code."""

import json
from pathlib import Path

import pytest
import requests
import websocket

from tests.container.running_container import Container
from tests.container.server.server_lab import PASSWORD, TOKEN
from tests.polling import eventually

NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": "a",
            "metadata": {},
            "outputs": [],
            "source": "6*7",
        }
    ],
    "metadata": {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
    },
    "nbformat": 4,
    "nbformat_minor": 5,
}


def test_the_token_opens_the_api(lab: Container) -> None:
    assert lab.get("/api/status").status_code == requests.codes.ok


@pytest.mark.parametrize(
    "token", ["", "wrong", PASSWORD], ids=["none", "a wrong one", "the password"]
)
def test_without_the_token_the_api_is_closed(lab: Container, token: str) -> None:
    assert lab.get("/api/contents", token=token).status_code == requests.codes.forbidden


def test_without_the_token_the_page_asks_for_one(lab: Container) -> None:
    page = lab.get("/lab", token="")
    assert page.status_code == requests.codes.found
    assert page.headers["Location"].startswith("/login?next=")
    form = lab.get(page.headers["Location"], token="")
    assert "password_input" in form.text


def test_the_token_in_the_address_opens_the_page(lab: Container) -> None:
    page = lab.get(f"/lab?token={TOKEN}", token="")
    assert page.status_code == requests.codes.ok
    assert "jupyter-config-data" in page.text


def test_without_the_token_no_websocket_opens(lab: Container) -> None:
    with lab.client().kernel() as kernel:
        address = f"{lab.url.replace('http', 'ws')}/api/kernels/{kernel.id}/channels"
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            websocket.create_connection(address, timeout=10)
    assert refused.value.status_code == requests.codes.forbidden


def test_a_notebook_saved_there_lies_on_the_host_as_the_users(lab: Container, data: Path) -> None:
    lab.client().api(
        "PUT", "/api/contents/first.ipynb", json={"type": "notebook", "content": NOTEBOOK}
    )
    saved = data / "first.ipynb"
    assert (saved.stat().st_uid, saved.stat().st_gid) == (1000, 1000)
    assert json.loads(saved.read_text())["cells"][0]["source"] in ("6*7", ["6*7"])


@pytest.mark.parametrize("name", [".", "by-root.txt", "sub", "sub/deep.txt", "link"])
def test_what_root_had_left_belongs_to_the_user(lab: Container, data: Path, name: str) -> None:
    assert lab.is_running
    found = (data / name).lstat()
    assert (found.st_uid, found.st_gid) == (1000, 1000)


def test_what_a_link_points_to_is_left_alone(lab: Container) -> None:
    assert lab.output("stat", "--format", "%u:%g", "/etc/passwd") == "0:0"


def test_a_cell_runs_in_the_data_directory_as_the_user(lab: Container) -> None:
    cell = lab.run_cell("import os; print(os.getcwd(), os.getuid(), os.getgid()); 6*7")
    assert cell.text == "/data 1000 1000\n42"


def test_an_error_in_a_cell_is_told(lab: Container) -> None:
    assert "ZeroDivisionError" in lab.run_cell("1/0").error


def test_in_a_terminal_the_user_is_lab_at_home_and_at_ease(lab: Container) -> None:
    shell = lab.terminal(
        "whoami; id -un; echo $HOME $SHELL $LANG; pwd; locale charmap; command -v git curl nano"
    )
    assert shell.exit_code == 0
    assert shell.output.splitlines() == [
        *("lab", "lab", "/home/lab /bin/bash C.UTF-8", "/data", "UTF-8"),
        *("/usr/bin/git", "/usr/bin/curl", "/usr/bin/nano"),
    ]


@pytest.mark.parametrize("user", ["in a terminal", "by docker exec"])
@pytest.mark.parametrize(
    ("password", "exit_code", "expected"),
    [(PASSWORD, 0, "uid=0(root)"), ("wrong", 1, "incorrect password")],
)
def test_sudo_works_with_the_password_and_only_with_it(
    lab: Container, user: str, password: str, exit_code: int, expected: str
) -> None:
    script = f"echo '{password}' | sudo -k -S id 2>&1"
    if user == "in a terminal":
        shell = lab.terminal(script)
        found = shell.exit_code, shell.output
    else:
        done = lab.exec(["sh", "-c", script], user="lab")
        found = done.exit_code, done.stdout
    assert found[0] == exit_code
    assert expected in found[1]


def test_sudo_does_not_work_without_a_password(lab: Container) -> None:
    shell = lab.terminal("sudo -k -n id")
    assert shell.exit_code == 1
    assert "a password is required" in shell.output


def test_sudo_finds_what_the_user_finds(lab: Container) -> None:
    shell = lab.terminal(f"echo {PASSWORD} | sudo -k -S sh -c 'command -v jupyter-lab' 2>/dev/null")
    assert shell.output.strip() == "/opt/lab/bin/jupyter-lab"


def test_a_login_shell_finds_what_the_user_finds(lab: Container) -> None:
    shell = lab.terminal("bash -lc 'command -v python pip labinit'")
    assert shell.output.split() == [
        "/opt/notebook/bin/python",
        "/opt/notebook/bin/pip",
        "/usr/local/bin/labinit",
    ]


def test_what_is_printed_while_the_page_is_away_is_kept_within_limits(lab: Container) -> None:
    """jupyter_server keeps all of it in memory, and has much more than it then sends."""
    with lab.client().kernel() as kernel:
        request = kernel.begin(
            "import os, time\n"
            "while not os.path.exists('/tmp/page-is-away'): time.sleep(0.1)\n"
            "for n in range(30): print(n, 'x' * 1_000_000, flush=True)"
        )
        kernel.close()

        def assert_state(expected: str) -> None:
            model = lab.client().api("GET", f"/api/kernels/{kernel.id}")
            assert (model["connections"], model["execution_state"]) == (0, expected)

        eventually(lambda: assert_state("busy"), 90)
        lab.output("touch", "/tmp/page-is-away")
        eventually(lambda: assert_state("idle"), 90)
        kernel._channels = kernel._connect()
        shown = kernel.finish(request)
    assert shown.status == "ok"
    assert "29 x" in shown.stdout
    assert len(shown.stdout) < 3_000_000
    assert "bytes of output were dropped while no page was connected" in shown.stderr

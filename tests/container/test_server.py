"""A session: what a user does in a container that was started with the command line of the README."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import requests
import websocket

from tests.container.containers import Container, Containers
from tests.container.engine import Engine, Volumes

PASSWORD = "correct-horse"
TOKEN = "token-to-jupyter-page"
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


@pytest.fixture(scope="module")
def data(module_volume: Volumes) -> Path:
    """A directory of root's, with what root has left in it."""
    path = module_volume()
    (path / "by-root.txt").write_text("kept")
    (path / "sub").mkdir(mode=0o700)
    (path / "sub" / "deep.txt").write_text("kept")
    (path / "link").symlink_to("/etc/passwd")
    return path


@pytest.fixture(scope="module")
def lab(module_container: Containers, data: Path) -> Container:
    started = module_container(
        {"LABUID": "1000", "LABGID": "1000", "LABPASSWD": PASSWORD, "JUPYTER_TOKEN": TOKEN},
        {data: "/data"},
        ["--restart", "unless-stopped"],
        expect_warnings=[
            r"40[13] (GET|POST) /",
            "wrote error: 'Forbidden'",
            "Couldn't authenticate",
            "Invalid credentials",
        ],
    )
    return started.wait_ready()


# --- the token


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


# --- files


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


# --- running code


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


# --- what the server is told


def test_the_server_has_no_arguments_of_labinits(lab: Container) -> None:
    argv = lab.output("cat", f"/proc/{_server(lab)}/cmdline").split("\0")
    assert [os.path.basename(word) for word in argv if word] in (
        ["python3", "jupyter-lab"],
        ["python", "jupyter-lab"],
    )


def test_the_server_takes_the_place_of_the_set_up(lab: Container) -> None:
    # No shell, no sudo and no second Python between PID 1 and the server.
    assert lab.output("ps", "-o", "user:9,args", "--no-headers", "--ppid", "1").startswith("lab ")
    assert len(lab.output("pgrep", "--parent", "1").split()) == 1


def test_the_configuration_lies_in_etc_where_the_users_own_wins_over_it(lab: Container) -> None:
    paths = json.loads(
        lab.output("runuser", "-u", "lab", "--", "/opt/lab/bin/jupyter", "--paths", "--json")
    )["config"]
    assert paths[-1] == "/etc/jupyter"
    assert lab.output("sh", "-c", "ls /etc/jupyter/*config.py")


@pytest.mark.parametrize(
    ("plugin", "setting", "value"),
    [
        ("@jupyterlab/apputils-extension:notification", "fetchNews", "false"),
        ("@jupyterlab/apputils-extension:notification", "checkForUpdates", False),
        ("@jupyterlab/docmanager-extension:plugin", "renameUntitledFileOnSave", False),
    ],
)
def test_the_dialogs_of_the_first_minutes_are_off(
    lab: Container, plugin: str, setting: str, value: Any
) -> None:
    found = lab.client().api("GET", f"/lab/api/settings/{plugin}")
    assert found["schema"]["properties"][setting]["default"] == value


def test_neither_news_nor_updates_are_fetched(lab: Container) -> None:
    # As the server understands its configuration: where nothing can be fetched, its answers are the
    # same either way.
    config = json.loads(lab.output("jupyter-lab", "--show-config-json", user="lab"))["LabApp"]
    assert config["news_url"] is None
    assert (
        config["check_for_updates_class"] == "jupyterlab.handlers.announcements.NeverCheckForUpdate"
    )
    assert lab.client().api("GET", "/lab/api/news") == {"news": []}
    assert lab.client().api("GET", "/lab/api/update") == {"notification": None}


def test_the_python_kernel_is_the_one_of_the_image(lab: Container) -> None:
    specs = lab.client().api("GET", "/api/kernelspecs")
    assert specs["kernelspecs"]["python3"]["spec"]["argv"][0] == "/opt/notebook/bin/python"


# --- secrets


def test_no_secret_is_in_the_environment_or_arguments_of_what_the_user_runs(lab: Container) -> None:
    # What the user can read of every process there is: the server, a kernel, a terminal's shell and
    # what runs in it.
    look = "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'; env"
    with lab.client().kernel() as kernel:
        assert kernel.run("1").status == "ok"
        shown = lab.terminal(look).output
    assert {"JPY_PARENT_PID", "jupyter-lab", "labinit"} <= set(re.split(r"[=/\n]", shown))
    assert PASSWORD not in shown
    assert TOKEN not in shown
    assert not re.search(r"^(LABPASSWD|JUPYTER_TOKEN)\b=", shown, re.MULTILINE)


def test_the_user_cannot_read_the_environment_of_pid_1(lab: Container) -> None:
    assert "PermissionError" in lab.run_cell("open('/proc/1/environ').read()").error


def test_the_token_lies_in_a_file_that_only_the_user_can_read(lab: Container) -> None:
    assert (
        lab.output("stat", "--format", "%U %a %s", "/run/labinit/token") == f"lab 400 {len(TOKEN)}"
    )


def test_no_secret_is_in_the_log_or_in_the_record(lab: Container) -> None:
    said = lab.logs() + lab.output("cat", "/var/lib/labinit/boot.json")
    assert PASSWORD not in said
    assert TOKEN not in said


def test_the_record_is_roots_alone(lab: Container) -> None:
    assert (
        lab.output("stat", "--format", "%U:%G %a", "/var/lib/labinit/boot.json") == "root:root 600"
    )
    assert lab.exec(["cat", "/var/lib/labinit/boot.json"], user="lab").exit_code != 0


# --- what was not to change


def test_no_module_of_the_image_has_to_be_compiled_at_its_start(lab: Container) -> None:
    # The user could not keep what is compiled: it would be compiled anew at each start.
    modules = "jupyterlab.labapp, notebook_shim, jupyter_lsp, jupyter_server_terminals, ipykernel.kernelapp, labinit.boot"
    told = lab.exec(["python", "-v", "-c", f"import {modules}"], user="lab").stderr
    assert told.count("code object from '") > 500
    assert re.findall(r"code object from (/\S+)", told) == []


def test_nothing_changes_in_the_system_but_what_the_plan_says(lab: Container) -> None:
    accounts = {
        f"/etc/{name}{suffix}"
        for name in ("passwd", "shadow", "group", "gshadow")
        for suffix in ("", "-")
    }
    known = accounts | {
        "/etc",
        "/etc/sudoers.d",
        "/etc/sudoers.d/labinit",
        "/etc/.pwd.lock",
        "/etc/subuid",
        "/etc/subgid",
    }
    known |= {
        "/etc/subuid-",
        "/etc/subgid-",
        "/var",
        "/var/lib",
        "/var/log",
        "/home",
        "/run",
        "/tmp",
    }
    changed = {line.split(" ", 1)[1] for line in lab.diff()}
    surprises = {
        path
        for path in changed - known
        if not path.startswith(("/home/lab", "/run/", "/tmp/", "/var/lib/labinit"))
    }
    assert surprises == set()


def test_a_busy_port_is_an_error_and_not_the_next_port(
    lab: Container, container: Containers
) -> None:
    second = container.run(
        env={"JUPYTER_TOKEN": TOKEN}, args=["--network", f"container:{lab.name}"]
    )
    assert second.exit_code == 78
    assert (
        "listen on port 8080: Address already in use; choose a free port with LABPORT"
        in second.stderr
    )


def test_the_image_declares_what_engines_and_hubs_look_for(docker: Engine, image: str) -> None:
    config = json.loads(docker("image", "inspect", "--format", "{{json .Config}}", image))
    assert config["Entrypoint"] == ["/usr/local/bin/labinit"]
    assert config["Cmd"] == ["lab"]
    assert list(config["ExposedPorts"]) == ["8080/tcp"]
    assert not config.get("Volumes")
    assert config["StopSignal"] == "SIGTERM"
    assert config["WorkingDir"] == "/"
    assert {"org.opencontainers.image.title", "org.opencontainers.image.licenses"} <= config[
        "Labels"
    ].keys()


def _server(lab: Container) -> str:
    return lab.output("pgrep", "--parent", "1")

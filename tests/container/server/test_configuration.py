"""What the server is told, what it keeps secret, and what it leaves alone."""

import json
import os
import re
from typing import Any

import pytest

from tests.container.containers import Containers
from tests.container.engine import Engine, Volumes
from tests.container.running_container import Container
from tests.container.server.server_lab import PASSWORD, TOKEN


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


def test_no_module_of_the_image_has_to_be_compiled_at_its_start(lab: Container) -> None:
    # The user could not keep what is compiled: it would be compiled anew at each start.
    modules = (
        "jupyterlab.labapp, notebook_shim, jupyter_lsp, jupyter_server_terminals, "
        "ipykernel.kernelapp, labinit.boot"
    )
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


def test_language_servers_are_found_where_jupyter_lsp_looks_by_itself(
    container: Containers, volume: Volumes
) -> None:
    data = volume(1000, 1000)
    script = data / "node_modules" / "bash-language-server" / "out" / "cli.js"
    script.parent.mkdir(parents=True)
    script.touch()
    lab = container({"JUPYTER_TOKEN": TOKEN}, {data: "/data"}).wait_ready()
    if lab.exec(["which", "node"]).exit_code != 0:
        pytest.skip("this image has no node, which came with no kernel that was chosen")
    assert "bash-language-server" in lab.client().api("GET", "/lsp/status")["sessions"]
    assert "Skipped" not in lab.logs(), "all those that nobody has installed"
    configured = (
        "from traitlets.config import PyFileConfigLoader as Loader\n"
        "found = Loader('jupyter_server_config.py', "
        "'/etc/jupyter').load_config().LanguageServerManager.node_roots"
    )
    default = (
        "from jupyter_lsp import LanguageServerManager\nfound = LanguageServerManager().node_roots"
    )
    said = [
        lab.output("python", "-c", f"{code}\nprint(*found)", user="lab")
        for code in (configured, default)
    ]
    assert said[0] == said[1]


def test_settings_of_the_classic_notebook_still_reach_the_server(container: Containers) -> None:
    lab = container(command=["--NotebookApp.base_url=/classic"], expect_warnings=["NotebookApp"])
    lab.wait_ready("/classic/api")

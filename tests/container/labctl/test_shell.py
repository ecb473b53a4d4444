"""`labctl shell` and `labctl token`, and whom they answer."""

from collections.abc import Mapping

import pytest

from labinit.ctl.__main__ import COMMANDS
from tests.container.containers import Containers
from tests.container.labctl.lab_status import TOKEN, becomes_healthy, status
from tests.container.running_container import Container


def test_the_shell_is_that_of_a_terminal_in_jupyterlab(lab: Container) -> None:
    script = (
        "id; umask; pwd; ulimit -n; grep -E 'NoNewPrivs|CapBnd|CapEff|CapInh' /proc/self/status; "
        "env"
    )
    in_terminal = lab.terminal(script).output.replace("\r", "")
    in_shell = lab.output("labctl", "shell", "-c", script)

    def comparable(text: str) -> list[str]:
        # What only one of the two has: the terminal's size and kind, and what the shell counts by
        # itself.
        own = (
            "TERM=",
            "COLUMNS=",
            "LINES=",
            "SHLVL=",
            "_=",
            "LS_COLORS=",
            "PYXTERM_",
            "JUPYTER_SERVER_",
        )
        return sorted(line for line in text.splitlines() if line and not line.startswith(own))

    assert comparable(in_shell) == comparable(in_terminal)


def test_a_shell_without_sudo_cannot_have_it_either(container: Containers) -> None:
    started = container({"LABUID": "1000"}).wait_ready()
    assert "NoNewPrivs:\t1" in started.output("labctl", "shell", "-c", "cat /proc/self/status")


@pytest.mark.parametrize(
    ("env", "args", "who"),
    [
        ({}, ("--user", "1234:0"), "1234:0"),
        ({"LABUID": "0"}, ("--cap-drop", "ALL"), "0:0"),
        (
            {"LABUID": "1000"},
            ("--read-only", "--tmpfs", "/tmp", "--tmpfs", "/run", "--tmpfs", "/data"),
            "1000:1000",
        ),
        ({"LABUID": "1000"}, ("--init",), "1000:1000"),
    ],
    ids=str,
)
def test_labctl_works_in_every_mode(
    container: Containers, env: Mapping[str, str], args: tuple[str, ...], who: str
) -> None:
    warnings = ("read-only", "cannot be written", "--init") if "--read-only" in args else ()
    started = container(env, args=args)
    started.expect_warnings = (".",) if warnings or "--user" in args or "--init" in args else ()
    becomes_healthy(started)
    told = status(started)
    assert f"{told['identity']['uid']}:{told['identity']['gid']}" == who
    assert told["kernels_unknown"] == ""
    assert told["drift"] == {"steps": [], "why": ""}
    assert started.output("labctl", "shell", "-c", "echo $(id -u):$(id -g)") == who


def test_an_unknown_command_is_refused_by_name(lab: Container) -> None:
    done = lab.exec(["labctl", "stats"])
    assert done.exit_code == 64
    assert "labctl stats: there is no such command" in done.stderr
    for command in (*COMMANDS,):
        assert command in done.stderr


@pytest.mark.parametrize("command", ["status", "health", "kernels", "token"])
def test_an_unknown_option_is_refused_in_one_line(lab: Container, command: str) -> None:
    done = lab.exec(["labctl", command, "--unknown"])
    assert (done.exit_code, done.stdout) == (64, "")
    assert done.stderr.count("\n") == 1
    assert "--unknown" in done.stderr


@pytest.mark.parametrize("user", ["root", "lab"])
def test_the_token_is_told_to_root_and_the_user(lab: Container, user: str) -> None:
    assert lab.output("labctl", "token", user=user) == TOKEN


def test_the_token_is_told_to_nobody_else(lab: Container) -> None:
    done = lab.exec(["labctl", "token"], user="nobody")
    assert (done.exit_code, done.stdout) == (77, ""), done


def test_the_token_is_told_to_whoever_user_says(container: Containers) -> None:
    started = container({"JUPYTER_TOKEN": TOKEN}, args=("--user", "1234"), expect_warnings=["."])
    started.wait_ready()
    assert started.output("labctl", "token") == TOKEN


def test_where_there_is_no_token_labctl_says_so(container: Containers) -> None:
    started = container(
        {"LABAUTH": "none"}, expect_warnings=["authentication is off", "not using authentication"]
    ).wait_ready()
    done = started.exec(["labctl", "token"])
    assert (done.exit_code, done.stdout) == (78, ""), done
    assert container(command=("sleep", "infinity")).exec(["labctl", "token"]).exit_code == 78

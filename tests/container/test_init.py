"""PID 1 under a real engine."""

import re
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.container.containers import Containers
from tests.container.engine import Engine, Volumes
from tests.polling import eventually
from tests.system.conformance.processes import Started, start

_INIT = ("--init-only", "--")
_DEAF = "trap '' TERM; echo ready; while :; do sleep 0.05; done"


class Terminal:
    """A user at a terminal, with one container."""

    def __init__(self, docker: Engine, image: str) -> None:
        self.docker = docker
        self.name = f"labinit-test-{uuid.uuid4().hex[:12]}"
        self._image = image

    def run(self, *arguments: str) -> Started:
        options = ("--interactive", "--tty", "--rm", "--name", self.name)
        command = self.docker.command("run", *options, self._image, *arguments)
        return start(command, self.docker.environ, tty=(0, 1, 2), own_namespace=False)

    def assert_in_foreground(self, program: str) -> None:
        assert (
            self.docker.try_("exec", self.name, "ps", "-C", program, "-o", "stat=").stdout.strip()
            == "S+"
        )


@pytest.fixture
def terminal(docker: Engine, image: str) -> Iterator[Terminal]:
    """Runs a command in a container as a user at a terminal would."""
    terminal = Terminal(docker, image)
    yield terminal
    docker.try_("rm", "--force", terminal.name)


def test_bash_in_a_terminal_has_job_control(terminal: Terminal) -> None:
    with terminal.run("bash", "--norc") as started:
        started.resize(33, 77)
        started.expect("$ ", within_s=60)
        started.type("PS1='> '; sleep 1000\n")
        eventually(lambda: terminal.assert_in_foreground("sleep"))
        started.type("\x1a")
        started.expect("Stopped")
        started.type("fg\n")
        eventually(lambda: terminal.assert_in_foreground("sleep"))
        started.type("\x03")
        started.expect("> ")
        started.type("echo code $?\n")
        started.expect("code 130")
        started.type("stty size\n")
        started.expect("33 77")
        started.resize(44, 55)
        started.type("sleep 0.2; stty size\n")
        started.expect("44 55")
        started.type("exit 5\n")
        assert started.wait() == 5


def test_ctrl_c_ends_a_command_in_a_terminal(terminal: Terminal) -> None:
    with terminal.run("sh", "-c", "echo rea''dy; exec sleep 1000") as started:
        started.expect("ready", within_s=60)
        started.type("\x03")
        assert started.wait() == 128 + signal.SIGINT


@pytest.mark.parametrize("prefix", [(), _INIT], ids=["with the set-up", "plain init"])
def test_bytes_pass_through_a_pipe_untouched(
    docker: Engine, image: str, prefix: tuple[str, ...]
) -> None:
    data = bytes(range(256)) * 4096
    command = docker.command("run", "--rm", "--interactive", image, *prefix, "cat")
    done = subprocess.run(
        command, env=docker.environ, input=data, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == data


def test_docker_stop_needs_less_than_ten_seconds_even_if_everything_ignores_it(
    container: Containers,
) -> None:
    command = '(setsid sh -c "$0" &); exec sh -c "$0"'
    deaf = container(
        {"LABLOG": "info"},
        command=[*_INIT, "sh", "-c", command, _DEAF],
        expect_warnings=["still runs"],
    )
    deaf.wait_for_log(r"ready[\s\S]*ready")
    took_s = deaf.stop()
    assert "left behind: " in deaf.logs()
    assert "; sending SIGKILL" in deaf.logs()
    assert took_s < 10.5  # the engine's own share included
    assert deaf.exit_code == 128 + signal.SIGKILL
    assert re.search("sh ended after 8.0 s, killed by SIGKILL", deaf.logs())


def test_a_sigterm_right_after_the_start_is_never_lost(container: Containers) -> None:
    for _ in range(6):
        started = container(command=[*_INIT, "sleep", "1000"])
        started.kill("TERM")
        assert started.wait(timeout_s=20) == 128 + signal.SIGTERM


def test_below_the_engines_own_init_orphans_are_adopted_and_ended(container: Containers) -> None:
    daemon = "trap 'echo clean; exit' TERM; echo ready; while :; do sleep 0.05; done"
    command = '(setsid sh -c "$0" &); exec sleep 1000'
    started = container(args=["--init"], command=[*_INIT, "sh", "-c", command, daemon])
    started.wait_for_log("ready")
    assert started.output("cat", "/proc/1/comm") != "python3"
    started.stop()
    assert "clean" in started.logs()
    assert started.exit_code == 128 + signal.SIGTERM


def test_in_the_hosts_pid_namespace_nobody_else_is_signalled(container: Containers) -> None:
    command = '(setsid sh -c "$0" &); exec sleep 1000'
    with subprocess.Popen(["sleep", "1000"]) as bystander:
        try:
            started = container(args=["--pid=host"], command=[*_INIT, "sh", "-c", command, _DEAF])
            started.wait_for_log("ready")
            assert started.stop() < 10
            assert bystander.poll() is None
        finally:
            bystander.kill()


def test_an_oom_kill_says_so_with_its_count(container: Containers) -> None:
    hog = "import os; blocks = [os.urandom(1 << 20) for _ in range(1000)]"
    done = container.run([*_INIT, "python3", "-c", hog], args=["--memory=64m", "--memory-swap=64m"])
    assert done.exit_code == 128 + signal.SIGKILL
    assert re.search(
        r"^labinit: error: python3 was killed by SIGKILL: out of memory \(oom_kill \d+ .*--memory",
        done.stderr,
        re.MULTILINE,
    )


def test_the_environment_does_not_act_on_the_interpreter_of_root(
    container: Containers, volume: Volumes
) -> None:
    data = volume(1000, 1000)
    for name in ("sitecustomize", "usercustomize", "os", "_signal", "labinit", "startup"):
        (data / f"{name}.py").write_text("import posix; posix.mkdir('/data/was-here')")
    hostile = {
        "LD_PRELOAD": "/data/evil.so",
        "PYTHONPATH": "/data",
        "PYTHONSTARTUP": "/data/startup.py",
        "PYTHONHOME": "/data",
        "PYTHONINSPECT": "1",
    }
    done = container.run(
        ["true"], hostile, {data: "/data"}, expect_warnings=["/data/evil.so.* from LD_PRELOAD"]
    )
    assert done.exit_code == 0, done
    assert not (data / "was-here").exists()
    assert done.stderr.count("/data/evil.so") == 1, "once, by the loader of the command itself"


def test_pid_1_is_small_and_keeps_no_secret_while_the_server_runs(container: Containers) -> None:
    started = container({"JUPYTER_TOKEN": "hunter2"}).wait_ready()
    # Not Pss: how many share the interpreter's file is a matter of what else runs on the machine.
    # With a kernel beside the server, this and a third of the shared pages are 6 MB.
    rollup = started.output("cat", "/proc/1/smaps_rollup")
    own_kb = int(re.findall(r"^Anonymous: +(\d+)", rollup, re.MULTILINE)[0])
    assert own_kb <= 4 * 1024
    assert "hunter2" not in started.output("cat", "/proc/1/environ", "/proc/1/cmdline")
    assert "environ" not in started.output("ls", "-l", "/proc/1/fd")


def test_pid_1_sleeps_while_nothing_happens(container: Containers) -> None:
    started = container(command=[*_INIT, "sleep", "1000"])

    def switches() -> list[str]:
        return re.findall(
            r"ctxt_switches:\s+(\d+)", Path(f"/proc/{started.pid}/status").read_text()
        )

    def settled() -> list[str]:
        before = switches()
        time.sleep(0.2)
        assert switches() == before
        return before

    before = eventually(settled)
    time.sleep(3)  # not for something to happen, but for nothing to
    assert switches() == before

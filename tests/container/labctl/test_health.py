"""`labctl health` and the health check of the image."""

import subprocess
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from labinit.ctl.health import PAUSE_S
from tests.container.containers import Containers
from tests.container.engine import Volumes
from tests.container.labctl.lab_status import becomes_healthy, is_healthy, status
from tests.container.running_container import READY_S, Container
from tests.polling import eventually


def test_health_is_zero_when_the_server_answers(lab: Container) -> None:
    assert "http://127.0.0.1:8080/api answers" in is_healthy(lab)


@pytest.mark.parametrize(
    ("env", "args", "command", "where"),
    [
        (
            {"LABPORT": "9000", "http_proxy": "http://127.0.0.1:1"},
            (),
            (),
            "http://127.0.0.1:9000/api",
        ),
        (
            {},
            (),
            ("--ServerApp.port=7777", "--ServerApp.base_url=/me/lab"),
            "http://127.0.0.1:7777/me/lab/api",
        ),
        (
            {},
            ("--sysctl", "net.ipv6.conf.all.disable_ipv6=0"),
            ("--ServerApp.ip=::",),
            "http://[::1]:8080/api",
        ),
        ({}, (), ("--ServerApp.ip=localhost",), "http://127.0.0.1:8080/api"),
    ],
    ids=str,
)
def test_health_finds_the_server(
    container: Containers,
    env: Mapping[str, str],
    args: tuple[str, ...],
    command: tuple[str, ...],
    where: str,
) -> None:
    started = container(env, args=args, command=command)
    assert becomes_healthy(started).startswith(where)


def test_health_speaks_tls_whatever_the_certificate(
    container: Containers, volume: Volumes, tmp_path: Path
) -> None:
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/CN=elsewhere",
                "-days",
                "1",
            ),
            *("-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"),
        ],
        check=True,
        capture_output=True,
    )
    (tmp_path / "key.pem").chmod(0o644)
    tmp_path.chmod(0o755)
    options = ("--ServerApp.certfile=/tls/cert.pem", "--ServerApp.keyfile=/tls/key.pem")
    started = container({}, {tmp_path: "/tls:ro", volume(): "/data"}, command=options)
    assert becomes_healthy(started).startswith("https://127.0.0.1:8080/api answers")


def test_health_says_that_the_set_up_goes_on(
    container: Containers, volume: Volumes, tmp_path: Path
) -> None:
    hooks, data = tmp_path / "boot", volume()
    hooks.mkdir()
    (hooks / "wait").write_text("#!/bin/sh\nuntil [ -e /data/go ]; do sleep 0.05; done\n")
    (hooks / "wait").chmod(0o755)
    for path in (tmp_path, hooks):
        path.chmod(0o755)
    started = container({}, {hooks: "/etc/labinit.d/boot:ro", data: "/data"})

    def is_waiting() -> None:
        done = started.exec(["labctl", "health"])
        assert (done.exit_code, done.stdout) == (
            1,
            "still setting up: the log says what it does\n",
        ), done

    eventually(is_waiting, READY_S)
    started.output("touch", "/data/go")
    becomes_healthy(started)
    # A report of the boot before must not be taken for this one's.
    started.output("rm", "/data/go")
    started.restart()
    eventually(is_waiting, READY_S)


def test_health_says_that_the_server_does_not_answer(container: Containers) -> None:
    started = container().wait_ready()
    pid = status(started)["pid"]
    started.output("kill", "-STOP", str(pid))
    done = started.exec(["labctl", "health"])
    assert done.exit_code == 1
    assert "does not answer" in done.stdout
    assert "timed out" in done.stdout
    started.output("kill", "-CONT", str(pid))
    becomes_healthy(started)


def test_a_command_that_is_no_server_is_healthy(container: Containers) -> None:
    started = container(command=("sleep", "infinity"))
    assert becomes_healthy(started).endswith("it is no server")


def test_a_plain_init_is_healthy_as_long_as_its_command_runs(container: Containers) -> None:
    started = container(command=("--init-only", "--", "sleep", "infinity"))
    # The health check of the engine too, which asks with --pace: at its first answer, not after a
    # rest.
    began = time.monotonic()
    done = started.exec(["labctl", "health", "--pace"])
    assert (done.exit_code, "--init-only" in done.stdout) == (0, True), done
    assert time.monotonic() - began < PAUSE_S


def test_one_check_sees_a_start_from_its_first_step_to_its_end(
    container: Containers, volume: Volumes
) -> None:
    """Many checks would make each other wait, where many containers start at once."""
    hooks = volume()
    hook = hooks / "wait"
    hook.write_text("#!/bin/sh\nuntil [ -e /go ]; do sleep 0.1; done\n")
    hook.chmod(0o755)
    started = container(volumes={hooks: "/etc/labinit.d/boot:ro"}, expect_warnings=[".*"])

    def is_told_that_it_boots() -> None:
        assert "still setting up" in started.exec(["labctl", "health"]).stdout

    eventually(is_told_that_it_boots, READY_S)
    with ThreadPoolExecutor() as threads:
        check = threads.submit(started.exec, ["labctl", "health", "--pace"])
        started.output("touch", "/go")
        done = check.result()
    assert done.exit_code == 0, done
    assert "answers" in done.stdout


def test_the_engine_sees_that_the_server_is_ready(container: Containers) -> None:
    started = container().wait_ready()

    def engine_says_healthy() -> None:
        assert started.inspect(".State.Health.Status") == "healthy"

    eventually(engine_says_healthy, READY_S)


# Runs the health check as the engine does, as if so much time had passed since the server listens,
# and with other pauses: what is run is the shell's own text.
_SETTLED = """
import re, sys
from argparse import Namespace
from labinit.ctl import health
since = health.listens_since(health.find_running({}))
pause, environ = sys.argv[2], {"JUPYTER_TOKEN": "x"}
health.time.time = lambda: since + float(sys.argv[1])
execve = health.os.execve
def execve_sooner(path, argv, environ):
    assert "JUPYTER_TOKEN" not in environ
    look = f"echo look | tee -a /tmp/looks; sleep {pause}"
    execve(path, [re.sub(r"sleep \\d+", look, word) for word in argv], environ)
health.os.execve = execve_sooner
sys.exit(health.run(Namespace(pace=True), environ))
"""


def test_a_settled_server_is_looked_at_for_minutes_by_one_check(lab: Container) -> None:
    done = lab.exec(["/opt/lab/bin/python", "-c", _SETTLED, "11", "0"])
    assert done.exit_code == 0, done
    looks, sentence = done.stdout.split("http", 1)
    assert looks.split() == ["look"] * 11
    assert "api answers" in sentence
    # One that does not listen for long is looked at once, at once.
    assert "look" not in lab.output("/opt/lab/bin/python", "-c", _SETTLED, "9", "0")


def test_a_check_ends_when_the_settled_server_no_longer_answers(container: Containers) -> None:
    started = container().wait_ready()
    pid = str(status(started)["pid"])
    with ThreadPoolExecutor() as threads:
        check = threads.submit(started.exec, ["/opt/lab/bin/python", "-c", _SETTLED, "11", "0.5"])
        eventually(lambda: started.output("test", "-e", "/tmp/looks"), READY_S)
        started.output("kill", "-STOP", pid)
        done = check.result()
    started.output("kill", "-CONT", pid)
    assert done.exit_code == 1, done
    assert "does not answer" in done.stdout

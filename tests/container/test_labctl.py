import json
import subprocess
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from labinit.ctl.__main__ import COMMANDS
from labinit.ctl.health import PAUSE_S
from tests.container.containers import READY_S, Container, Containers
from tests.container.engine import Volumes
from tests.polling import eventually

SECRET = "a-secret-nobody-may-see"
TOKEN = "token-of-the-test"


@pytest.fixture(scope="module")
def lab(module_container: Containers, module_volume: Volumes) -> Container:
    """The README's command line, with a memory limit and a notebook that has a kernel."""
    started = module_container(
        {"LABUID": "1000", "LABGID": "1000", "LABPASSWD": SECRET, "JUPYTER_TOKEN": TOKEN},
        {module_volume(): "/data"},
        ("--memory", "1g"),
    )
    started.wait_ready()
    notebook = {
        "path": "数据/a rather long name for a notebook.ipynb",
        "type": "notebook",
        "name": "x",
    }
    started.client().api("POST", "/api/sessions", json={**notebook, "kernel": {"name": "python3"}})
    return started


def status(container: Container, user: str = "") -> dict[str, Any]:
    return dict(json.loads(container.output("labctl", "status", "--json", user=user)))


def is_healthy(container: Container) -> str:
    done = container.exec(["labctl", "health"])
    assert done.exit_code == 0, done
    return done.stdout.strip()


def becomes_healthy(container: Container) -> str:
    return eventually(lambda: is_healthy(container), READY_S)


# --- health


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
    # The health check of the engine too, which asks with --pace: at its first answer, not after a rest.
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


def test_a_settled_server_is_looked_at_twice_a_minute(lab: Container) -> None:
    """Without waiting for that: the clock is made to say that so much has passed since the server listens."""
    script = (
        "import sys; from labinit.ctl import health\n"
        "since = health.listens_since(health.find_running({}))\n"
        "health.time.time = lambda: since + float(sys.argv[1])\n"
        "def execve(path, argv, environ): print(argv[-1], *environ); raise SystemExit(0)\n"
        "health.os.execve = execve\n"
        "from argparse import Namespace\n"
        "sys.exit(health.run(Namespace(pace=True), {'JUPYTER_TOKEN': 'x'}))"
    )
    python = "/opt/lab/bin/python"
    assert (
        lab.output(python, "-c", script, "11") == "sleep 28; exec /usr/local/bin/labctl health PATH"
    )
    assert "answers" in lab.output(python, "-c", script, "9")


# --- status


def test_status_tells_who_and_what_runs(lab: Container) -> None:
    told = status(lab)
    assert told["healthy"]
    assert told["mode"] == "full set-up as root"
    assert (told["identity"]["user"], told["identity"]["uid"], told["identity"]["gid"]) == (
        "lab",
        1000,
        1000,
    )
    assert told["url"] == "http://127.0.0.1:8080/"
    assert told["memory"]["limit"] == 1 << 30
    assert 1 << 20 < told["memory"]["used"] < 1 << 30
    assert told["zombies"] == told["oom_kills"] == 0
    assert told["drift"] == {"steps": [], "why": ""}
    assert "create user lab (uid 1000, home /home/lab, in group wheel)" in [
        step["summary"] for step in told["boot"]["steps"]
    ]
    assert (
        0
        < sum(step["took_s"] for step in told["boot"]["steps"])
        < told["boot"]["took_s"]
        < told["uptime_s"]
    )


@pytest.mark.parametrize("user", ["root", "lab"])
def test_status_tells_each_kernel_with_its_notebook_and_what_it_takes(
    lab: Container, user: str
) -> None:
    (kernel,) = status(lab, user)["kernels"]
    assert kernel["name"] == "python3"
    assert kernel["notebook"] == "数据/a rather long name for a notebook.ipynb"
    assert kernel["process"]["memory"] > 10 << 20
    assert f"kernel-{kernel['id']}" in lab.output(
        "cat", f"/proc/{kernel['process']['pid']}/cmdline"
    )


def test_status_tells_a_kernel_that_computes_from_one_that_does_not(container: Containers) -> None:
    started = container().wait_ready()
    client = started.client()
    with client.kernel() as busy, client.kernel() as idle:
        idle.run("1")
        code = "import os\nwhile not os.path.exists('/tmp/enough'): pass"
        busy._send("execute_request", {"code": code, "silent": False, "allow_stdin": False})

        def is_told() -> None:
            cpu = {
                kernel["id"]: kernel["process"]["cpu_percent"]
                for kernel in status(started)["kernels"]
            }
            # Of a busy machine, it may get little.
            assert cpu[busy.id] > 10 > cpu[idle.id], cpu

        eventually(is_told, READY_S)
        started.output("touch", "/tmp/enough")


def test_status_counts_zombies(container: Containers) -> None:
    started = container(command=("bash", "-c", "sleep 0 & exec sleep infinity"))

    def has_one() -> None:
        assert status(started)["zombies"] == 1

    eventually(has_one, READY_S)


def test_status_tells_what_the_next_boot_would_change(container: Containers) -> None:
    started = container({"LABUID": "1000"}).wait_ready()
    started.output("chown", "root:root", "/home/lab")
    summaries = [summary for summary, _ in status(started)["drift"]["steps"]]
    assert summaries == ["give /home/lab to 1000:1000"]
    as_user = status(started, "lab")["drift"]
    assert as_user == {"steps": [], "why": "only root can see it: docker exec NAME labctl status"}


def test_status_tells_what_the_boot_has_warned_of(container: Containers) -> None:
    started = container({"LABUIDD": "1000"}, expect_warnings=["LABUIDD"]).wait_ready()
    assert "LABUIDD" in started.output("labctl", "status")
    # A start with cached settings tells the same.
    assert "LABUIDD" in started.restart().wait_ready().output("labctl", "status")


def test_roots_labctl_takes_no_users_word_for_who_the_lab_user_is(container: Containers) -> None:
    started = container(
        args=["--user", "1234", "--tmpfs", "/run"], expect_warnings=["."]
    ).wait_ready()
    assert started.output("labctl", "shell", "-c", "id -u") == "1234"
    done = started.exec(["labctl", "shell", "-c", "id -u"], user="0")
    assert (done.exit_code, done.stdout) == (78, ""), done


@pytest.mark.parametrize("user", ["root", "lab"])
def test_status_is_readable_in_80_columns(lab: Container, user: str) -> None:
    shown = lab.output("labctl", "status", user=user)
    assert max(map(len, shown.splitlines())) <= 80, shown
    for part in (
        "full set-up as root",
        "lab (1000:1000)",
        "of 1.0 GiB",
        "create user lab",
        "notebook.ipynb",
    ):
        assert part in shown


def test_nothing_that_labctl_shows_or_reads_holds_a_secret(lab: Container) -> None:
    shown = (
        lab.output("labctl", "status", "--json") + lab.output("labctl", "status") + is_healthy(lab)
    )
    shown += lab.output("cat", "/run/labinit/report.json")
    assert SECRET not in shown
    assert TOKEN not in shown


def test_status_says_that_nothing_runs(container: Containers) -> None:
    done = container.run(("labctl", "status"), args=("--entrypoint", ""))
    assert done.exit_code == 1
    assert "nothing runs" in done.stdout


# --- shell


def test_the_shell_is_that_of_a_terminal_in_jupyterlab(lab: Container) -> None:
    script = "id; umask; pwd; ulimit -n; grep -E 'NoNewPrivs|CapBnd|CapEff|CapInh' /proc/self/status; env"
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


# --- token


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


# --- what people ask status for


def test_status_says_that_shared_memory_is_full(container: Containers) -> None:
    started = container(command=("sleep", "infinity"), args=("--shm-size", "1m"))
    becomes_healthy(started)
    assert "/dev/shm" not in started.output("labctl", "status")
    started.output("dd", "if=/dev/zero", "of=/dev/shm/x", "bs=1000k", "count=1")
    assert "--shm-size" in started.output("labctl", "status")


@pytest.mark.parametrize(
    ("env", "args", "why"),
    [
        ({}, (), "LABPASSWD"),
        ({"LABPASSWD": SECRET}, (), "yes"),
        ({"LABPASSWD": SECRET, "LABSUDO": "none"}, (), "LABSUDO=none"),
        ({"LABSUDO": "nopasswd"}, (), "without a password"),
        ({"LABPASSWD": SECRET}, ("--security-opt", "no-new-privileges"), "no-new-privileges"),
        ({}, ("--user", "1234"), "--user"),
        ({"LABUID": "0"}, (), "is root"),
    ],
    ids=str,
)
def test_status_says_why_there_is_no_sudo(
    container: Containers, env: Mapping[str, str], args: tuple[str, ...], why: str
) -> None:
    started = container(env, args=args, command=("sleep", "infinity"))
    started.expect_warnings = (".",) if args else ()
    becomes_healthy(started)
    assert why in status(started)["sudo"]

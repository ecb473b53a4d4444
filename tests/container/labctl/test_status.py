"""`labctl status` tells who and what runs."""

import pytest

from tests.container.containers import Containers
from tests.container.labctl.lab_status import SECRET, TOKEN, is_healthy, status
from tests.container.running_container import READY_S, Container
from tests.polling import eventually


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

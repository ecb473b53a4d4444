"""One boot and the next, and what fails in between."""

import os

import pytest

from tests.system.boots import PASSWORD, SETTINGS, SUDOERS, has_nothing_to_do, sudo
from tests.system.machines import Machine

RECORD = "/var/lib/labinit/boot.json"


def replace_tool(machine: Machine, name: str, script: str) -> None:
    """Put a shell script before a tool of the system; `real` in it is the tool."""
    real = machine.output(f"command -v {name}").strip()
    machine.write(
        f"/usr/local/sbin/{name}", f'#!/bin/sh\nreal() {{ {real} "$@"; }}\n{script}\n', 0o755
    )


def test_a_first_boot_makes_what_it_says(machine: Machine) -> None:
    script = "id; echo $HOME; pwd; touch in-data ~/in-home"
    done = machine.boot(SETTINGS, "sh", "-c", script)
    assert done.exit_code == 0, done
    wheel = machine.group("wheel")
    assert wheel is not None
    assert wheel[3] == "lab"
    identity = f"uid=1234(lab) gid=2345(lab) groups=2345(lab),{wheel[2]}(wheel)"
    assert done.stdout.splitlines() == [identity, "/home/lab", "/data"]
    assert machine.passwd("lab") == ["lab", "x", "1234", "2345", "", "/home/lab", "/bin/bash"]
    for path in ("/home/lab", "/data", "/home/lab/.bashrc", "/data/in-data", "/home/lab/in-home"):
        assert machine.owner(path) == (1234, 2345), path
    assert (machine.owner(SUDOERS), machine.stat(SUDOERS).st_mode & 0o777) == ((0, 0), 0o440)
    assert (machine.owner(RECORD), machine.stat(RECORD).st_mode & 0o777) == ((0, 0), 0o600)
    assert sudo(machine, PASSWORD, SETTINGS)
    assert not sudo(machine, "wrong", SETTINGS)


def test_a_second_boot_changes_nothing_at_all(machine: Machine) -> None:
    machine.boot(SETTINGS)
    accounts, record = machine.accounts(), machine.read(RECORD)
    watched = (
        "/etc/passwd",
        "/etc/shadow",
        "/etc/group",
        SUDOERS,
        RECORD,
        "/data",
        "/home/lab",
        "/run/labinit/token",
    )
    times = [machine.stat(path).st_ctime_ns for path in watched]
    done = machine.boot(SETTINGS)
    first, second = done.stderr.splitlines()
    assert first.endswith(": full set-up as root")
    assert second == "labinit: nothing to change"
    assert machine.accounts() == accounts
    assert machine.read(RECORD) == record
    assert [machine.stat(path).st_ctime_ns for path in watched] == times


def test_nothing_of_the_account_tools_is_left_lying_about(machine: Machine) -> None:
    before = set(os.listdir(machine.path("/etc")))
    machine.boot(SETTINGS)
    backups = {f"{name}-" for name in ("passwd", "shadow", "group", "gshadow")}
    assert set(os.listdir(machine.path("/etc"))) - before <= backups | {".pwd.lock"}
    assert not [
        name
        for name in os.listdir(machine.path("/etc/sudoers.d"))
        if name not in {"labinit", "README"}
    ]


def test_the_record_is_written_last(machine: Machine) -> None:
    # A directory in its place: no file can be renamed to it.
    machine.path(RECORD).mkdir(parents=True)
    done = machine.boot(SETTINGS)
    assert done.exit_code == 71
    assert done.stderr.splitlines()[-1].startswith(f"labinit: error: write {RECORD}: ")
    done_before = machine.accounts()
    machine.path(RECORD).rmdir()
    done = machine.boot(SETTINGS)
    assert done.exit_code == 0, done
    assert f"labinit: write {RECORD}: the set-up is complete" == done.stderr.splitlines()[-1]
    assert machine.accounts().keys() == done_before.keys()
    for path in ("/etc/passwd", "/etc/group", "/etc/gshadow"):
        assert machine.accounts()[path] == done_before[path]
    assert has_nothing_to_do(machine, SETTINGS)


def test_without_a_place_for_the_record_each_boot_is_a_first_one(machine: Machine) -> None:
    machine.path("/var/lib/labinit").mkdir()
    machine.mount("-t tmpfs -o ro none /var/lib/labinit")
    for _ in range(2):
        done = machine.boot(SETTINGS)
        assert done.exit_code == 0, done
        assert "labinit: set the password of lab: LABPASSWD is set" in done.stderr.splitlines()
    assert sudo(machine, PASSWORD, SETTINGS)


@pytest.mark.parametrize("tool", ["useradd", "chpasswd", "visudo"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_boot_killed_beside_a_tool_is_finished_by_the_next(
    machine: Machine, tool: str, moment: str
) -> None:
    machine.output("mkfifo /stopped")
    stop = "echo stopped >/stopped; sleep 600"
    replace_tool(
        machine, tool, f'{stop}; real "$@"' if moment == "before" else f'real "$@"; {stop}'
    )
    boot = machine.start(SETTINGS)
    assert machine.output("cat /stopped") == "stopped\n"
    boot.kill()
    boot.wait()
    assert not machine.exists(RECORD)
    machine.path(f"/usr/local/sbin/{tool}").unlink()
    done = machine.boot(SETTINGS)
    assert done.exit_code == 0, done
    assert sudo(machine, PASSWORD, SETTINGS)
    assert has_nothing_to_do(machine, SETTINGS)


def test_what_visudo_rejects_is_not_installed(machine: Machine) -> None:
    replace_tool(machine, "visudo", "echo 'syntax error near line 3'; exit 1")
    done = machine.boot(SETTINGS)
    assert done.exit_code == 71
    assert "visudo ended with exit code 1: syntax error near line 3" in done.stderr.splitlines()[-1]
    assert os.listdir(machine.path("/etc/sudoers.d")) == ["README"]
    assert not machine.exists(RECORD)


def test_what_visudo_rejects_does_not_replace_what_it_has_accepted(machine: Machine) -> None:
    machine.boot(SETTINGS)
    accepted = machine.read(SUDOERS)
    replace_tool(machine, "visudo", "exit 1")
    assert machine.boot({**SETTINGS, "LABSUDO": "nopasswd"}).exit_code == 71
    assert machine.read(SUDOERS) == accepted


@pytest.mark.parametrize("tool", ["groupadd", "useradd", "chpasswd", "usermod"])
def test_a_tool_that_fails_ends_the_boot_in_one_line_and_the_next_finishes_it(
    machine: Machine, tool: str
) -> None:
    if tool == "usermod":  # for who is there already
        machine.output("useradd --uid 1234 --no-create-home lab")
    replace_tool(machine, tool, f"echo '{tool}: out of luck' >&2; exit 9")
    done = machine.boot(SETTINGS)
    assert done.exit_code == 71
    assert f"{tool} ended with exit code 9: {tool}: out of luck; " in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert PASSWORD not in done.stderr
    machine.path(f"/usr/local/sbin/{tool}").unlink()
    assert machine.boot(SETTINGS).exit_code == 0
    assert machine.passwd("lab")


def test_a_tool_never_sees_the_password_in_its_arguments_or_environment(machine: Machine) -> None:
    for tool in ("groupadd", "useradd", "chpasswd", "visudo"):
        replace_tool(machine, tool, '{ echo "$0" "$@"; env; } >>/seen; real "$@"')
    assert machine.boot(SETTINGS).exit_code == 0
    seen = machine.read("/seen")
    assert all(tool in seen for tool in ("groupadd", "useradd", "chpasswd", "visudo"))
    assert PASSWORD not in seen
    assert "LABPASSWD" not in seen


def test_a_stop_during_the_set_up_ends_it_at_once(machine: Machine) -> None:
    machine.output("mkfifo /stopped")
    replace_tool(machine, "chpasswd", "echo stopped >/stopped; exec sleep 600")
    boot = machine.start(SETTINGS)
    assert machine.output("cat /stopped") == "stopped\n"
    boot.kill(15)
    done = boot.wait(timeout_s=20)
    assert done.exit_code == 128 + 15, done
    assert not machine.exists(RECORD)

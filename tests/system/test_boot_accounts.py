"""A boot beside the accounts that are there, its passwords, sudo and files."""

import os
import re
import shlex
import sys
from collections.abc import Callable

import pytest

from tests.system.boots import PASSWORD, SETTINGS, SUDOERS, has_nothing_to_do, sudo
from tests.system.machines import LABINIT, Machine

# They say nothing unless something is wrong.
CHECK = "pwck --read-only --quiet; grpck --read-only"


@pytest.mark.parametrize(
    ("before", "env", "identity"),
    [
        ("", {}, "1000(lab) 1000(lab)"),
        ("", {"LABUSER": "ada", "LABGROUP": "science"}, "1000(ada) 1000(science)"),
        ("", {"LABUID": "4294967294", "LABGID": "4294967294"}, "4294967294(lab) 4294967294(lab)"),
        ("", {"LABUID": "1234", "LABGID": "100"}, "1234(lab) 100(users)"),
        ("groupadd --gid 5000 lab", {"LABUID": "1234"}, "1234(lab) 1234(lab1234)"),
        ("groupadd --gid 1234 staff2", {"LABUID": "1234"}, "1234(lab) 1234(staff2)"),
        ("useradd --uid 1000 --create-home ubuntu", {}, "1000(lab) 1000(ubuntu)"),
        ("useradd --uid 1000 node", {"LABUSER": "node"}, "1000(node) 1000(node)"),
        ("useradd --uid 1500 lab", {"LABUID": "1234", "LABGID": "1500"}, "1234(lab) 1500(lab)"),
        ("groupadd --gid 5010 wheel", {"LABPASSWD": PASSWORD}, "1000(lab) 1000(lab)"),
    ],
)
def test_the_user_is_as_asked_whatever_accounts_there_are(
    machine: Machine, before: str, env: dict[str, str], identity: str
) -> None:
    machine.output(before or "true")
    done = machine.boot(env, "id")
    assert done.exit_code == 0, done
    found = re.match(r"uid=(\S+) gid=(\S+)", done.stdout)
    assert found is not None
    assert " ".join(found.groups()) == identity
    # No two accounts share an id or a name, and the tools find nothing wrong.
    for path in ("/etc/passwd", "/etc/group"):
        lines = [line.split(":") for line in machine.read(path).splitlines()]
        assert len({line[0] for line in lines}) == len({line[2] for line in lines}) == len(lines)
    assert machine.run(CHECK).stdout == ""
    assert has_nothing_to_do(machine, env)


@pytest.mark.parametrize("name", ["www-data", "root"])
def test_a_conflict_with_the_system_is_told_before_anything_has_changed(
    machine: Machine, name: str
) -> None:
    accounts = machine.accounts()
    done = machine.boot({**SETTINGS, "LABUID": "1000", "LABUSER": name})
    assert done.exit_code == 78
    assert f"LABUSER={name} is an account of the system" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert machine.accounts() == accounts
    assert not machine.exists("/data")
    assert not machine.exists("/home/lab")


@pytest.mark.parametrize("uid", [1, 33, 65534])
def test_an_idle_account_of_the_system_becomes_the_users(machine: Machine, uid: int) -> None:
    machine.output(
        f"install -d -o {uid} -g {uid} /data; install -o {uid} -g {uid} /dev/null /data/theirs"
    )
    env = {"LABPASSWD": PASSWORD} | ({"LABUID": "65534"} if uid == 65534 else {})
    done = machine.boot(env, "sh", "-c", "id -u; id -un; id -g; touch /data/mine")
    assert done.stdout.split() == [str(uid), "lab", str(uid)], done
    assert sudo(machine, PASSWORD, env)
    assert machine.owner("/data/mine") == machine.owner("/data/theirs") == (uid, uid)
    assert has_nothing_to_do(machine, env)
    assert machine.run(CHECK).stdout == ""


def test_an_account_that_something_runs_under_is_not_taken(machine: Machine) -> None:
    accounts = machine.accounts()
    start = f"{shlex.join([sys.executable, '-BIS', '-c', LABINIT, 'true'])}"
    sleeper = "setpriv --reuid 33 --regid 33 --clear-groups sleep 60 >/dev/null 2>&1 &"
    done = machine.run(f"{sleeper} {start}", env={"LABUID": "33"})
    assert done.exit_code == 78, done
    assert "www-data, which has running processes; start with --user 33:33" in done.stderr
    assert machine.accounts() == accounts


@pytest.mark.parametrize("environ", [{}, {"LABGID": "100"}])
def test_files_of_nobody_stay_as_they_are(machine: Machine, environ: dict[str, str]) -> None:
    machine.output(
        "install -d -o 65534 -g 65534 /data; install -o 65534 -g 65534 /dev/null /data/theirs"
    )
    done = machine.boot(environ)
    assert done.exit_code == 0, done
    assert machine.owner("/data") == machine.owner("/data/theirs") == (65534, 65534)
    assert done.stderr.count("65534:65534") == 1
    assert machine.boot({"LABCHOWN": "always"}).exit_code == 0
    assert machine.owner("/data/theirs")[0] == 1000


def test_the_group_of_the_data_gives_the_user_no_rights(machine: Machine) -> None:
    machine.output("install -d -o 1000 -g shadow /data")
    done = machine.boot({}, "sh", "-c", "id -G; cat /etc/shadow")
    assert done.stdout == "1000\n", done
    assert done.stderr.count("labinit: warning: the group of /data, shadow") == 1
    gid = int((machine.group("shadow") or [])[2])
    assert machine.owner("/data") == (1000, gid)
    done = machine.boot({"LABGID": str(gid)}, "id", "-g")
    assert done.stdout == f"{gid}\n"
    assert "is the group shadow" in done.stderr


def test_a_large_uid_leaves_no_large_file(machine: Machine) -> None:
    assert machine.boot({"LABUID": "4294967294"}).exit_code == 0
    sizes = {
        name: machine.stat(f"/var/log/{name}").st_size
        for name in os.listdir(machine.path("/var/log"))
    }
    assert all(size < 2**30 for size in sizes.values()), sizes


@pytest.mark.parametrize(
    "changed",
    [
        {"LABUID": "4321"},
        {"LABGID": "5432"},
        {"LABUSER": "ada"},
        {"LABUID": "4321", "LABGID": "5432", "LABUSER": "ada"},
    ],
    ids=",".join,
)
def test_changed_settings_change_the_account_and_its_files_follow(
    machine: Machine, changed: dict[str, str]
) -> None:
    machine.boot(SETTINGS, "sh", "-c", "touch ~/mine /data/mine")
    env = {**SETTINGS, **changed}
    done = machine.boot(env, "sh", "-c", "id -u; id -g; id -un; ls ~/mine; touch ~/mine /data/mine")
    assert done.exit_code == 0, done
    uid, gid, user = (env.get(name, "lab") for name in ("LABUID", "LABGID", "LABUSER"))
    assert done.stdout.splitlines()[:3] == [uid, gid, user]
    for path in (done.stdout.splitlines()[3], "/data/mine"):
        assert machine.owner(path) == (int(uid), int(gid)), path
    assert sudo(machine, PASSWORD, env)
    assert has_nothing_to_do(machine, env)
    assert (machine.passwd("lab") is None) == (user != "lab")


def test_what_killed_account_tools_have_left_does_not_block_the_next_boot(machine: Machine) -> None:
    for name in ("passwd", "shadow", "group", "gshadow"):
        machine.write(f"/etc/{name}.lock", "1" if name == "passwd" else "", 0o600)
    done = machine.boot(SETTINGS)
    assert done.exit_code == 0, done
    assert not [
        name
        for name in os.listdir(machine.path("/etc"))
        if name.endswith(".lock") and name != ".pwd.lock"
    ]


def test_a_password_the_user_has_changed_stays_until_the_setting_changes(machine: Machine) -> None:
    machine.boot(SETTINGS)
    machine.output("chpasswd", stdin="lab:my own\n")
    assert sudo(machine, "my own", SETTINGS)
    changed = {**SETTINGS, "LABPASSWD": "a new one"}
    assert sudo(machine, "a new one", changed)
    assert not sudo(machine, "my own", changed)


def test_without_the_setting_the_password_is_locked_and_sudo_is_gone(machine: Machine) -> None:
    machine.boot(SETTINGS)
    done = machine.boot({"LABUID": "1234", "LABGID": "2345"}, "sudo", "-n", "id")
    assert done.exit_code != 0
    shadow, wheel = machine.shadow("lab"), machine.group("wheel")
    assert shadow is not None
    assert shadow[1].startswith("!")
    assert wheel is None or "lab" not in wheel[3]
    assert not machine.exists(SUDOERS)
    assert sudo(machine, PASSWORD, SETTINGS)


def test_a_hash_is_as_good_as_the_password(machine: Machine) -> None:
    made = machine.output("perl -e 'print crypt(q(open, sesame), q($6$saltsalt$))'")
    settings = {"LABPASSWD_HASH": made}
    assert sudo(machine, PASSWORD, settings)
    assert made not in machine.boot(settings, "env").stdout


@pytest.mark.parametrize("password", ["x\nroot:y", "x\rroot:y", "x\nroot:y\n"], ids=ascii)
def test_no_password_reaches_root(machine: Machine, password: str) -> None:
    before = machine.shadow("root")
    assert machine.boot({"LABPASSWD": password}).exit_code == 78
    machine.write("/run/secrets/labpasswd", f"{password}\n", 0o400)
    assert machine.boot().exit_code == 78
    assert machine.shadow("root") == before
    assert machine.passwd("lab") is None


def test_home_gets_what_it_lacks_and_what_it_has_stays(machine: Machine) -> None:
    machine.write("/home/lab/.bashrc", "mine", 0o600, 1000, 1000)
    machine.path("/home/lab/.profile").symlink_to("elsewhere")
    os.chown(machine.path("/home/lab"), 1000, 1000)
    machine.write("/etc/skel/deep/er", "new")
    assert machine.boot().exit_code == 0
    assert machine.read("/home/lab/.bashrc") == "mine"
    assert os.readlink(machine.path("/home/lab/.profile")) == "elsewhere"
    assert machine.read("/home/lab/deep/er") == "new"
    assert machine.owner("/home/lab/deep/er") == machine.owner("/home/lab/deep") == (1000, 1000)


def test_the_walk_follows_no_link_crosses_no_mount_and_leaves_names_of_others_alone(
    machine: Machine,
) -> None:
    machine.write("/data/plain/file", "")
    machine.write("/outside/file", "")
    machine.path("/data/link").symlink_to("/outside")
    os.link(machine.path("/outside/file"), machine.path("/data/hard"))
    machine.output("mknod /data/device c 1 3; mkfifo /data/fifo; mkdir /data/mounted")
    machine.mount("--bind /outside /data/mounted")
    assert machine.boot().exit_code == 0
    for name in ("", "/plain", "/plain/file", "/link", "/fifo"):
        assert machine.owner(f"/data{name}") == (1000, 1000), name
    for path in ("/outside", "/outside/file", "/data/hard", "/data/device", "/data/mounted"):
        assert machine.owner(path) == (0, 0), path


def test_a_full_disk_ends_the_boot_in_one_line_and_the_next_finishes_it(
    make_machine: Callable[..., Machine],
) -> None:
    machine = make_machine(size="1m")
    machine.run("dd if=/dev/zero of=/filler bs=4k")
    done = machine.boot(SETTINGS)
    assert done.exit_code == 71, done
    assert "free some space" in done.stderr.splitlines()[-1]
    assert machine.run(CHECK).stdout == ""
    machine.path("/filler").unlink()
    assert machine.boot(SETTINGS).exit_code == 0
    assert sudo(machine, PASSWORD, SETTINGS)

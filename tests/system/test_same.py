"""The short way: taken where a start is the same as the last one, and never where anything is different."""

import json
import re
import shlex
import shutil
import sys
from collections.abc import Callable

import pytest

from tests.system.hashes import is_hash_of
from tests.system.machines import LABINIT, Finished, Machine

PASSWORD = "open, sesame"
SECRET = "/secrets/password"
SETTINGS = {
    "LABUID": "1234",
    "LABGID": "2345",
    "LABPASSWD_FILE": SECRET,
    "JUPYTER_TOKEN": "fixed",
    "TZ": "Europe/Berlin",
}
SETTINGS["LABLOG"] = "debug"
KEPT = "/var/lib/labinit/start.json"
SHORT = "labinit: debug: the same start as the last one"


@pytest.fixture
def booted(machine: Machine) -> Machine:
    """A machine that has booted once."""
    machine.write(SECRET, PASSWORD, 0o600)
    done = machine.boot(SETTINGS)
    assert done.exit_code == 0, done
    return machine


def is_short(done: Finished) -> bool:
    return SHORT in done.stderr.splitlines()


def append(path: str, line: str) -> Callable[[Machine], None]:
    return lambda machine: machine.write(path, machine.read(path) + line, machine.stat(path).st_mode & 0o777)


def remove(path: str) -> Callable[[Machine], None]:
    def act(machine: Machine) -> None:
        where = machine.path(path)
        shutil.rmtree(where) if where.is_dir() else where.unlink()

    return act


def run(script: str) -> Callable[[Machine], None]:
    return lambda machine: print(machine.output(script))


TELL = 'id; env | sort; pwd; umask; grep -E "^(Cap|NoNewPrivs)" /proc/self/status'


def test_a_short_start_says_and_does_what_a_long_one_does(booted: Machine) -> None:
    booted.boot(SETTINGS, "sh", "-c", TELL)
    short = booted.boot(SETTINGS, "sh", "-c", TELL)
    assert is_short(short)
    remove(KEPT)(booted)
    long = booted.boot(SETTINGS, "sh", "-c", TELL)
    assert not is_short(long)
    assert short.stdout == long.stdout
    assert short.exit_code == long.exit_code == 0
    assert [line for line in short.stderr.splitlines() if line != SHORT] == long.stderr.splitlines()


def test_a_first_boot_is_followed_by_short_ones(booted: Machine) -> None:
    for _ in range(2):
        assert is_short(booted.boot(SETTINGS))


def test_what_is_under_run_may_come_and_go(machine: Machine) -> None:
    # In the machine's overlay, files are on another device than their directory; in a container's they are not.
    machine.mount("-t tmpfs none /run")
    machine.write(SECRET, PASSWORD, 0o600)
    assert machine.boot(SETTINGS).exit_code == 0
    machine.write("/run/labinit/what-root-has-left", "")
    assert is_short(machine.boot(SETTINGS))


def test_a_short_start_keeps_nothing_new(booted: Machine) -> None:
    before = booted.stat(KEPT)
    assert is_short(booted.boot(SETTINGS))
    assert booted.stat(KEPT).st_ctime_ns == before.st_ctime_ns


CHANGES = {
    "an account": append("/etc/passwd", "ann:x:1999:1999::/home/ann:/bin/sh\n"),
    "the account": run("usermod --shell /bin/sh lab"),
    "a group": append("/etc/group", "ann:x:1999:\n"),
    "a membership": run("gpasswd --delete lab wheel"),
    "the password, locked": run("sed -i 's/^lab:[^:]*:/lab:!:/' /etc/shadow"),
    "the password's file": lambda machine: machine.write(SECRET, "another", 0o600),
    "the password's file, gone": remove(SECRET),
    "a secret that is found by itself": lambda machine: machine.write("/run/secrets/jupyter_token", "fixed", 0o600),
    "sudo": append("/etc/sudoers.d/labinit", "# changed\n"),
    "sudo, gone": remove("/etc/sudoers.d/labinit"),
    "the home, gone": remove("/home/lab"),
    "the home's owner": run("chown 0 /home/lab"),
    "the home's skeleton": lambda machine: machine.write("/etc/skel/new", "new"),
    "the data's owner": run("chown 77 /data"),
    "the data's group": run("chgrp 77 /data"),
    "the data's mode": run("chmod 700 /data"),
    "something of root's in the data": run("mkdir /data/roots"),
    "the data, gone": remove("/data"),
    "the data, mounted read-only": lambda machine: machine.mount("-t tmpfs -o ro none /data"),
    "the token": lambda machine: machine.write("/run/labinit/token", "other", 0o400, 1234, 2345),
    "the token's mode": run("chmod 444 /run/labinit/token"),
    "the token's owner": run("chown 0 /run/labinit/token"),
    "the token, gone": remove("/run/labinit/token"),
    "what is under /run, gone": remove("/run/labinit"),
    "the server's own files, open": run("chmod 755 /run/labinit/jupyter"),
    "the record": run("sed -i s/1234/1235/ /var/lib/labinit/boot.json"),
    "the record, gone": remove("/var/lib/labinit/boot.json"),
    "a hook": lambda machine: machine.write("/etc/labinit.d/boot/hook", "#!/bin/sh\n", 0o755),
    "a hook that is not executable": lambda machine: machine.write("/etc/labinit.d/boot/hook", "#!/bin/sh\n"),
    "a leftover lock": lambda machine: machine.write("/etc/passwd.lock", ""),
    "account files that cannot be changed": lambda machine: machine.mount("--bind /etc/group /etc/group"),
    "the time zone, gone": lambda machine: machine.mount("-t tmpfs none /usr/share/zoneinfo"),
    "what was kept, gone": remove(KEPT),
    "what was kept, for others to change": run(f"chmod 666 {KEPT}"),
    "what was kept, by another": run(f"chown 1234 {KEPT}"),
    "what was kept, in a directory for others to change": run("chmod 777 /var/lib/labinit"),
    "what was kept, a link": run(f"mv {KEPT} /start.json; ln -s /start.json {KEPT}"),
    "what was kept, cut off": run(f"truncate --size 100 {KEPT}"),
    "what was kept, of another format": run(f'sed -i \'s/"format": 2/"format": 1/\' {KEPT}'),
    "what was kept, not what it says": run(f"echo '[]' >{KEPT}"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_any_other_system_takes_the_long_way(booted: Machine, what: str) -> None:
    assert is_short(booted.boot(SETTINGS))
    CHANGES[what](booted)
    done = booted.boot(SETTINGS)
    assert not is_short(done), done


@pytest.mark.parametrize(
    "changes",
    [
        {"LABUMASK": "0027"},
        {"LABUID": "1235"},
        {"LABUSER": "ann"},
        {"LABPASSWD_FILE": ""},
        {"JUPYTER_TOKEN": "other"},
        {"LABAUTH": "none"},
        {"LABCHOWN": "always"},
        {"LABGRACE": "3"},
        {"TZ": ""},
        {"UNRELATED": "1"},
        {"HOME": "/elsewhere"},
    ],
    ids=str,
)
def test_any_other_environment_takes_the_long_way(booted: Machine, changes: dict[str, str]) -> None:
    done = booted.boot(SETTINGS | changes)
    assert not is_short(done)
    assert done.exit_code == 0, done


def test_any_other_command_takes_the_long_way(booted: Machine) -> None:
    assert is_short(booted.boot(SETTINGS, "true"))
    assert not is_short(booted.boot(SETTINGS, "true", "true"))


def test_other_rights_take_the_long_way(booted: Machine) -> None:
    start = ["setpriv", "--bounding-set=-audit_write", "--", sys.executable, "-BIS", "-c", LABINIT, "true"]
    assert not is_short(booted.spawn(start, SETTINGS).wait())


def test_a_short_start_imports_nothing_that_is_slow(booted: Machine) -> None:
    start = [sys.executable, "-BIS", "-X", "importtime", "-c", LABINIT, "true"]
    booted.spawn(start, SETTINGS).wait()  # another command
    done = booted.spawn(start, SETTINGS).wait()
    assert is_short(done)
    imported = set(re.findall(r"^import time: .*\| +(\S+)$", done.stderr, re.MULTILINE))
    assert imported >= {"labinit.facts", "hashlib"}
    assert not imported & {"enum", "json", "pydantic", "re", "socket", "subprocess", "threading", "typing"}


def test_a_long_start_does_without_what_its_libraries_do_not_use_here(machine: Machine) -> None:
    start = [sys.executable, "-BIS", "-X", "importtime", "-c", LABINIT, "true"]
    done = machine.spawn(start, {"LABUID": "1234"}).wait()
    assert done.exit_code == 0, done
    imported = set(re.findall(r"^import time: .*\| +(\S+)$", done.stderr, re.MULTILINE))
    assert "pydantic_settings" in imported
    assert not imported & {"asyncio.events", "ssl", "psutil"}


def test_a_secret_from_a_pipe_is_read_once_in_each_start(machine: Machine) -> None:
    # A second reader would wait for a second writer, for ever.
    python = shlex.join([sys.executable, "-BIS", "-c", LABINIT, "true"])
    environ = {"LABPASSWD_FILE": "/pipe", "LABLOG": "debug"}
    for password in ("first", "second", "second"):
        script = f"rm -f /pipe; mkfifo /pipe; printf {password} >/pipe & exec {python}"
        done = machine.spawn(["sh", "-c", script], environ).wait()
        assert done.exit_code == 0, done
        assert not is_short(done)
        assert is_hash_of((machine.shadow("lab") or ["", ""])[1], password)


def test_nothing_is_kept_where_each_boot_has_something_to_do(machine: Machine) -> None:
    machine.write(SECRET, PASSWORD, 0o600)
    assert machine.boot(SETTINGS | {"LABCHOWN": "always"}).exit_code == 0
    assert not machine.exists(KEPT)
    machine.write("/etc/labinit.d/first-boot/hook", '#!/bin/sh\necho A=1 >>"$LABINIT_ENV"\n', 0o755)
    assert machine.boot(SETTINGS).exit_code == 0
    assert not machine.exists(KEPT)


def test_what_a_hook_that_is_gone_has_set_is_not_kept(machine: Machine) -> None:
    machine.write(SECRET, PASSWORD, 0o600)
    machine.write("/etc/labinit.d/first-boot/hook", '#!/bin/sh\necho A=secret >>"$LABINIT_ENV"\nrm "$0"\n', 0o755)
    assert machine.boot(SETTINGS, "printenv", "A").stdout == "secret\n"
    assert not machine.exists(KEPT)


def test_what_is_kept_is_roots_and_holds_no_secret(booted: Machine) -> None:
    booted.boot(SETTINGS | {"DB_PASSWORD": "hunter2-hunter2"})
    assert (booted.owner(KEPT), booted.stat(KEPT).st_mode & 0o777) == ((0, 0), 0o600)
    text = booted.read(KEPT)
    assert json.loads(text)["identity"]["uid"] == 1234
    for secret in (PASSWORD, "fixed", "hunter2"):
        assert secret not in text

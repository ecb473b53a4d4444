"""Settings that were accepted before: not looked at again, and never those of another start."""

import json
import re
import sys

import pytest

from tests.commands import Finished
from tests.system.hashes import is_hash_of
from tests.system.machines import LABINIT, Machine

PASSWORD = "open, sesame"
SECRET = "/secrets/password"
SETTINGS = {
    "LABUID": "1234",
    "LABGID": "2345",
    "LABPASSWD_FILE": SECRET,
    "JUPYTER_TOKEN": "fixed",
    "TZ": "Europe/Berlin",
}
KEPT = "/var/lib/labinit/settings.json"
START = (sys.executable, "-BIS", "-X", "importtime", "-c", LABINIT, "true")


@pytest.fixture
def booted(machine: Machine) -> Machine:
    """A machine that has booted once."""
    machine.write(SECRET, PASSWORD, 0o600)
    done = machine.boot(SETTINGS)
    assert done.exit_code == 0, done
    return machine


def imported(done: Finished) -> set[str]:
    assert done.exit_code == 0, done
    return set(re.findall(r"^import time: .*\| +(\S+)$", done.stderr, re.MULTILINE))


def test_a_start_with_nothing_to_change_imports_nothing_that_is_slow(booted: Machine) -> None:
    names = imported(booted.spawn(START, SETTINGS | {"UNRELATED": "1"}).wait())
    assert names >= {"labinit.facts.system", "labinit.plan.plan"}
    # `signal`, which PID 1 needs, brings collections and enum.
    slow = {
        "dataclasses",
        "json",
        "pydantic",
        "re",
        "socket",
        "subprocess",
        "threading",
    }
    assert not names & (slow | {"typing", "labinit.apply.apply"})


def test_a_first_start_does_without_what_its_libraries_do_not_use_here(machine: Machine) -> None:
    names = imported(machine.spawn(START, {"LABUID": "1234"}).wait())
    assert "pydantic_settings" in names
    assert not names & {"asyncio.events", "ssl", "psutil"}


@pytest.mark.parametrize(
    "script",
    [
        f"rm {KEPT}",
        f"chmod 666 {KEPT}",
        f"chown 1234 {KEPT}",
        "chmod 777 /var/lib/labinit",
        f"mv {KEPT} /settings.json; ln -s /settings.json {KEPT}",
        f"truncate --size 100 {KEPT}",
        f"echo '[]' >{KEPT}",
    ],
)
def test_what_others_may_have_written_is_not_read(booted: Machine, script: str) -> None:
    booted.output(script)
    assert "pydantic_settings" in imported(booted.spawn(START, SETTINGS).wait())


def test_other_settings_are_validated(booted: Machine) -> None:
    assert "pydantic_settings" in imported(
        booted.spawn(START, SETTINGS | {"LABUMASK": "0027"}).wait()
    )
    assert booted.boot(SETTINGS | {"LABUMASK": "999"}).exit_code == 78
    assert booted.boot(SETTINGS | {"JUPYTER_TOKEN": "a b"}).exit_code == 78
    booted.write(SECRET, "", 0o600)
    assert booted.boot(SETTINGS).exit_code == 78


def test_another_password_is_set(booted: Machine) -> None:
    booted.write(SECRET, "another", 0o600)
    assert booted.boot(SETTINGS).exit_code == 0
    assert is_hash_of((booted.shadow("lab") or ["", ""])[1], "another")


def test_what_is_kept_is_roots_and_holds_no_secret(booted: Machine) -> None:
    assert (booted.owner(KEPT), booted.stat(KEPT).st_mode & 0o777) == ((0, 0), 0o600)
    text = booted.read(KEPT)
    assert json.loads(text)["fields"]["uid"] == 1234
    for secret in (PASSWORD, "fixed"):
        assert secret not in text

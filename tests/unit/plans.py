"""Plans of the tests: what they are made from, and what is looked at in them."""

from typing import Any

from labinit.facts.accounts import Group
from labinit.facts.files import Directory
from labinit.facts.record import Record
from labinit.facts.system import Facts
from labinit.plan.plan import make_plan
from labinit.plan.steps import (
    Plan,
)
from tests.unit.values import (
    FRESH,
    GROUPS,
    LAB,
    NOBODY,
    ROOT,
    WWW_DATA,
    replace,
    settings,
)

USERADD = (
    "useradd",
    "--uid",
    "1000",
    "--gid",
    "1000",
    "--home-dir",
    "/home/lab",
    "--shell",
    "/bin/bash",
)
NEW_USER = (*USERADD, "--no-create-home", "--no-user-group", "--no-log-init", "lab")
LAB_GROUPS = (*GROUPS, Group("lab", 1000), Group("wheel", 999))
RECORD = Record("lab", 1000, "lab", 1000, "/home/lab", "", "lab", "2025-01-01T00:00:00+00:00")
TOKEN = bytes(range(16, 40)).hex()


def booted(record: Record = RECORD, **changes: Any) -> Facts:
    """The facts after a first boot without settings."""
    home = Directory(1000, 1000, 0o755)
    as_left = replace(
        FRESH,
        users=(ROOT, WWW_DATA, NOBODY, LAB),
        account_groups=LAB_GROUPS,
        record=record,
        data=Directory(1000, 1000, 0o755),
        home=home,
        usable_home_directory=home,
        run_directory=Directory(0, 0, 0o755),
        runtime_directory=Directory(1000, 1000, 0o700),
        token=TOKEN,
        token_owner=(1000, 0o400),
        token_container="this one",
    )
    return replace(as_left, **changes)


def plan(found: Facts = FRESH, /, **environ: str) -> Plan:
    return make_plan(settings(environ), found)


def actions(found: Facts = FRESH, /, **environ: str) -> list[object]:
    return [step.action for step in plan(found, **environ).steps]


def summaries(found: Facts = FRESH, **environ: str) -> list[str]:
    return [step.summary for step in plan(found, **environ).steps]

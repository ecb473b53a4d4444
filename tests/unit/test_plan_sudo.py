"""Password and sudo."""

import pytest

from labinit.facts.accounts import Group
from labinit.facts.record import from_text
from labinit.facts.system import Facts
from labinit.plan.steps import (
    EditAccounts,
    RemoveFile,
    Run,
    WriteFile,
    edit_accounts,
)
from tests.unit.plans import NEW_USER, USERADD, actions, booted, plan
from tests.unit.values import (
    FRESH,
    GROUPS,
    LAB,
    ROOT,
    UBUNTU,
    facts,
    replace,
)


def with_password(password: str, **environ: str) -> Facts:
    """The facts after a boot with this password."""
    record = next(
        from_text(str(step.action.content))
        for step in plan(LABPASSWD=password, **environ).steps
        if isinstance(step.action, WriteFile) and step.action.path.endswith("boot.json")
    )
    assert record is not None
    user = replace(LAB, has_password=True)
    return booted(record, users=(ROOT, user), sudoers=sudoers(LABPASSWD=password))


def sudoers(**environ: str) -> str | None:
    written = [
        a.content for a in actions(**environ) if isinstance(a, WriteFile) and "sudoers" in a.path
    ]
    return str(written[0]) if written else None


def of_passwords(found: Facts, **environ: str) -> list[tuple[tuple[str, ...], str]]:
    return [
        (
            action.argv,
            stdin.get_secret_value() if (stdin := getattr(action, "stdin", None)) else "",
        )
        for action in actions(found, **environ)
        if isinstance(action, Run | EditAccounts)
        and (action.argv[0] == "chpasswd" or "--lock" in action.argv)
    ]


@pytest.mark.parametrize(
    ("found", "environ", "expected"),
    [
        (FRESH, {}, []),
        (FRESH, {"LABPASSWD": "a"}, [(("chpasswd",), "lab:a\n")]),
        (FRESH, {"LABPASSWD": "a:b:ü "}, [(("chpasswd",), "lab:a:b:ü \n")]),
        (
            FRESH,
            {"LABPASSWD_HASH": "$y$j9T$ab$cd"},
            [(("chpasswd", "--encrypted"), "lab:$y$j9T$ab$cd\n")],
        ),
        (with_password("a"), {"LABPASSWD": "a"}, []),
        (with_password("a"), {"LABPASSWD": "b"}, [(("chpasswd",), "lab:b\n")]),
        (with_password("a"), {}, [(edit_accounts("usermod", "--lock", "lab").argv, "")]),
        # Killed after useradd, before chpasswd: the record is not there, or older.
        (facts(users=(ROOT, LAB)), {"LABPASSWD": "a"}, [(("chpasswd",), "lab:a\n")]),
        (
            replace(with_password("a"), users=(ROOT, LAB)),
            {"LABPASSWD": "a"},
            [(("chpasswd",), "lab:a\n")],
        ),
        # Set with `passwd`, and never by a setting.
        (booted(users=(ROOT, replace(LAB, has_password=True))), {}, []),
        # An account of the image that came with a password.
        (
            facts(users=(ROOT, replace(UBUNTU, has_password=True))),
            {},
            [(edit_accounts("usermod", "--lock", "lab").argv, "")],
        ),
    ],
)
def test_the_password_follows_its_setting_and_nothing_else(
    found: Facts, environ: dict[str, str], expected: list[tuple[tuple[str, ...], str]]
) -> None:
    assert of_passwords(found, **environ) == expected


@pytest.mark.parametrize(
    ("environ", "tag", "may"),
    [
        ({}, None, False),
        ({"LABPASSWD": "a"}, "ALL=(ALL:ALL) ALL", True),
        ({"LABPASSWD": "a", "LABSUDO": "none"}, None, False),
        ({"LABSUDO": "nopasswd"}, "ALL=(ALL:ALL) NOPASSWD: ALL", True),
        ({"LABPASSWD": "a", "LABSUDO": "nopasswd"}, "ALL=(ALL:ALL) NOPASSWD: ALL", True),
    ],
)
def test_sudo_is_as_asked_else_as_the_password_allows(
    environ: dict[str, str], tag: str | None, may: bool
) -> None:
    content = sudoers(**environ)
    assert (content is None) == (tag is None)
    assert tag is None or f"%wheel {tag}\n" in str(content)
    assert plan(**environ).identity.may_gain_privileges is may
    assert (999 in plan(**environ).identity.groups) is may


def test_a_new_user_who_may_use_sudo_is_created_as_a_member_of_wheel() -> None:
    made = plan(LABPASSWD="secret")
    assert edit_accounts(*USERADD, "--groups", "wheel", *NEW_USER[len(USERADD) :]) in [
        step.action for step in made.steps
    ]
    assert not any("add lab to group" in step.summary for step in made.steps)


def test_a_primary_group_called_wheel_is_made_once() -> None:
    made = [
        action.argv
        for action in actions(LABGROUP="wheel")
        if isinstance(action, EditAccounts) and "groupadd" in action.argv
    ]
    assert made == [edit_accounts("groupadd", "--gid", "1000", "wheel").argv]


def test_a_name_that_wheel_already_lists_gets_no_sudo_by_that() -> None:
    members = (*GROUPS, Group("wheel", 999, ("lab",)))
    assert edit_accounts("usermod", "--remove", "--groups", "wheel", "lab") in actions(
        facts(account_groups=members)
    )


def test_sudo_is_taken_away_again() -> None:
    members = (*GROUPS, Group("lab", 1000), Group("wheel", 999, ("lab",)))
    assert actions(booted(account_groups=members, sudoers="old"))[:2] == [
        edit_accounts("usermod", "--remove", "--groups", "wheel", "lab"),
        RemoveFile("/etc/sudoers.d/labinit"),
    ]

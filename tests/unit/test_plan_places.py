"""Less than a full set-up: without root, capabilities or anything that can be written to."""

from collections.abc import Mapping
from typing import Any

import pytest

from labinit.errors import NotPermittedError
from labinit.facts.files import Directory, Hook
from labinit.facts.system import CAPABILITIES, Facts
from labinit.plan.plan import make_plan
from labinit.plan.steps import (
    ChownTree,
    CopySkeleton,
    EditAccounts,
    MakeDirectory,
    Names,
    Run,
    WriteFile,
)
from tests.unit.plans import LAB_GROUPS, booted, plan
from tests.unit.values import (
    AS_USER,
    LAB,
    ROOT,
    facts,
    replace,
    settings,
)


def without(*names: str, **changes: Any) -> Facts:
    return facts(capabilities=frozenset(CAPABILITIES) - {*names}, **changes)


@pytest.mark.parametrize(
    ("missing", "environ", "hint"),
    [
        (("CHOWN",), {}, "add --cap-add CHOWN, or start with --user UID:GID, or with LABUID=0"),
        (("KILL", "SETUID"), {}, "add --cap-add KILL --cap-add SETUID, or"),
        (tuple(CAPABILITIES), {"LABPASSWD": "a"}, "--cap-add SETUID --cap-add AUDIT_WRITE, or"),
        (tuple(CAPABILITIES), {}, "--cap-add SETGID --cap-add SETUID, or"),
    ],
)
def test_missing_capabilities_are_told_as_options(
    missing: tuple[str, ...], environ: dict[str, str], hint: str
) -> None:
    with pytest.raises(NotPermittedError) as caught:
        plan(without(*missing), **environ)
    assert hint in caught.value.notices[0].hint


@pytest.mark.parametrize("name", ["SETPCAP", "FSETID", "AUDIT_WRITE"])
def test_capabilities_that_are_not_needed_are_not_missed(name: str) -> None:
    assert plan(without(name)).steps == plan().steps


def test_root_without_any_capability_can_be_the_user() -> None:
    made = plan(without(*CAPABILITIES), LABUID="0")
    assert made.mode == "everything as root"
    assert (made.identity.uid, made.identity.gid, made.identity.groups) == (0, 0, (0,))
    assert not any(isinstance(step.action, ChownTree | Run | EditAccounts) for step in made.steps)


def test_as_a_user_nothing_is_set_up_but_what_that_user_owns() -> None:
    made = make_plan(settings(), AS_USER)
    assert made.mode == "as user 1234:0, without set-up"
    assert [step.action for step in made.steps[:-2]] == [
        MakeDirectory("/tmp/home-lab", 1234, 0, 0o755),
        CopySkeleton("/tmp/home-lab", 1234, 0),
        MakeDirectory("/tmp/labinit-1234", 1234, 0, 0o755),
        MakeDirectory("/tmp/labinit-1234/jupyter", 1234, 0, 0o700),
    ]
    assert made.identity.is_inherited
    assert (made.identity.user, made.identity.home, made.names) == ("lab", "/tmp/home-lab", None)
    assert made.warnings == ()


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        ({"LABUID": "1000"}, "LABUID"),
        ({"LABUID": "1234", "LABGID": "0"}, ""),
        ({"LABUID": "1", "LABGID": "1", "LABPASSWD": "a"}, "LABUID, LABGID, LABPASSWD"),
        ({"LABSUDO": "nopasswd", "LABCHOWN": "always"}, "LABSUDO, LABCHOWN"),
        ({"LABSUDO": "none", "LABCHOWN": "never", "LABUSER": "ann"}, ""),
    ],
)
def test_as_a_user_settings_that_need_root_are_told(environ: Mapping[str, str], names: str) -> None:
    told = [str(notice) for notice in make_plan(settings(environ), AS_USER).warnings]
    expected = (
        f"{names} cannot be used: the container was started as 1234:0; remove --user, or remove "
    )
    assert [line.removesuffix("them").removesuffix("it") for line in told] == (
        [expected] if names else []
    )


def test_a_uid_without_an_account_gets_its_name_from_nss_wrapper() -> None:
    made = make_plan(
        settings({"LABUSER": "ann"}), replace(AS_USER, names_library="/lib/nss.so", egid=77)
    )
    assert made.names is not None
    assert made.names.passwd.splitlines()[-1] == "ann:x:1234:77:ann:/tmp/home-lab:/bin/bash"
    assert made.names.group.splitlines()[-1] == "ann:x:77:"
    written = {
        step.action.path: step.action.content
        for step in made.steps
        if isinstance(step.action, WriteFile)
    }
    assert written["/tmp/labinit-1234/passwd"] == made.names.passwd
    again = replace(
        AS_USER, names_library="/lib/nss.so", egid=77, names=(made.names.passwd, made.names.group)
    )
    assert "write /tmp/labinit-1234/passwd" not in [
        step.summary for step in make_plan(settings({"LABUSER": "ann"}), again).steps
    ]


def test_a_name_of_another_account_is_not_used_for_a_uid_without_one() -> None:
    found = replace(
        AS_USER, users=(ROOT, LAB), account_groups=LAB_GROUPS, names_library="/lib/nss.so", egid=77
    )
    made = make_plan(settings({"LABGROUP": "users"}), found)
    assert isinstance(made.names, Names)
    assert made.identity.user == "uid1234"
    assert made.names.group.splitlines()[-1] == "gid77:x:77:"


def test_on_a_read_only_root_an_account_that_is_there_is_used() -> None:
    made = plan(booted(can_edit_accounts=False, can_keep_record=False))
    assert (made.mode, made.identity.user, made.warnings) == ("full set-up as root", "lab", ())


def test_on_a_read_only_root_ids_do_without_an_account_and_what_is_lost_is_told() -> None:
    read_only = facts(can_edit_accounts=False, can_keep_record=False, usable_home="/data")
    made = plan(read_only, LABUID="1234", LABPASSWD="a")
    assert made.mode == "as 1234:1234, without an account"
    assert (made.identity.uid, made.identity.user, made.identity.home) == (1234, "lab", "/data")
    assert not made.identity.may_gain_privileges
    assert not any(isinstance(step.action, Run | EditAccounts) for step in made.steps)
    assert "no account, password or sudo is set up; remove --read-only" in str(made.warnings[0])
    assert "home /home/lab cannot be written: it is /data instead" in str(made.warnings[1])


def test_with_no_place_to_write_to_the_boot_ends_with_what_to_add() -> None:
    with pytest.raises(NotPermittedError, match="add --tmpfs /run --tmpfs /tmp"):
        plan(facts(run_path=""))


@pytest.mark.parametrize(
    ("changes", "environ", "expected"),
    [
        ({}, {}, None),
        ({}, {"LABAUTH": "none"}, "authentication is off"),
        (
            {},
            {"LABAUTH": "none", "JUPYTER_TOKEN": "t"},
            "JUPYTER_TOKEN is not used with LABAUTH=none",
        ),
        (
            {"is_timezone_known": False},
            {"TZ": "Mars"},
            "TZ='Mars' is not a time zone of this image",
        ),
        (
            {"data": Directory(0, 0, 0o755, is_read_only=True)},
            {},
            "/data is read-only: notebooks cannot be saved",
        ),
        (
            {"data": None, "can_make_data": False},
            {},
            "there is no directory /data, and none can be made; mount a volume there",
        ),
        (
            {"no_new_privs": True},
            {"LABPASSWD": "a"},
            "remove --security-opt no-new-privileges, or set LABSUDO=none",
        ),
        ({"no_new_privs": True}, {}, None),
        ({}, {"LABSUDO": "password"}, "LABSUDO=password, and there is no password; set LABPASSWD"),
        ({}, {"LABUID": "0", "LABPASSWD": "a"}, "LABPASSWD is not used with LABUID=0"),
        (
            {"boot_hooks": (Hook("/h/a", is_executable=False),)},
            {},
            "hook /h/a is not executable and is not run; chmod",
        ),
    ],
)
def test_what_will_not_be_as_expected_is_told(
    changes: dict[str, Any], environ: dict[str, str], expected: str | None
) -> None:
    home = {"usable_home": "/root"} if environ.get("LABUID") == "0" else {}
    told = [str(notice) for notice in plan(facts(**changes, **home), **environ).warnings]
    assert any(expected in line for line in told) if expected else not told


def test_sudo_without_audit_write_is_told() -> None:
    assert "add --cap-add AUDIT_WRITE" in str(
        plan(without("AUDIT_WRITE"), LABPASSWD="a").warnings[0]
    )

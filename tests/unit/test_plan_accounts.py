"""Which ids the user gets, and what becomes of accounts that are there already."""

from typing import Any

import pytest

from labinit.errors import ConflictError
from labinit.facts.accounts import Group, User
from labinit.facts.files import Directory
from labinit.facts.system import IdRange
from labinit.plan.steps import (
    MakeDirectory,
    SetAccount,
    edit_accounts,
)
from tests.unit.plans import LAB_GROUPS, actions, booted, plan
from tests.unit.values import (
    GROUPS,
    LAB,
    NOBODY,
    ROOT,
    UBUNTU,
    WWW_DATA,
    facts,
    replace,
)

# --- which ids


@pytest.mark.parametrize(
    ("environ", "owner", "ids"),
    [
        ({}, (0, 0), (1000, 1000)),
        ({}, (1234, 5678), (1234, 5678)),
        ({}, (1234, 0), (1234, 1234)),
        ({}, (65534, 65534), (1000, 1000)),  # an id that this user namespace does not have
        ({}, (33, 33), (33, 33)),
        ({"LABUID": "65534"}, (65534, 65534), (65534, 65534)),
        ({}, (1234, 65534), (1234, 1234)),
        # Groups that open something: not by accident, and as asked.
        ({}, (1234, 42), (1234, 1234)),
        ({}, (42, 42), (42, 1000)),
        ({"LABUID": "42"}, (0, 0), (42, 1000)),
        ({"LABGID": "42"}, (1234, 5), (1234, 42)),
        ({"LABUID": "2000"}, (1234, 5678), (2000, 2000)),
        ({"LABUID": "1234"}, (1234, 5678), (1234, 5678)),
        ({"LABGID": "77"}, (1234, 5678), (1234, 77)),
        ({"LABUID": "2000", "LABGID": "100"}, (0, 0), (2000, 100)),
        ({"LABUID": "4294967294"}, (0, 0), (4294967294, 4294967294)),
    ],
)
def test_ids_are_those_asked_for_else_those_of_the_data(
    environ: dict[str, str], owner: tuple[int, int], ids: tuple[int, int]
) -> None:
    groups = (*GROUPS, Group("shadow", 42))
    made = plan(facts(data=Directory(*owner, 0o755), account_groups=groups), **environ).identity
    assert (made.uid, made.gid) == ids


def test_without_a_data_directory_one_is_made() -> None:
    assert MakeDirectory("/data", 1000, 1000, 0o755) in actions(facts(data=None))


# --- accounts that are there already


def test_an_account_of_the_image_with_the_uid_is_taken_over_and_renamed() -> None:
    image = facts(users=(ROOT, UBUNTU), account_groups=(*GROUPS, Group("ubuntu", 1000)))
    made = plan(image)
    assert [step.action for step in made.steps[1:3]] == [
        edit_accounts("usermod", "--login", "lab", "ubuntu"),
        SetAccount("lab", 1000, 1000, "/home/lab", "/bin/bash"),
    ]
    assert made.notes == (
        "gid 1000 belongs to group ubuntu: it is the primary group under that name",
    )


def test_an_account_taken_over_gets_a_shell_that_lets_it_in() -> None:
    image = facts(users=(ROOT, replace(UBUNTU, shell="/usr/sbin/nologin")))
    assert SetAccount("lab", 1000, 1000, "/home/lab", "/bin/bash") in actions(image)


@pytest.mark.parametrize(
    ("environ", "changes", "problem"),
    [
        (
            {"LABUID": "33"},
            {"busy_uids": frozenset({0, 33})},
            "create user lab: uid 33 belongs to www-data, which has running processes",
        ),
        (
            {},
            {"data": Directory(33, 33, 0o755), "busy_uids": frozenset({0, 33})},
            (
                "create user lab: uid 33 (the owner of /data) belongs to www-data, "
                "which has running processes"
            ),
        ),
        (
            {"LABUSER": "www-data", "LABUID": "33"},
            {"busy_uids": frozenset({0, 33})},
            "create user www-data: uid 33 belongs to www-data, which has running processes",
        ),
        (
            {"LABUID": "1000"},
            {"users": (ROOT, UBUNTU), "busy_uids": frozenset({0, 1000})},
            "create user lab: uid 1000 belongs to ubuntu, which has running processes",
        ),
        ({"LABUSER": "root"}, {}, "LABUSER=root is an account of the system (uid 0)"),
        ({"LABUSER": "www-data"}, {}, "LABUSER=www-data is an account of the system (uid 33)"),
        ({"LABUSER": "nobody"}, {}, "LABUSER=nobody is an account of the system (uid 65534)"),
        (
            {"LABUID": "1000"},
            {"users": (ROOT, UBUNTU, replace(LAB, uid=1001))},
            "make user lab (1000) of lab (1001): account ubuntu (1000) is in the way",
        ),
        (
            {"LABUID": "5000"},
            {"uid_map": (IdRange(0, 1), IdRange(1, 999))},
            (
                "LABUID would be 5000, which does not exist in this user namespace (it has 0, "
                "1 to 999)"
            ),
        ),
        (
            {"LABUID": "5", "LABGID": "5000"},
            {"gid_map": (IdRange(0, 1000),)},
            "LABGID would be 5000, which does not exist in this user namespace (it has 0 to 999)",
        ),
    ],
)
def test_a_conflict_is_found_before_anything_is_changed(
    environ: dict[str, str], changes: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ConflictError) as caught:
        plan(facts(**changes), **environ)
    assert caught.value.notices[0].problem == problem
    assert caught.value.notices[0].hint


@pytest.mark.parametrize("user", [WWW_DATA, NOBODY, User("sync", 4, 65534, "/bin", "/bin/sync")])
@pytest.mark.parametrize("is_adopted", [True, False])
def test_an_idle_account_of_the_system_is_taken_over(user: User, is_adopted: bool) -> None:
    if is_adopted and user is NOBODY:
        return  # an owner that says nothing is never adopted
    found = facts(
        users=(ROOT, user), data=Directory(*((user.uid,) * 2 if is_adopted else (0, 0)), 0o755)
    )
    steps = actions(found, **({} if is_adopted else {"LABUID": str(user.uid)}))
    assert edit_accounts("usermod", "--login", "lab", user.name) in steps
    assert SetAccount("lab", user.uid, user.uid, "/home/lab", "/bin/bash") in steps


def test_an_account_of_the_system_may_keep_its_name() -> None:
    steps = actions(LABUSER="www-data", LABUID="33")
    assert SetAccount("www-data", 33, 33, "/home/www-data", "/bin/bash") in steps


# --- groups


def test_groups_are_those_of_the_account_of_the_engine_and_of_devices() -> None:
    found = booted(
        groups=(0, 6, 4242),
        device_gids=(44, 992),
        account_groups=(
            *LAB_GROUPS,
            Group("disk", 6, ("root",)),
            Group("video", 44),
            Group("team", 77, ("lab",)),
        ),
    )
    assert plan(found).identity.groups == (1000, 77, 4242, 44, 992)

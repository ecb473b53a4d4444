"""Settings that have changed since the last boot."""

import pytest

from labinit.errors import ConflictError
from labinit.facts.files import Directory
from labinit.plan.steps import (
    ChownTree,
    EditAccounts,
    MakeDirectory,
    MoveDirectory,
    Run,
    SetAccount,
    WriteFile,
    edit_accounts,
)
from tests.unit.plans import actions, booted, plan
from tests.unit.values import (
    LAB,
    ROOT,
    UBUNTU,
    replace,
)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (
            {"LABUID": "2000", "LABGID": "1000"},
            [
                SetAccount("lab", 2000, 1000, "/home/lab", "/bin/bash"),
                ChownTree("/home/lab", 2000, 1000),
                ChownTree("/data", 2000, 1000),
            ],
        ),
        (
            {"LABGID": "2000"},
            [
                edit_accounts("groupmod", "--gid", "2000", "lab"),
                SetAccount("lab", 1000, 2000, "/home/lab", "/bin/bash"),
                ChownTree("/home/lab", 1000, 2000),
                ChownTree("/data", 1000, 2000),
            ],
        ),
        ({"LABGROUP": "team"}, [edit_accounts("groupmod", "--new-name", "team", "lab")]),
        (
            {"LABGID": "100"},
            [
                SetAccount("lab", 1000, 100, "/home/lab", "/bin/bash"),
                ChownTree("/home/lab", 1000, 100),
                ChownTree("/data", 1000, 100),
            ],
        ),
    ],
)
def test_a_changed_id_changes_the_account_and_the_files_follow(
    environ: dict[str, str], expected: list[object]
) -> None:
    found = actions(booted(), **environ)
    assert [
        action for action in found if not isinstance(action, WriteFile | MakeDirectory)
    ] == expected
    assert not any(
        isinstance(action, Run | EditAccounts) and "-u" in action.argv for action in found
    )


def test_a_changed_name_renames_the_account_and_its_home_follows() -> None:
    found = booted(
        home=None, usable_home="/home/ann", usable_home_directory=None, former_home=booted().home
    )
    assert actions(found, LABUSER="ann")[:4] == [
        edit_accounts("groupmod", "--new-name", "ann", "lab"),
        edit_accounts("usermod", "--login", "ann", "lab"),
        SetAccount("ann", 1000, 1000, "/home/ann", "/bin/bash"),
        MoveDirectory("/home/lab", "/home/ann", 1000, 1000),
    ]


@pytest.mark.parametrize(
    ("environ", "former"),
    [
        ({"LABUSER": "ann"}, Directory(1000, 1000, 0o755, is_mount=True)),
        ({"LABUSER": "ann", "LABDATA": "/home/lab/data"}, Directory(1000, 1000, 0o755)),
        ({"LABHOME": "/home/lab/deeper"}, Directory(1000, 1000, 0o755)),
        ({"LABUSER": "ann"}, None),
    ],
)
def test_a_home_that_cannot_move_stays(environ: dict[str, str], former: Directory | None) -> None:
    new = environ.get("LABHOME", "/home/ann")
    found = booted(home=None, usable_home=new, usable_home_directory=None, former_home=former)
    steps = actions(found, **environ)
    assert not any(isinstance(action, MoveDirectory) for action in steps)
    assert MakeDirectory(new, 1000, 1000, 0o755) in steps


def test_a_new_name_and_a_new_uid_at_once_are_still_the_same_account() -> None:
    found = booted(
        home=None, usable_home="/home/ann", usable_home_directory=None, former_home=booted().home
    )
    steps = actions(found, LABUSER="ann", LABUID="2000")
    assert edit_accounts("usermod", "--login", "ann", "lab") in steps
    assert SetAccount("ann", 2000, 2000, "/home/ann", "/bin/bash") in steps


def test_the_account_of_an_earlier_boot_is_never_left_behind() -> None:
    with pytest.raises(
        ConflictError, match=r"ubuntu \(1001\) is in the way; .*start a new container"
    ):
        plan(booted(users=(ROOT, LAB, replace(UBUNTU, uid=1001))), LABUSER="ann", LABUID="1001")

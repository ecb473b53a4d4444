"""Whose files change their owner, and whose stay theirs."""

import pytest

from labinit.errors import ConflictError
from labinit.facts.accounts import Group
from labinit.facts.files import Directory
from labinit.facts.system import Facts, IdRange
from labinit.plan.steps import (
    ChownTree,
    CopySkeleton,
    EditAccounts,
    MakeDirectory,
    RemoveFile,
    edit_accounts,
)
from tests.unit.plans import RECORD, actions, booted, plan
from tests.unit.values import (
    FRESH,
    GROUPS,
    facts,
    replace,
)

# --- whose files stay theirs


def walks(found: Facts, **environ: str) -> list[str]:
    return [a.path for a in actions(found, **environ) if isinstance(a, ChownTree)]


NOBODYS = Directory(65534, 65534, 0o755, root_owned_entries=3)


@pytest.mark.parametrize(
    ("environ", "data", "walked"),
    [
        ({}, NOBODYS, []),
        ({"LABGID": "77"}, NOBODYS, []),
        ({"LABCHOWN": "always"}, NOBODYS, ["/data"]),
        ({"LABUID": "1000"}, NOBODYS, ["/data"]),
        ({"LABUID": "65534"}, NOBODYS, ["/data"]),  # what root has left in it
        ({"LABCHOWN": "never"}, NOBODYS, []),
        ({}, Directory(1234, 42, 0o755), []),
        ({}, Directory(1234, 0, 0o755), []),
        ({}, Directory(1234, 65534, 0o755), []),
        ({"LABGID": "1234"}, Directory(1234, 42, 0o755), ["/data"]),
        ({}, Directory(0, 0, 0o755), ["/data"]),
    ],
)
def test_files_of_an_owner_who_could_not_be_adopted_stay(
    environ: dict[str, str], data: Directory, walked: list[str]
) -> None:
    found = facts(data=data, account_groups=(*GROUPS, Group("shadow", 42)))
    assert walks(found, **environ) == walked


@pytest.mark.parametrize(
    ("mode", "can"), [(0o755, "cannot write"), (0o757, "can write"), (0o775, "cannot write")]
)
def test_one_warning_says_whose_they_are_and_what_to_choose_from(mode: int, can: str) -> None:
    warned = [str(notice) for notice in plan(facts(data=replace(NOBODYS, mode=mode))).warnings]
    (warning,) = [line for line in warned if "65534:65534" in line]
    assert can in warning
    assert "LABUID=65534" in warning
    assert "LABCHOWN=always" in warning
    assert plan(facts(data=NOBODYS), LABCHOWN="always").warnings == ()


def test_a_home_that_says_nothing_of_its_owner_stays_as_well() -> None:
    assert walks(facts(home=NOBODYS, usable_home_directory=NOBODYS)) == ["/data"]
    assert walks(facts(home=NOBODYS, usable_home_directory=NOBODYS), LABCHOWN="always") == [
        "/home/lab",
        "/data",
    ]


@pytest.mark.parametrize(
    ("environ", "data", "warned"),
    [
        ({}, (1000, 42), "the group of /data, shadow (42), is not adopted"),
        ({}, (1000, 0), "the group of /data, root (0), is not adopted"),
        ({"LABGID": "42"}, (1000, 42), "LABGID=42 is the group shadow"),
        ({"LABGID": "0"}, (1000, 42), "LABGID=0 is the group root"),
        ({}, (1000, 100), ""),
        ({"LABGID": "100"}, (1000, 42), ""),
    ],
)
def test_a_group_that_opens_something_is_told(
    environ: dict[str, str], data: tuple[int, int], warned: str
) -> None:
    groups = (*GROUPS, Group("shadow", 42))
    made = plan(facts(account_groups=groups, data=Directory(*data, 0o755)), **environ)
    assert [warned in str(notice) for notice in made.warnings] == [True] * bool(warned)


def test_a_group_that_labinit_made_under_such_a_name_is_the_users() -> None:
    record = replace(RECORD, group="docker", made_group="docker")
    groups = (*GROUPS, Group("docker", 1000), Group("wheel", 999))
    assert plan(booted(record, account_groups=groups), LABGROUP="docker").steps == ()
    assert plan(booted(record, account_groups=groups)).identity.gid == 1000


@pytest.mark.parametrize(
    ("engine", "hint"),
    [
        (
            "podman",
            "set LABUID=0, which is you, or add a range to /etc/subuid and /etc/subgid and run",
        ),
        (
            "docker",
            "set LABUID=0, or enlarge the range in /etc/subuid and /etc/subgid and restart dockerd",
        ),
        (
            "",
            (
                "set LABUID=0, or enlarge the range in /etc/subuid and /etc/subgid and restart "
                "the engine"
            ),
        ),
    ],
)
def test_an_unmapped_id_is_told_with_the_hint_of_the_engine(engine: str, hint: str) -> None:
    with pytest.raises(ConflictError, match=hint):
        plan(facts(uid_map=(IdRange(0, 1),), engine=engine))


def test_the_owner_of_a_busy_uid_stays_who_they_are_if_it_is_the_user() -> None:
    assert plan(booted(busy_uids=frozenset({0, 1000}))).steps == ()


@pytest.mark.parametrize(
    ("environ", "groups", "primary", "step"),
    [
        ({}, GROUPS, 1000, ("groupadd", "--gid", "1000", "lab")),
        ({"LABGID": "100"}, GROUPS, 100, None),
        ({"LABGID": "100", "LABGROUP": "staff"}, GROUPS, 100, None),
        ({"LABGROUP": "users"}, GROUPS, 1000, ("groupadd", "--gid", "1000", "users1000")),
        (
            {"LABGROUP": "users"},
            (*GROUPS, Group("users1000", 7)),
            1000,
            ("groupadd", "--gid", "1000", "users1000_1"),
        ),
    ],
)
def test_there_is_never_a_second_group_with_a_gid_or_a_name(
    environ: dict[str, str], groups: tuple[Group, ...], primary: int, step: tuple[str, ...] | None
) -> None:
    made = plan(facts(account_groups=groups), **environ)
    of_groups = [
        s.action
        for s in made.steps
        if isinstance(s.action, EditAccounts) and "group" in s.action.argv[0]
    ]
    assert made.identity.gid == primary
    expected = (
        [step, ("groupadd", "--gid", "999", "wheel")]
        if step
        else [("groupadd", "--gid", "999", "wheel")]
    )
    assert of_groups == [edit_accounts(*argv) for argv in expected]
    assert made.notes or not environ


def test_wheel_gets_the_highest_gid_that_is_free() -> None:
    taken = (*GROUPS, Group("sgx", 999), Group("kvm", 998))
    assert edit_accounts("groupadd", "--gid", "997", "wheel") in actions(
        facts(account_groups=taken)
    )


def test_what_a_killed_useradd_has_left_is_removed_first() -> None:
    found = facts(stale_locks=("/etc/passwd.lock", "/etc/group.lock"))
    assert actions(found)[:2] == [RemoveFile("/etc/passwd.lock"), RemoveFile("/etc/group.lock")]


# --- ownership


@pytest.mark.parametrize(
    ("chown", "data", "walks"),
    [
        ("auto", Directory(0, 0, 0o755), True),
        ("auto", Directory(1000, 1000, 0o755), False),
        ("auto", Directory(1000, 1000, 0o755, root_owned_entries=1), True),
        ("auto", Directory(1000, 5, 0o755), True),
        ("auto", Directory(0, 0, 0o755, is_read_only=True), False),
        ("always", Directory(1000, 1000, 0o755), True),
        ("never", Directory(0, 0, 0o755), False),
    ],
)
def test_the_owner_of_the_data_is_changed_where_it_has_to_be(
    chown: str, data: Directory, walks: bool
) -> None:
    found = actions(booted(data=data), LABCHOWN=chown, LABUID="1000", LABGID="1000")
    assert (ChownTree("/data", 1000, 1000) in found) is walks


def test_a_home_on_a_volume_gets_what_it_lacks_and_its_owner() -> None:
    home = Directory(0, 0, 0o755, is_mount=True, missing_skeleton=(".bashrc",))
    found = actions(facts(home=home, usable_home_directory=home))
    assert CopySkeleton("/home/lab", 1000, 1000) in found
    assert ChownTree("/home/lab", 1000, 1000) in found
    assert not any(
        isinstance(action, MakeDirectory) and action.path == "/home/lab" for action in found
    )


def test_what_the_user_has_deleted_from_home_stays_deleted() -> None:
    home = Directory(1000, 1000, 0o755, missing_skeleton=(".bashrc",))
    assert plan(booted(home=home)).steps == ()


def test_the_data_directory_can_be_home_too() -> None:
    found = facts(home=FRESH.data, usable_home="/data", usable_home_directory=FRESH.data)
    steps = actions(found, LABHOME="/data")
    assert [action for action in steps if isinstance(action, ChownTree)] == [
        ChownTree("/data", 1000, 1000)
    ]
    assert not any(isinstance(action, CopySkeleton) for action in steps)

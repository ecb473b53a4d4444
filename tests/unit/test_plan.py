"""Settings and facts in, steps out: values only, no system."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pytest

from labinit.errors import ConflictError, NotPermittedError
from labinit.facts.accounts import Group, User
from labinit.facts.files import Directory, Hook
from labinit.facts.record import Record, from_text
from labinit.facts.system import CAPABILITIES, Facts, IdRange
from labinit.plan.plan import make_plan
from labinit.plan.steps import (
    ChownTree,
    CopySkeleton,
    EditAccounts,
    MakeDirectory,
    MoveDirectory,
    Names,
    Plan,
    RemoveFile,
    Run,
    RunHook,
    SetAccount,
    WriteFile,
    edit_accounts,
)
from labinit.settings.secret import Secret
from tests.unit.values import (
    AS_USER,
    FRESH,
    GROUPS,
    LAB,
    NOBODY,
    ROOT,
    UBUNTU,
    WWW_DATA,
    facts,
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


# --- the full set-up


def test_a_first_boot_without_settings_makes_the_account_and_gives_it_its_files() -> None:
    made = plan()
    token, container, record = (step.action for step in made.steps[-3:])
    assert isinstance(token, WriteFile)
    assert isinstance(record, WriteFile)
    assert container == WriteFile("/run/labinit/container", FRESH.container, 0o644)
    assert [step.action for step in made.steps[:-3]] == [
        edit_accounts("groupadd", "--gid", "1000", "lab"),
        edit_accounts("groupadd", "--gid", "999", "wheel"),
        edit_accounts(*NEW_USER),
        MakeDirectory("/home/lab", 1000, 1000, 0o755),
        CopySkeleton("/home/lab", 1000, 1000),
        ChownTree("/data", 1000, 1000),
        MakeDirectory("/run/labinit", 0, 0, 0o755),
        MakeDirectory("/run/labinit/jupyter", 1000, 1000, 0o700),
    ]
    assert (token.path, token.mode, token.uid) == ("/run/labinit/token", 0o400, 1000)
    assert from_text(str(record.content)) == replace(RECORD, first_boot=FRESH.now)
    assert (made.mode, made.is_first_boot) == ("full set-up as root", True)
    assert (made.identity.groups, made.identity.may_gain_privileges) == ((1000,), False)
    assert made.new_token is not None
    assert made.new_token.get_secret_value() == TOKEN


def test_a_second_boot_has_nothing_to_change() -> None:
    assert plan(booted()).steps == ()
    assert plan(booted()).new_token is None


def test_the_same_values_make_the_same_plan() -> None:
    environ = {"LABPASSWD": "secret", "LABUID": "4321"}
    assert make_plan(settings(environ), FRESH) == make_plan(settings(environ), FRESH)


def test_a_token_that_was_made_up_stays_with_its_container() -> None:
    copy = booted(container="a copy", token="of-the-original")
    made = plan(copy)
    assert made.new_token is not None
    assert made.new_token.get_secret_value() == TOKEN
    assert [step.summary for step in made.steps] == [
        "write /run/labinit/token",
        "write /run/labinit/container",
    ]
    # Killed between the two, the next boot makes another one.
    assert plan(replace(copy, token="other")).new_token is not None
    assert plan(copy, JUPYTER_TOKEN="fixed").new_token is None
    assert "/run/labinit/container" not in str(actions(copy, JUPYTER_TOKEN="fixed"))


def test_a_password_of_the_page_is_told_to_the_server_as_a_hash_and_no_token_is_left() -> None:
    environ = {"JUPYTER_PASSWORD": "open sesame"}
    made = plan(booted(), **environ)
    assert (made.token_path, made.new_token) == (None, None)
    remove, directory, write = (step.action for step in made.steps)
    assert remove == RemoveFile("/run/labinit/token")
    assert directory == MakeDirectory("/run/labinit/page", 0, 0, 0o755)
    assert isinstance(write, WriteFile)
    assert (write.mode, write.uid) == (0o400, 1000)
    assert isinstance(write.content, Secret)
    configuration = write.content.get_secret_value()
    assert "sesame" not in configuration
    algorithm, salt, digest = json.loads(configuration)["PasswordIdentityProvider"][
        "hashed_password"
    ].split(":")
    # As `passwd_check` of jupyter_server does it.
    assert hashlib.new(algorithm, b"open sesame" + salt.encode()).hexdigest() == digest
    after = booted(token=None, token_owner=None, page_password=configuration)
    assert plan(after, **environ).steps == ()
    assert len(plan(after, JUPYTER_PASSWORD="another").steps) == 2
    assert RemoveFile(write.path) in actions(replace(after, token=TOKEN))


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
            "create user lab: uid 33 (the owner of /data) belongs to www-data, which has running processes",
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
            "LABUID would be 5000, which does not exist in this user namespace (it has 0, 1 to 999)",
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
            "set LABUID=0, or enlarge the range in /etc/subuid and /etc/subgid and restart the engine",
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


# --- changed settings on a later boot


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


# --- password and sudo


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


# --- where it runs


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
            "/data does not exist and cannot be made; mount a volume there",
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


# --- token


def test_a_token_that_was_asked_for_replaces_one_that_was_made_up() -> None:
    written = [
        action
        for action in actions(booted(), JUPYTER_TOKEN="mine")
        if isinstance(action, WriteFile)
    ]
    assert [(action.path, action.mode, action.uid) for action in written] == [
        ("/run/labinit/token", 0o400, 1000)
    ]
    assert "mine" not in repr(written)


def test_without_authentication_there_is_no_token() -> None:
    made = plan(booted(), LABAUTH="none")
    assert (made.token_path, made.new_token) == (None, None)
    assert [step.action for step in made.steps] == [RemoveFile("/run/labinit/token")]


# --- hooks

FIRST = tuple(
    Hook(f"/etc/labinit.d/first-boot/{name}", is_executable=True) for name in ("10-a", "20-b")
)
EACH = (
    Hook("/etc/labinit.d/boot/10-a", is_executable=True),
    Hook("/etc/labinit.d/boot/20-n", is_executable=False),
)


def test_hooks_run_in_order_before_the_record_and_those_of_the_first_boot_once() -> None:
    made = plan(facts(first_boot_hooks=FIRST, boot_hooks=EACH, hooks_done=frozenset({"10-a"})))
    assert [step.action for step in made.steps[-3:-1]] == [
        RunHook("/etc/labinit.d/first-boot/20-b", "/var/lib/labinit/first-boot/20-b"),
        RunHook("/etc/labinit.d/boot/10-a", "/run/labinit/boot/10-a"),
    ]
    assert made.hook_results == (
        "/var/lib/labinit/first-boot/10-a",
        "/var/lib/labinit/first-boot/20-b",
        "/run/labinit/boot/10-a",
    )


def test_where_no_record_can_be_kept_hooks_run_at_each_start() -> None:
    found = booted(first_boot_hooks=FIRST, can_keep_record=False, can_edit_accounts=False)
    assert [step.action for step in plan(found).steps] == [
        RunHook(hook.path, f"/run/labinit/first-boot/{hook.path[-4:]}") for hook in FIRST
    ]


@pytest.mark.parametrize("who", ["uid 1000", "everybody"])
def test_a_hook_that_others_can_change_ends_the_boot(who: str) -> None:
    hook = Hook("/etc/labinit.d/boot/x", is_executable=True, changeable_by=who)
    with pytest.raises(
        ConflictError,
        match=f"x: {who} can change it, and it would run as root; chown root:root .*:ro",
    ):
        plan(facts(boot_hooks=(hook,)))


def test_hooks_do_not_run_as_a_user() -> None:
    made = make_plan(settings(), replace(AS_USER, first_boot_hooks=FIRST))
    assert not any(isinstance(step.action, RunHook) for step in made.steps)
    assert [str(notice) for notice in made.warnings] == [
        "hooks in /etc/labinit.d are not run: they are for root; remove --user, or remove them"
    ]


def test_a_user_of_the_image_keeps_the_name_with_dash_dash_user() -> None:
    found = replace(AS_USER, users=(ROOT, User("ubuntu", 1234, 0, "/home/ubuntu", "/bin/bash")))
    told = make_plan(settings({"LABUSER": "ann"}), found)
    assert told.identity.user == "ubuntu"
    assert "LABUSER cannot be used" in str(told.warnings[0])

"""Settings and facts in, steps out: values only, no system."""

import hashlib
import json

import pytest

from labinit.errors import ConflictError
from labinit.facts.accounts import User
from labinit.facts.files import Hook
from labinit.facts.record import from_text
from labinit.plan.plan import make_plan
from labinit.plan.steps import (
    ChownTree,
    CopySkeleton,
    MakeDirectory,
    RemoveFile,
    RunHook,
    WriteFile,
    edit_accounts,
)
from labinit.settings.secret import Secret
from tests.unit.plans import (
    NEW_USER,
    RECORD,
    TOKEN,
    actions,
    booted,
    plan,
)
from tests.unit.values import (
    AS_USER,
    FRESH,
    ROOT,
    facts,
    replace,
    settings,
)

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

"""What two starts must have in common to be the same: everything that a plan depends on."""

import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from labinit import quick
from labinit.facts import Facts
from labinit.facts_accounts import Group, User
from labinit.facts_files import Directory, Hook
from labinit.record import Record
from labinit.same import describe_found, describe_given, read_secrets
from labinit.sources import MAX_SECRET_FILE_BYTES
from tests.unit.test_record import json_values
from tests.unit.values import FRESH, LAB, replace

RECORD = Record("lab", 1000, "lab", 1000, "/home/lab", "", "lab", FRESH.now)
FULL = replace(
    FRESH,
    users=(LAB,),
    account_groups=(Group("lab", 1000, ("lab",)),),
    record=RECORD,
    home=Directory(0, 0, 0o755),
    first_boot_hooks=(Hook("/hook", is_executable=True),),
)


def change(value: Any) -> Any:  # noqa: PLR0911
    """Return another value of the same kind; of a tuple, one whose first element is changed."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return f"{value}x"
        case bytes():
            return value + b"x"
        case None:
            return "found"
        case frozenset():
            return value | {"x"} if not any(isinstance(one, int) for one in value) else value | {77}
        case tuple() if hasattr(value, "_fields"):
            return value._replace(**{value._fields[0]: change(value[0])})
        case tuple():
            return (change(value[0]), *value[1:]) if value else ("x",)
    raise AssertionError(f"a kind of fact this test does not know: {value!r}")


@pytest.mark.parametrize("name", [name for name in Facts._fields if name not in {"now", "entropy"}])
def test_no_fact_may_differ(name: str) -> None:
    # Every fact there is, so that a new one is held to this without being listed here.
    assert describe_found(FULL) != describe_found(replace(FULL, **{name: change(getattr(FULL, name))}))


@pytest.mark.parametrize("value", [LAB, RECORD, Directory(0, 0, 0o755), Hook("/hook", is_executable=True)], ids=repr)
def test_no_part_of_a_fact_may_differ(value: User | Record | Directory | Hook) -> None:
    for name in value._fields:
        other = replace(value, **{name: change(getattr(value, name))})
        assert describe_found(replace(FULL, users=(value,))) != describe_found(replace(FULL, users=(other,))), name


def test_the_time_and_fresh_random_bytes_may() -> None:
    later = replace(FULL, now="2027-01-01T00:00:00+00:00", entropy=bytes(40))
    assert describe_found(FULL) == describe_found(later)


@pytest.mark.parametrize("other", [("a", "b"), ("a b", ""), (), ("a",), ("a b", "c")])
def test_the_command_may_not_differ(other: tuple[str, ...]) -> None:
    assert describe_given(("a b",), {}, []) != describe_given(other, {}, [])


@pytest.mark.parametrize("other", [{}, {"A": ""}, {"A": "2"}, {"A": "1", "B": ""}, {"A=1": ""}, {"B": "1"}])
def test_the_environment_may_not_differ(other: dict[str, str]) -> None:
    assert describe_given((), {"A": "1"}, []) != describe_given((), other, [])


def test_the_order_of_the_environment_may() -> None:
    assert describe_given((), {"A": "1", "B": "2"}, []) == describe_given((), {"B": "2", "A": "1"}, [])


def test_the_secrets_may_not_differ() -> None:
    kinds = (
        [],
        [("/f", True, b"a")],
        [("/f", True, b"b")],
        [("/f", True, 13)],
        [("/f", False, 2)],
        [("/g", True, b"a")],
    )
    assert len({describe_given((), {}, secrets) for secrets in kinds}) == len(kinds)


def test_a_secret_that_can_be_read_only_once_is_left_to_the_settings(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert read_secrets({"LABPASSWD_FILE": str(tmp_path / "pipe")}) is None
    assert read_secrets({"LABPASSWD_FILE": "/dev/zero"}) is None


@pytest.mark.parametrize("length", [0, 1, MAX_SECRET_FILE_BYTES, MAX_SECRET_FILE_BYTES + 1, 10_000_000])
def test_a_secret_is_read_as_far_as_settings_do(tmp_path: Path, length: int) -> None:
    (tmp_path / "secret").write_bytes(bytes(length))
    found = read_secrets({"JUPYTER_TOKEN_FILE": str(tmp_path / "secret")})
    assert found
    assert found[0] == (str(tmp_path / "secret"), True, bytes(min(length, MAX_SECRET_FILE_BYTES + 1)))


@given(json_values)
def test_what_is_kept_is_read_as_json(value: object) -> None:
    text = json.dumps(value)
    assert quick.loads(f"\n{text} ") == json.loads(text)


@pytest.mark.parametrize("text", ["", " ", "{", "[1", "nul", '{"a"}', "1 2", "[]]", '"\n"', "\x00", "'a'", "[1,]"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - by two readers, in words of their own
        quick.loads(text)
    with pytest.raises(ValueError):  # noqa: PT011
        json.loads(text)


def test_facts_are_tuples_like_those_of_typing() -> None:
    assert Directory.__name__ == "Directory"
    assert Directory.__doc__
    assert Directory(1, 2, 3) == (1, 2, 3, "", False, False, False, 0, ())
    assert Directory(1, 2, mode=3)._replace(uid=5).uid == 5
    assert repr(Group("a", 1)) == "Group(name='a', gid=1, members=())"
    with pytest.raises(TypeError):
        Group("a")  # type: ignore[call-arg]
    assert pickle.loads(pickle.dumps(Group("a", 1))) == Group("a", 1)

"""What was accepted once: for the same values only, without the secrets, and equal to what the
model says."""

import json
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labinit import quick
from labinit.facts.accounts import Group
from labinit.facts.files import Directory
from labinit.facts.record import from_text
from labinit.settings import cache
from labinit.settings.model import Model, make_schema, validate
from labinit.settings.secret import KINDS
from labinit.settings.sources import Reading
from tests.unit.test_record import json_values
from tests.unit.values import NO_SECRETS

if TYPE_CHECKING:
    from collections.abc import Callable

GOOD = {
    "LABUID": "1000",
    "LABGID": "",
    "LABUSER": "ann",
    "LABPASSWD": "open, sesame",
    "JUPYTER_TOKEN": "a-token",
    "LABDATA": "/data//notes",
    "LABUMASK": "0027",
    "TZ": "Europe/Berlin",
}


SCHEMA = make_schema()


def accept(environ: dict[str, str]) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the texts that an environment gives, and what the model makes of them."""
    reading = Reading(SCHEMA, environ, NO_SECRETS)
    values = reading.take()
    found = validate(values, reading)
    assert found is not None
    return values, found


def find(values: dict[str, str]) -> dict[str, Any] | None:
    """Return what the cache has for these texts."""
    entry = cache.read()
    return cache.find(entry, values) if entry else None


def cached(environ: dict[str, str], path: Path) -> tuple[dict[str, str], dict[str, Any]]:
    values, accepted = accept(environ)
    path.write_text(cache.to_text(SCHEMA, values, accepted))
    return values, accepted


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cache, "SETTINGS_CACHE", str(tmp_path / "settings.json"))

    return tmp_path / "settings.json"


def test_the_schema_names_every_field_once() -> None:
    assert tuple(SCHEMA.names.values()) == tuple(Model.model_fields)
    assert set(SCHEMA.aliases.values()) <= SCHEMA.names.keys()
    assert set(SCHEMA.secrets) <= SCHEMA.names.keys()


@pytest.mark.parametrize("left_out", [None, *GOOD])
def test_what_is_found_is_what_the_model_said(path: Path, left_out: str | None) -> None:
    environ = {name: value for name, value in GOOD.items() if name != left_out}
    values, accepted = cached(environ, path)
    assert find(values) == accepted
    assert find(dict(reversed(values.items()))) == accepted
    entry = cache.read()
    assert entry is not None
    assert entry.schema == SCHEMA


@pytest.mark.parametrize("name", [name for name in GOOD if name not in SCHEMA.secrets])
def test_any_other_value_is_left_to_the_model(path: Path, name: str) -> None:
    values, _ = cached(GOOD, path)
    assert find({**values, name: "7"}) is None
    if name in values:
        del values[name]
        assert find(values) is None


def test_secrets_are_not_cached_and_are_those_of_this_start(path: Path) -> None:
    values, _ = cached(GOOD, path)
    assert "sesame" not in path.read_text()
    assert "a-token" not in path.read_text()
    found = find({**values, "LABPASSWD": "other"})
    assert found
    assert found["password"].get_secret_value() == "other"
    assert find({**values, "LABPASSWD": "a\nb"}) is None


@given(
    st.sampled_from(sorted(SCHEMA.secrets)),
    st.text(st.characters(exclude_characters="\0")).filter(bool),
)
def test_a_secret_is_checked_as_the_model_does(name: str, text: str) -> None:
    reading = Reading(SCHEMA, {}, NO_SECRETS)
    is_accepted = validate({name: text}, reading) is not None
    try:
        KINDS[SCHEMA.secrets[name]](text)
    except ValueError:
        assert not is_accepted
    else:
        assert is_accepted


NESTED = "[" * 50_000


@pytest.mark.parametrize("text", [NESTED, NESTED + "]" * 50_000, '{"code": ' + NESTED])
def test_a_file_of_nested_lists_is_no_bug(path: Path, text: str) -> None:
    path.write_text(text)
    assert cache.read() is None
    assert from_text(text) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"for": []}', "null"])
def test_anything_else_in_the_file_is_left_to_the_model(path: Path, text: str) -> None:
    path.write_text(text)
    assert find(accept(GOOD)[0]) is None


@given(json_values)
def test_json_is_read_and_written_as_by_the_standard_library(value: object) -> None:
    text = json.dumps(value)
    # As text: one NaN is not equal to another.
    assert repr(quick.loads(f"\n{text} ")) == repr(json.loads(text))
    assert quick.dumps(value) == text


@pytest.mark.parametrize(
    "text", ["", " ", "{", "[1", "nul", '{"a"}', "1 2", "[]]", '"\n"', "\x00", "'a'", "[1,]"]
)
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - by two readers, in words of their own
        quick.loads(text)
    with pytest.raises(ValueError):  # noqa: PT011
        json.loads(text)


def test_facts_are_tuples_like_those_of_typing() -> None:
    assert Directory.__name__ == "Directory"
    assert Directory.__doc__
    assert Directory(1, 2, 3) == (1, 2, 3, "", False, False, False, 0, (), ())
    assert Directory(1, 2, mode=3)._replace(uid=5).uid == 5
    assert repr(Group("a", 1)) == "Group(name='a', gid=1, members=())"
    group: Any = Group  # a type checker refuses all of these
    wrongs: tuple[Callable[[], object], ...] = (
        lambda: group("a"),
        lambda: group("a", 1, (), 2),
        lambda: group("a", name="b"),
        lambda: group(x=1),
    )
    for wrong in wrongs:
        with pytest.raises(TypeError):
            wrong()
    assert pickle.loads(pickle.dumps(Group("a", 1))) == Group("a", 1)

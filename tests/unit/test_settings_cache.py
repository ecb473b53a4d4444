"""What was accepted once: for the same values only, without the secrets, and equal to what the model says."""

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labinit import quick
from labinit.facts.accounts import Group
from labinit.facts.files import Directory
from labinit.settings import cache
from labinit.settings.load import Settings
from labinit.settings.model import Model, validate
from labinit.settings.secret import CHECKS
from labinit.settings.sources import NAMES, Reading
from tests.unit.test_record import json_values
from tests.unit.values import NO_SECRETS

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


def accept(environ: dict[str, str]) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the texts that an environment gives, and what the model makes of them."""
    reading = Reading(NAMES, environ, NO_SECRETS)
    values = reading.take()
    found = validate(values, reading)
    assert found is not None
    return values, found


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cache, "PATH", str(tmp_path / "settings.json"))

    return tmp_path / "settings.json"


def test_fields_are_those_of_the_model() -> None:
    assert Settings._fields[: len(NAMES)] == tuple(Model.model_fields)
    assert tuple(str(field.alias) for field in Model.model_fields.values()) == NAMES
    assert {Model.model_fields[field].alias: field for field, _ in CHECKS.values()} == {
        name: field for name, (field, _) in CHECKS.items()
    }


@pytest.mark.parametrize("left_out", [None, *GOOD])
def test_what_is_found_is_what_the_model_said(path: Path, left_out: str | None) -> None:
    values, accepted = accept({name: value for name, value in GOOD.items() if name != left_out})
    path.write_text(cache.to_text(values, accepted))
    assert cache.find(values) == accepted
    assert cache.find(dict(reversed(values.items()))) == accepted


@pytest.mark.parametrize("name", [name for name in GOOD if name not in CHECKS])
def test_any_other_value_is_left_to_the_model(path: Path, name: str) -> None:
    values, accepted = accept(GOOD)
    path.write_text(cache.to_text(values, accepted))
    assert cache.find({**values, name: "7"}) is None
    if name in values:
        del values[name]
        assert cache.find(values) is None


def test_secrets_are_not_kept_and_are_those_of_this_start(path: Path) -> None:
    values, accepted = accept(GOOD)
    path.write_text(cache.to_text(values, accepted))
    assert "sesame" not in path.read_text()
    assert "a-token" not in path.read_text()
    found = cache.find({**values, "LABPASSWD": "other"})
    assert found
    assert found["password"].get_secret_value() == "other"
    assert cache.find({**values, "LABPASSWD": "a\nb"}) is None


@given(
    st.sampled_from(sorted(CHECKS)), st.text(st.characters(exclude_characters="\0")).filter(bool)
)
def test_a_secret_is_checked_as_the_model_does(name: str, text: str) -> None:
    reading = Reading(NAMES, {}, NO_SECRETS)
    is_accepted = validate({name: text}, reading) is not None
    try:
        CHECKS[name][1](text)
    except ValueError:
        assert not is_accepted
    else:
        assert is_accepted


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"for": []}', "null"])
def test_anything_else_in_the_file_is_left_to_the_model(path: Path, text: str) -> None:
    path.write_text(text)
    assert cache.find(accept(GOOD)[0]) is None


@given(json_values)
def test_json_is_read_and_written_as_by_the_standard_library(value: object) -> None:
    text = json.dumps(value)
    assert quick.loads(f"\n{text} ") == json.loads(text)
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
    assert Directory(1, 2, 3) == (1, 2, 3, "", False, False, False, 0, ())
    assert Directory(1, 2, mode=3)._replace(uid=5).uid == 5
    assert repr(Group("a", 1)) == "Group(name='a', gid=1, members=())"
    for wrong in (
        lambda: Group("a"),
        lambda: Group("a", 1, (), 2),
        lambda: Group("a", name="b"),
        lambda: Group(x=1),
    ):
        with pytest.raises(TypeError):
            wrong()  # type: ignore[call-arg]
    assert pickle.loads(pickle.dumps(Group("a", 1))) == Group("a", 1)

"""A new setting is one field: everything else follows from it."""

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Ge, Le
from pydantic import AfterValidator, AliasChoices, Field

from labinit.errors import SettingsError
from labinit.plan.server import make_environment
from labinit.settings import cache, load, model
from labinit.settings.load import load_settings
from labinit.settings.secret import Secret
from tests.unit.plans import plan
from tests.unit.values import NO_SECRETS


def must_be_odd(number: int) -> int:
    if number % 2 == 0:
        raise ValueError("it is even,\nand must be odd")
    return number


class Larger(model.Model):
    """The model with fields of every ordinary kind."""

    workers: int = Field(3, alias="LABWORKERS", description="how many workers there are")
    share: Annotated[float, Ge(0), Le(1)] = Field(0.5, alias="LABSHARE", description="a share")
    quiet: bool = Field(False, alias="LABQUIET", description="say less")
    kind: Literal["a", "b"] = Field(
        "a", validation_alias=AliasChoices("LABKIND", "NB_KIND"), description="which kind"
    )
    code: str = Field("", alias="LABCODE", pattern="^[a-z]+$", description="a code")
    names: list[int] = Field([], alias="LABNAMES", description="numbers, as JSON")
    many: int | Literal["auto"] = Field("auto", alias="LABMANY", description="a number or auto")
    odd: Annotated[int, AfterValidator(must_be_odd)] = Field(
        1, alias="LABODD", description="an odd number"
    )
    pin: Secret | None = Field(None, alias="LABPIN", description="a secret")


@pytest.fixture(autouse=True)
def larger(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Put the larger model in the place of the model, and a cache where it can be written."""
    monkeypatch.setattr(model, "Model", Larger)
    monkeypatch.setattr(cache, "SETTINGS_CACHE", str(tmp_path / "settings.json"))
    return tmp_path / "settings.json"


def loaded(**environ: str) -> load.Loaded:
    return load_settings(environ, NO_SECRETS)


def refusal(**environ: str) -> str:
    with pytest.raises(SettingsError) as caught:
        loaded(**environ)
    (notice,) = caught.value.notices
    assert notice.hint
    return str(notice)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("LABWORKERS", "7", 7),
        ("LABSHARE", "0.25", 0.25),
        ("LABQUIET", "yes", True),
        ("LABKIND", "b", "b"),
        ("LABCODE", "abc", "abc"),
        ("LABNAMES", "[1, 2]", [1, 2]),
        ("LABMANY", "3", 3),
    ],
)
def test_a_field_is_read_and_cached(larger: Path, name: str, text: str, value: Any) -> None:
    first = loaded(**{name: text})
    assert first.settings.by_variable()[name] == value
    larger.write_text(first.to_cache)
    second = loaded(**{name: text})
    assert second.to_cache == ""
    assert second.settings == first.settings
    assert loaded().settings.by_variable()[name] == Larger.model_fields[name[3:].lower()].default


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("LABWORKERS", "many", "should be a valid integer"),
        ("LABSHARE", "2", "should be less than or equal to 1"),
        ("LABQUIET", "loud", "should be a valid boolean"),
        ("LABKIND", "c", "use one of: a or b"),
        ("LABWORKERS", "7\r", "carriage return"),
        ("LABCODE", "7", ": it should match pattern '^[a-z]+$'; give a code"),
        ("LABNAMES", "1,2", "it should be a valid list; give numbers, as JSON"),
        ("LABNAMES", '[1, "x"]', "it should be a valid integer"),
        ("LABMANY", "few", "should be a valid integer"),
        ("LABODD", "2", ": it is even, and must be odd; give an odd number, such as 1"),
    ],
)
def test_a_bad_value_is_refused_in_one_line(name: str, text: str, said: str) -> None:
    line = refusal(**{name: text})
    assert line.startswith(f"{name}={text!r} ")
    assert said in line
    assert "\n" not in line


def test_the_hint_of_a_bad_value_is_the_description_of_the_field() -> None:
    assert refusal(LABWORKERS="x").endswith("; give how many workers there are, such as 3")


def test_another_name_is_an_alias_and_a_near_one_is_told() -> None:
    assert loaded(NB_KIND="b").settings.by_variable()["LABKIND"] == "b"
    assert [str(notice) for notice in loaded(LABWORKER="1").warnings] == [
        "LABWORKER is not a setting of labinit; did you mean LABWORKERS?"
    ]


def test_a_secret_field_can_be_a_file_and_reaches_no_process(larger: Path, tmp_path: Path) -> None:
    (tmp_path / "pin").write_text("pin-of-1234")
    environ = {"LABPIN_FILE": str(tmp_path / "pin"), "LABPIN": ""}
    first = loaded(**environ)
    assert first.settings.by_variable()["LABPIN"].get_secret_value() == "pin-of-1234"
    assert "pin-of-1234" not in first.to_cache
    kept = make_environment({**environ, "LABPIN": "pin-of-1234"}, first.settings, plan())
    assert not {"LABPIN", "LABPIN_FILE"} & kept.keys()
    larger.write_text(first.to_cache)
    assert loaded(**environ).settings == first.settings

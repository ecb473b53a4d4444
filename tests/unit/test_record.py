"""The record is a hint: whatever stands in its file, the boot goes on."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labinit.facts.digest import digest, is_digest_of
from labinit.facts.record import Record, from_text, to_text
from tests.unit.values import replace

RECORD = Record("lab", 1000, "lab", 1000, "/home/lab", "", "lab", "2026-01-01T00:00:00+00:00")
SALT = bytes(16)
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda values: st.one_of(
        st.lists(values, max_size=3), st.dictionaries(st.text(), values, max_size=3)
    ),
)


def test_a_record_comes_back_as_it_was_written() -> None:
    odd = replace(RECORD, home="/srv/\udcff", uid=2**32 - 2)
    assert from_text(to_text(RECORD)) == RECORD
    assert from_text(to_text(odd)) == odd


@given(st.one_of(st.text(), json_values.map(json.dumps)))
def test_what_is_no_record_counts_as_none(text: str) -> None:
    assert from_text(text) is None


@pytest.mark.parametrize("name", list(RECORD._asdict()))
@given(value=json_values)
def test_a_record_with_a_wrong_value_counts_as_none(name: str, value: object) -> None:
    made = from_text(json.dumps({**json.loads(to_text(RECORD)), name: value}))
    assert made is None or type(getattr(made, name)) is type(value)


@pytest.mark.parametrize("number", [None, 0, 2, "1", [1]])
def test_a_record_of_another_format_counts_as_none(number: object) -> None:
    assert from_text(json.dumps({**json.loads(to_text(RECORD)), "format": number})) is None


@pytest.mark.parametrize("length", range(0, len(to_text(RECORD)) - 2, 7))
def test_a_record_cut_short_counts_as_none(length: int) -> None:
    assert from_text(to_text(RECORD)[:length]) is None


def test_a_digest_tells_the_secret_it_was_made_of_and_does_not_show_it() -> None:
    made = digest("password:open, sesame", SALT)
    assert is_digest_of(made, "password:open, sesame")
    assert not is_digest_of(made, "password:open, sesame.")
    assert "sesame" not in made
    assert made != digest("password:open, sesame", bytes(15) + b"x")


@given(st.text())
def test_what_is_no_digest_is_that_of_no_secret(text: str) -> None:
    assert not is_digest_of(text, "secret")


@pytest.mark.parametrize("text", ["", "a$b", "scrypt$AAAA$", "scrypt$!$x", "ä$AAAA$ö", "$$"])
def test_a_damaged_digest_is_that_of_no_secret(text: str) -> None:
    assert not is_digest_of(text, "secret")

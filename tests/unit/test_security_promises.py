"""Every promise of docs/security.md names a test that exists."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
NAMED = re.findall(r"`(tests/\S+\.py)::(\w+)`", (REPOSITORY / "docs" / "security.md").read_text())


def test_promises_are_held_by_tests() -> None:
    assert len(NAMED) > 20


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_the_test_of_a_promise_exists(file: str, name: str) -> None:
    assert f"def {name}(" in (REPOSITORY / file).read_text()

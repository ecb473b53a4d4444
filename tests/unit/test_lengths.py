"""`make lint` holds files to lengths that can be read, and finds what is longer."""

import runpy
from pathlib import Path

import pytest

LENGTHS = runpy.run_path(str(Path(__file__).parents[2] / "tools/lengths.py"))
SHORT = "def f() -> int:\n    return 1\n"
COMMENTED = "# why\n" + "x = 1\n" * 12


def problems(root: Path, name: str, text: str) -> list[str]:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)
    return list(LENGTHS["problems"](root, [name]))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", f"{'x' * 101}\n"),
        ("a.rkt", f"ok\n{'ü' * 101}\n"),
        ("Makefile", f"\t{'x' * 97}\n"),
        ("a/script", f"#!/bin/sh\n{'x' * 101}\n"),
        ("a.go", "x\n" * 251),
        ("a.py", "def f() -> None:\n" + "    x()\n" * 10),
        ("a.py", SHORT * 8 + ("def f() -> None:\n" + "    x()\n" * 30)),
        ("labinit/a.py", "x = 1\n" * 30),
        ("labinit/a.py", "# why\nx = 1\n"),
    ],
)
def test_what_is_too_long_is_found(tmp_path: Path, name: str, text: str) -> None:
    (problem,) = problems(tmp_path, name, text)
    assert problem.startswith(name.partition("/")[0])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", f"{'x' * 100}  # noqa: F821 - its reason\n" + "x\n" * 249),
        ("a.rkt", f"{'ü' * 100}\n"),
        ("a.md", f"{'x' * 300}\n"),
        ("a.py", SHORT * 9 + ("def f() -> None:\n" + "    x()\n" * 30)),
        ("labinit/a.py", f'"""Says what it owns."""\n\n{COMMENTED}'),
    ],
)
def test_what_is_short_enough_is_not(tmp_path: Path, name: str, text: str) -> None:
    assert problems(tmp_path, name, text) == []


@pytest.mark.parametrize("name", sorted({**LENGTHS["LONG_LINES"], **LENGTHS["LONG_FILES"]}))
def test_an_exception_is_of_a_file_that_exists(name: str) -> None:
    assert (Path(__file__).parents[2] / name).exists()

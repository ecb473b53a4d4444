"""The table: what a case is, and which inits are known to differ.

The cases themselves stand in `case_*.py`.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.system.conformance.inits import Init

Run = Callable[[Init], object]


@dataclass(frozen=True)
class Case:
    """Something an init should do.

    `run` starts the init and raises AssertionError if it does not do it; what it returns is shown
    in the table. `differs` says why an init fails it. `sometimes` says the same of one that fails
    by chance, and may pass.
    """

    subject: str
    sentence: str
    run: Run
    differs: Mapping[str, str] = field(default_factory=dict)
    sometimes: Mapping[str, str] = field(default_factory=dict)


_cases: list[Case] = []


def case(
    subject: str,
    sentence: str,
    differs: Mapping[str, str] | None = None,
    sometimes: Mapping[str, str] | None = None,
) -> Callable[[Run], Run]:
    """Make a function a case of the table."""

    def register(run: Run) -> Run:
        _cases.append(Case(subject, sentence, run, differs or {}, sometimes or {}))
        return run

    return register


def all_cases() -> list[Case]:
    """Return all cases, by subject and in the order they are written in."""
    for path in sorted(Path(__file__).parent.glob("case_*.py")):
        importlib.import_module(f"tests.system.conformance.{path.stem}")
    return _cases

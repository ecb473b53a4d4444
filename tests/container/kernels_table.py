"""docs/kernels-table.md: a row a thing that a notebook asks of a kernel, of the tests' outcomes.

A test with the mark `row` and the fixture `language` is one cell, or a part of one. What differs
from run to run is not in the table.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.container.engine import CHECKOUT
from tests.container.languages import LANGUAGES

if TYPE_CHECKING:
    from tests.container.language import Language

TARGET = CHECKOUT / "docs" / "kernels-table.md"
MEASURED = CHECKOUT / "build" / "kernels-table.md"
YES, NO = "●", "–"  # noqa: RUF001 - not a hyphen: what the legend shows
_HEAD = """\
# What each kernel does

Written by `make kernels` of the outcomes of `tests/container/test_kernel_conformance*.py`, which
ask every kernel for the same in its own language, through the real server. Every run of all tests
compares: a table that says something else than was measured fails.

Of the 12 methods of `jupyter_kernel_test`, Python's `history` does not hold, and `pager` not where
a kernel has no pager: all but Python and C++.

● works · – does not. The number leads to the reason below.
"""  # noqa: RUF001

# Row → kernel → (mark, why it is no dot), in the order in which the tests ran.
Table = dict[str, dict[str, tuple[str, str]]]
_table: Table = {}


def note(item: pytest.Item, report: pytest.TestReport) -> None:
    """Take the outcome of a test that belongs to a row. A kernel that is not there has none."""
    row = item.get_closest_marker("row")
    if row is None or not isinstance(item, pytest.Function):
        return
    if report.when != "call" and not report.failed:
        return
    language: Language = item.callspec.params["language"]  # type: ignore[assignment]
    cells = _table.setdefault(row.args[0], {})
    if cells.get(language.kernel, (YES, ""))[0] == YES:
        cells[language.kernel] = _judge(report)


def _judge(report: pytest.TestReport) -> tuple[str, str]:
    if report.skipped:
        return NO, str(report.longrepr[2]).removeprefix("Skipped: ")  # type: ignore[index]
    if report.failed:
        return NO, "the test fails"
    return YES, ""


def is_complete() -> bool:
    """Tell whether every row has been measured for every kernel."""
    names = {language.kernel for language in LANGUAGES}
    return bool(_table) and all(set(cells) == names for cells in _table.values())


def render() -> str:
    """Return the document."""
    names = [language.kernel for language in LANGUAGES]
    reasons: list[str] = []
    rows = [
        f"| {row} | {' | '.join(_cell(cells.get(name), reasons) for name in names)} |"
        for row, cells in _table.items()
    ]
    head = [f"| | {' | '.join(f'`{name}`' for name in names)} |", "|---|" + ":-:|" * len(names)]
    notes = [f"{number}. {why}" for number, why in enumerate(reasons, 1)]
    return "\n".join([_HEAD, *head, *rows, *(["", *notes] if notes else [])]) + "\n"


def _cell(cell: tuple[str, str] | None, reasons: list[str]) -> str:
    mark, why = cell or ("", "")
    if not why:
        return mark
    if why not in reasons:
        reasons.append(why)
    return f"{mark} {reasons.index(why) + 1}"


def write() -> None:
    """Write what was measured to build/, and with KERNELS_TABLE=1 to docs, if it is all there."""
    if is_complete():
        MEASURED.parent.mkdir(exist_ok=True)
        MEASURED.write_text(render())
        if os.environ.get("KERNELS_TABLE"):
            TARGET.write_text(render())

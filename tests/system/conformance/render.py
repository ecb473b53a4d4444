"""Runs the table and writes it to docs/conformance.md: `make conformance`.

Ends with 1 if a case fails unexpectedly.

`render.py labinit tini` runs these only and writes nothing.
"""

import subprocess
import sys
from collections.abc import Sequence
from itertools import groupby

from tests.system.conformance.inits import CHECKOUT, INITS, Init
from tests.system.conformance.processes import patience
from tests.system.conformance.table import Case, all_cases

_TARGET = CHECKOUT / "docs" / "conformance.md"
_SUBJECTS = {
    "signals": "Signals",
    "child": "What the child starts with",
    "terminal": "Terminal",
    "exit": "Exit code",
    "adversity": "Adversity",
    "orphans": "Orphans",
    "stop": "Stop",
}
_HEAD = """\
# Conformance of PID 1

Written by `make conformance`, which runs every case with every init as the PID 1 of a PID
namespace of its own. The cases are in `tests/system/conformance/case_*.py`; the tests hold labinit
to all of them, and the peers to the differences below. Where labinit differs, it is on purpose.

`labinit (pip)` is labinit without the launcher of the image, as `pip install labinit` brings it.

Versions: {versions}.
"""


def main(names: Sequence[str]) -> int:
    inits = [init for init in INITS if not names or init.name in names]
    cases = all_cases()
    results = {case.sentence: {init.name: _run(case, init) for init in inits} for case in cases}
    text = _render(cases, inits, results)
    if names:
        print(text)
    else:
        _TARGET.write_text(text)
    failed = [
        (case, name)
        for case in cases
        for name, cell in results[case.sentence].items()
        if cell.startswith("no") and name not in {*case.differs, *case.sometimes}
    ]
    for case, name in failed:
        print(f"{name} fails: {case.subject}: {case.sentence}", file=sys.stderr)
    return 1 if failed else 0


def _run(case: Case, init: Init) -> str:
    print(f"{case.subject}: {case.sentence}: {init}", file=sys.stderr, flush=True)
    is_known = init.name in {*case.differs, *case.sometimes}
    try:
        with patience(2 if is_known else 20):
            note = case.run(init)
    except AssertionError as error:
        numbers = f" ({error})" if init.name in case.sometimes else ""
        return f"no{numbers}".partition("\n")[0]
    return f"yes ({note})" if note else "yes"


def _render(
    cases: Sequence[Case], inits: Sequence[Init], results: dict[str, dict[str, str]]
) -> str:
    """Return the document: a table a subject, and below it why who differs."""
    parts = [_HEAD.format(versions=", ".join(_versions()))]
    for subject, some in groupby(cases, lambda case: case.subject):
        names = [init.name for init in inits]
        parts.append(
            f"\n## {_SUBJECTS[subject]}\n\n| case | {' | '.join(names)} "
            f"|\n|---|{'---|' * len(names)}\n"
        )
        names_of: dict[str, list[str]] = {}
        for case in some:
            cells = []
            for name in names:
                cell = results[case.sentence][name]
                if cell.startswith("no"):
                    why = (
                        case.differs.get(name)
                        or case.sometimes.get(name)
                        or "is not expected to differ here"
                    )
                    names_of.setdefault(why, []).extend(
                        [name] if name not in names_of.get(why, []) else []
                    )
                    cell += f" [{list(names_of).index(why) + 1}]"
                cells.append(cell)
            parts.append(f"| {case.sentence} | {' | '.join(cells)} |\n")
        notes = [
            f"{number}. {', '.join(who)}: {why}.\n"
            for number, (why, who) in enumerate(names_of.items(), 1)
        ]
        parts += ["\n", *notes] if notes else []
    return "".join(parts)


def _versions() -> list[str]:
    found = []
    for command in (["tini", "--version"], ["dumb-init", "--version"], ["catatonit", "--version"]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        words = (done.stdout + done.stderr).split()
        version = next((word for word in words if word.lstrip("v")[:1].isdigit()), "?")
        found.append(f"{command[0]} {version.lstrip('v').partition('_')[0]}")
    return [*found, f"Linux {_release()}", f"Python {sys.version.split()[0]}"]


def _release() -> str:
    with open("/proc/sys/kernel/osrelease") as file:
        return ".".join(file.read().split(".")[:2])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

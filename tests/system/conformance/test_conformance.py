"""The table, as tests: labinit passes every case, and every peer differs exactly where the table
says so."""

import os
import sys
from pathlib import Path

import pytest

_CASES = [
    f"tests.system.conformance.{path.stem}" for path in Path(__file__).parent.glob("case_*.py")
]
pytest.register_assert_rewrite(*_CASES)

from tests.system.conformance.inits import INITS, Init  # noqa: E402 - after the registration
from tests.system.conformance.processes import patience  # noqa: E402
from tests.system.conformance.table import Case, all_cases  # noqa: E402

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0,
    reason="PID namespaces of one's own take root on Linux",
)
_MATRIX = [
    pytest.param(case, init, id=f"{case.run.__name__}-{init.name.replace(' ', '')}")
    for case in all_cases()
    for init in INITS
]


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("case", "init"), _MATRIX)
def test_conformance(case: Case, init: Init) -> None:
    problem = case.differs.get(init.name)
    if problem is None and init.name not in case.sometimes:
        case.run(init)
        return
    try:
        with patience(2):
            case.run(init)
    except AssertionError:
        return
    assert problem is None, f"{init} passes, and the table says that it {problem}"


def test_labinit_passes_every_case_of_the_table() -> None:
    assert not [
        case.sentence for case in all_cases() if "labinit" in {*case.differs, *case.sometimes}
    ]

"""Runs jupyter_kernel_test inside a container: one language as JSON on standard input, the outcomes
on standard output.

Shape: {"method": "" or the reason of its failure}; a method that was skipped is left out.
"""

import json
import sys
import unittest
from typing import Any

import jupyter_kernel_test as suite

PATIENCE_S = 120


def validate(message: dict[str, Any], *arguments: Any) -> None:
    """Pass over two keys that jupyter_client itself adds, and that the suite refuses."""
    original({k: v for k, v in message.items() if k not in {"msg_id", "msg_type"}}, *arguments)


original, suite.validate_message = suite.validate_message, validate
suite.TIMEOUT = PATIENCE_S


class Patient(suite.KernelTests):
    """The suite waits a tenth of a second for some replies: this machine may be busy.

    C++ takes ten seconds of processor time for the header of nlohmann that is in its first cell.
    """

    __test__ = True

    def get_non_kernel_info_reply(self, timeout: float | None = None) -> Any:
        """Wait as long as for every other reply."""
        return super().get_non_kernel_info_reply(timeout=timeout or PATIENCE_S)


class Outcomes(unittest.TestResult):
    """Keeps the first failure of each method."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, str] = {}

    def addSuccess(self, test: unittest.TestCase) -> None:
        """Note a method that has passed."""
        self.seen.setdefault(test._testMethodName, "")

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        """Note why it has not."""
        self.seen[test._testMethodName] = f"{err[0].__name__}: {err[1]}"

    addError = addFailure

    def addSubTest(self, test: unittest.TestCase, subtest: Any, err: Any) -> None:
        """Note a part that has failed: then the whole has."""
        if err is not None:
            self.addFailure(test, err)
        super().addSubTest(test, subtest, err)


samples = json.load(sys.stdin)
Patient.__qualname__ = samples["kernel_name"]
for name, value in samples.items():
    setattr(Patient, name, value)
outcomes = Outcomes()
unittest.defaultTestLoader.loadTestsFromTestCase(Patient).run(outcomes)
json.dump({name.removeprefix("test_"): why for name, why in outcomes.seen.items()}, sys.stdout)

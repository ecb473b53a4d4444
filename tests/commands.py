"""Commands that are run to their end, and what they have left."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    exit_code: int
    stdout: str
    stderr: str

    def __str__(self) -> str:
        return f"exit code {self.exit_code}\n--- stdout\n{self.stdout}--- stderr\n{self.stderr}"


def run_to_end(
    argv: Sequence[str], env: Mapping[str, str] | None = None, **options: Any
) -> Finished:
    """Run a command, however it ends. `options` are those of `subprocess.run`."""
    given: dict[str, Any] = {"capture_output": True, "timeout": 120, "input": ""} | options
    # What is no UTF-8 is shown, not raised: a log may hold anything.
    done = subprocess.run(argv, env=env, text=True, errors="replace", check=False, **given)
    return Finished(done.returncode, done.stdout or "", done.stderr or "")

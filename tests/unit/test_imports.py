"""What is imported when: looked at in a process of its own.

Who may import whom stands in pyproject.toml.
"""

import subprocess
import sys
from pathlib import Path

import labinit

SOURCE = str(Path(labinit.__file__).parent.parent)
THIRD_PARTY = {"pydantic", "pydantic_core", "pydantic_settings", "psutil", "rich"}


def modules_after(statement: str) -> set[str]:
    """Return the top-level names that are imported once an isolated interpreter has run a
    statement."""
    code = f"import sys; sys.path.append({SOURCE!r}); {statement}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_pid_1_needs_the_standard_library_only() -> None:
    assert not modules_after("import labinit.cli") & THIRD_PARTY


def test_labinit_runs_from_a_checkout_whose_dependencies_are_in_a_virtual_environment() -> None:
    """Isolated, and still with pydantic, which is not beside it there."""
    command = [sys.executable, "-m", "labinit", "--dry-run", "--", "true"]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=SOURCE, env={"LABUID": "x"}, check=False
    )
    assert done.returncode == 78, done.stderr
    assert "LABUID" in done.stderr


def test_a_boot_loads_what_is_slow_only_where_it_is_needed() -> None:
    slow = {
        "asyncio",
        "collections",
        "dataclasses",
        "inspect",
        "json",
        "pathlib",
        "re",
        "subprocess",
        "tempfile",
        "threading",
    }
    assert not modules_after("import labinit.boot") & (slow | THIRD_PARTY)


def test_a_health_check_loads_next_to_nothing() -> None:
    slow = {"argparse", "dataclasses", "pathlib", "subprocess", "typing"}
    assert not modules_after("import labinit.ctl.health") & (slow | THIRD_PARTY)

"""Who may import whom: the contracts of pyproject.toml hold, and each of them can fail."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = [
    contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
]
# What breaks each, and where.
VIOLATIONS = {
    "init:": ("init/oddity.py", "import labinit.plan.steps"),
    "settings: the model": ("settings/oddity.py", "import pydantic"),
    "settings: know": ("settings/strangeness.py", "import pwd"),
    "facts:": ("facts/oddity.py", "def look():\n    import shutil"),
    "plan:": ("plan/oddity.py", "from os import path"),
    "files:": ("files/oddity.py", "from labinit.plan.steps import MakeDirectory"),
    "apply:": ("apply/oddity.py", "import labinit.plan.warnings"),
    "ctl:": ("ctl/oddity.py", "from labinit.apply import apply"),
    "labctl alone": ("oddity.py", "from rich.table import Table"),
}


def results(directory: Path) -> dict[str, str]:
    """Return what is said of each contract: KEPT or BROKEN."""
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [lint, "--no-cache"], cwd=directory, capture_output=True, text=True, check=False
    )
    told = {
        name: line.removeprefix(f"{name} ").partition(" ")[0]
        for line in done.stdout.splitlines()
        for name in NAMES
        if line.startswith(f"{name} ")
    }
    assert set(told) == set(NAMES), done.stdout + done.stderr
    assert (done.returncode == 0) == (set(told.values()) == {"KEPT"}), done.stdout
    return told


def test_every_contract_holds() -> None:
    assert set(results(ROOT).values()) == {"KEPT"}


def test_every_contract_is_broken_by_what_it_forbids(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "labinit", tmp_path / "labinit")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for where, statement in VIOLATIONS.values():
        (tmp_path / "labinit" / where).write_text(f"{statement}\n")
    assert results(tmp_path) == dict.fromkeys(NAMES, "BROKEN")


@pytest.mark.parametrize("name", NAMES)
def test_every_contract_has_something_that_breaks_it(name: str) -> None:
    assert sum(name.startswith(start) for start in VIOLATIONS) == 1

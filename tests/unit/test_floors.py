"""The house: who imports whom, and who may touch what. Held by reading the source, not by running it."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import labinit

PACKAGE = Path(labinit.__file__).parent
# What PID 1 imports: the standard library, and as little of it as possible.
PID_1 = {"__init__", "__main__", "cli", "errors", "log"}
THIRD_PARTY = {"pydantic", "pydantic_core", "pydantic_settings", "psutil"}


def read_floors() -> list[str]:
    """Return the modules in the order of the table in docs/architecture.md, from the roof to the ground."""
    text = (PACKAGE.parent / "docs" / "architecture.md").read_text()
    table = text.partition("<!-- floors -->")[2].partition("<!-- /floors -->")[0]
    rows = re.findall(r"^\| (\d+) \| (.+?) \|", table, re.MULTILINE)
    assert [floor for floor, _ in rows] == sorted((floor for floor, _ in rows), reverse=True)
    return [name for _, names in rows for name in re.findall(r"`(\w+)`", names)]


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


SOURCES = {path.stem: parse(path) for path in sorted(PACKAGE.glob("*.py"))}
FLOORS = read_floors()
COMPANION = {f"ctl/{path.stem}": parse(path) for path in sorted((PACKAGE / "ctl").glob("*.py"))}
EVERYTHING = SOURCES | COMPANION


def imports(module: ast.AST, *, for_types: bool = True) -> Iterator[str]:
    """Yield the dotted names that a module imports, `labinit.facts` for `from labinit.facts import observe`."""
    for node in ast.iter_child_nodes(module):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for part in (*(node.body if for_types else ()), *node.orelse):
                yield from imports(ast.Module([part], []), for_types=for_types)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "labinit":
            yield from (f"labinit.{alias.name}" for alias in node.names if alias.name in SOURCES)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        else:
            yield from imports(node, for_types=for_types)


def of_labinit(module: ast.AST) -> set[str]:
    return {name.removeprefix("labinit.") for name in imports(module) if name.startswith("labinit.")}


def attributes(module: ast.AST) -> set[str]:
    """Return what a module reads as `name.attribute`."""
    return {ast.unparse(node) for node in ast.walk(module) if isinstance(node, ast.Attribute)}


def calls(module: ast.AST) -> set[str]:
    return {ast.unparse(node.func) for node in ast.walk(module) if isinstance(node, ast.Call)}


def strings(module: ast.AST) -> set[str]:
    """Return the texts of a module that are not docstrings."""
    bodies = [node.body for node in ast.walk(module) if hasattr(node, "body") and isinstance(node.body, list)]
    docs = {id(body[0].value) for body in bodies if body and isinstance(body[0], ast.Expr)}
    found = (node for node in ast.walk(module) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return {str(node.value) for node in found if id(node) not in docs}


def test_every_module_has_a_floor_and_every_floor_its_modules() -> None:
    assert sorted(FLOORS) == sorted(SOURCES.keys() - {"__init__"})
    assert SOURCES.keys() >= PID_1


@pytest.mark.parametrize("name", FLOORS)
def test_a_module_imports_only_from_below(name: str) -> None:
    assert of_labinit(SOURCES[name]) <= set(FLOORS[FLOORS.index(name) + 1 :])


def test_the_companion_stands_beside_the_boot() -> None:
    used = {
        name: of_labinit(tree) & {"boot", "apply", "supervise", "cli", "__main__"} for name, tree in COMPANION.items()
    }
    assert not any(used.values()), used


@pytest.mark.parametrize("name", sorted(name for name in SOURCES if name in PID_1 or name.startswith("supervise")))
def test_what_pid_1_imports_is_of_the_standard_library(name: str) -> None:
    tops = {imported.partition(".")[0] for imported in imports(SOURCES[name], for_types=False)}
    assert not tops & THIRD_PARTY
    lazily = {"cli": {"boot", "program"}, "supervise_spawn": {"program"}}.get(name, set())
    assert of_labinit(SOURCES[name]) - lazily <= PID_1 | {other for other in SOURCES if other.startswith("supervise")}


def test_pid_1_does_without_what_is_large() -> None:
    large = {"collections", "enum", "os", "re", "signal", "stat", "threading", "typing"}
    code = (
        f"import sys; sys.path.append({str(PACKAGE.parent)!r}); import labinit.cli; print({large} & {{*sys.modules}})"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def at_once(module: ast.Module) -> ast.Module:
    """Return the module without the bodies of its functions: what they import, they import when they are called."""
    return ast.Module([node for node in module.body if not isinstance(node, ast.FunctionDef)], [])


def test_a_boot_with_nothing_to_change_needs_nothing_that_is_slow_to_import() -> None:
    needed, left = set[str](), ["boot"]
    while left:
        found = set(imports(at_once(SOURCES[left.pop()]), for_types=False)) - needed
        needed |= found
        left += [name.removeprefix("labinit.") for name in found if name.startswith("labinit.")]
    assert needed >= {"labinit.facts", "labinit.plan", "labinit.identity", "labinit.workplace"}
    # Of the standard library: what brings re and enum, dataclasses inspect, subprocess threading and signal.
    slow = {"asyncio", "base64", "collections", "contextlib", "dataclasses", "datetime", "enum", "glob", "hashlib"}
    slow |= {"hmac", "inspect", "json", "pathlib", "re", "secrets", "shutil", "signal", "socket", "subprocess"}
    # tests/system/test_kept.py looks at what a start really imports.
    assert not {name.partition(".")[0] for name in needed} & (slow | {"tempfile", "threading", "typing"} | THIRD_PARTY)


def test_only_the_model_knows_of_pydantic() -> None:
    assert users_of("pydantic") == users_of("pydantic_settings") == {"model"}


def users_of(module: str) -> set[str]:
    return {name for name, tree in EVERYTHING.items() if any(found.split(".")[0] == module for found in imports(tree))}


def test_programs_are_run_by_apply_and_hooks_only() -> None:
    companion = {name for name in users_of("subprocess") if name.startswith("ctl/")}
    assert users_of("subprocess") - companion == {"apply", "hooks"}


def test_accounts_are_read_by_facts_only() -> None:
    readers = {name for name, tree in EVERYTHING.items() if "/etc/shadow" in strings(tree)}
    assert {name for name in readers | users_of("pwd") | users_of("grp") if not name.startswith("facts")} == set()


def test_processes_are_made_signalled_and_reaped_by_pid_1_and_for_a_long_walk_only() -> None:
    found = {
        name
        for name, tree in SOURCES.items()
        if attributes(tree) & {"os.fork", "os.waitpid", "os.kill", "signal.signal", "signal.pthread_sigmask"}
    }
    assert "crew" in found
    assert all(name.startswith("supervise") for name in found - {"crew"})


def test_only_the_command_line_prints_and_only_it_exits() -> None:
    prints = {name for name, tree in SOURCES.items() if "print" in calls(tree)}
    exits = {name for name, tree in EVERYTHING.items() if calls(tree) & {"sys.exit", "os._exit"}}
    assert prints == {"cli"}
    # The others are the ends of forked children.
    assert {name for name in exits if not name.startswith("ctl/")} == {"cli", "crew", "supervise_spawn"}
    assert {name for name in users_of("argparse") if not name.startswith("ctl/")} == set()


def test_the_environment_is_read_at_the_door_only() -> None:
    readers = {
        name
        for name, tree in EVERYTHING.items()
        if attributes(tree) & {"os.environ", "os.environb"} or calls(tree) & {"os.getenv", "os.getenvb"}
    }
    assert readers <= {"cli", "supervise_start"} | {name for name in EVERYTHING if name.startswith("ctl/")}


@pytest.mark.parametrize(
    "name", ["accounts", "account_steps", "file_steps", "advice", "plan", "report", "server", "steps", "record"]
)
def test_what_decides_never_looks_at_the_system(name: str) -> None:
    used = {found for found in attributes(SOURCES[name]) if found.startswith("os.")}
    assert all(found.startswith("os.path") for found in used), used
    assert not used & {"os.path.exists", "os.path.isfile", "os.path.isdir", "os.path.realpath", "os.path.lexists"}
    assert not calls(SOURCES[name]) & {"open", "observe", "find_directory", "find_mounts"}


@pytest.mark.parametrize("name", ["facts", "facts_accounts", "facts_files"])
def test_what_looks_never_writes(name: str) -> None:
    writes = ("chmod", "chown", "fchmod", "fchown", "link", "makedirs", "mkdir", "open", "remove", "rename", "symlink")
    assert not attributes(SOURCES[name]) & {f"os.{call}" for call in (*writes, "unlink", "rmdir", "truncate", "write")}
    modes = [
        ast.unparse(argument)
        for node in ast.walk(SOURCES[name])
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "open"
        for argument in node.args[1:]
    ]
    assert set(modes) <= {"'rb'", "'r'"}

import os
import tempfile
from pathlib import Path

import pytest

from labinit.errors import ExecError
from labinit.init.program import Program, _candidates, execute


@pytest.mark.parametrize(
    ("name", "path", "candidates"),
    [
        ("tool", b"PATH=/a:/b", ["/a/tool", "/b/tool"]),
        ("tool", b"PATH=:/b", ["./tool", "/b/tool"]),
        ("tool", b"PATH=", ["./tool"]),
        ("./tool", b"PATH=/a", ["./tool"]),
        ("/x/tool", b"PATH=/a", ["/x/tool"]),
        ("", b"PATH=/a", []),
    ],
)
def test_a_name_without_a_slash_is_looked_for_along_the_path(
    name: str, path: bytes, candidates: list[str]
) -> None:
    assert _candidates(name, (b"XPATH=/wrong", path, b"PATH=/second/is/ignored")) == candidates


def test_without_a_path_the_usual_directories_are_searched() -> None:
    assert "/usr/bin/tool" in _candidates("tool", (b"HOME=/",))


@pytest.mark.parametrize(
    ("argv", "code", "problem", "hint"),
    [
        (["no-such-command"], 127, "run no-such-command: no such command in PATH", "spelling"),
        (["/no/such/command"], 127, "run /no/such/command: there is no such file", "path"),
        (["/etc"], 126, "run /etc: it is a directory", "name a command in it"),
        (["/etc/passwd"], 126, "run /etc/passwd: Permission denied", "chmod \\+x /etc/passwd"),
        (["true", "x" * 3_000_000], 126, "Argument list too long", "pass less"),
    ],
)
def test_what_cannot_be_executed_is_named_with_a_hint(
    argv: list[str], code: int, problem: str, hint: str
) -> None:
    with pytest.raises(ExecError, match=f"{problem}.*; .*{hint}") as caught:
        execute(Program(argv, {"PATH": "/usr/bin:/bin"}))
    assert caught.value.exit_code == code


def test_the_log_calls_a_program_by_its_last_name() -> None:
    assert Program(["/opt/lab/bin/jupyter-lab", "--x"], {}).name == "jupyter-lab"
    assert Program(["/"], {}).name == "/"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not look")
@pytest.mark.parametrize(
    ("name", "code"), [("no-such-command", 127), ("{closed}/command", 126), ("denied", 126)]
)
def test_what_may_be_nowhere_is_not_there(name: str, code: int) -> None:
    """A directory of PATH that this user may not look into has nothing for him. What was named by
    its path has."""
    with tempfile.TemporaryDirectory() as directory:
        closed, readable = Path(directory, "closed"), Path(directory, "readable")
        closed.mkdir(mode=0o700)
        readable.mkdir()
        (readable / "denied").touch(mode=0o600)
        for open_to_all in (Path(directory), readable):
            open_to_all.chmod(0o755)
        path = f"/nowhere:{closed}:{readable}"
        pid = os.fork()
        if pid == 0:
            _execute_as_other([name.format(closed=closed)], path)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == code


def _execute_as_other(argv: list[str], path: str) -> None:
    exit_code = 99
    try:
        os.setuid(4321)
        execute(Program(argv, {"PATH": path}))
    except ExecError as error:
        exit_code = error.exit_code
    finally:
        os._exit(exit_code)

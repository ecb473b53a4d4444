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
def test_what_cannot_be_executed_is_named_with_a_cure(
    argv: list[str], code: int, problem: str, hint: str
) -> None:
    with pytest.raises(ExecError, match=f"{problem}.*; .*{hint}") as caught:
        execute(Program(argv, {"PATH": "/usr/bin:/bin"}))
    assert caught.value.exit_code == code


def test_the_log_calls_a_program_by_its_last_name() -> None:
    assert Program(["/opt/lab/bin/jupyter-lab", "--x"], {}).name == "jupyter-lab"
    assert Program(["/"], {}).name == "/"

"""How it ends: the child's own code, 128 and a signal, or why it could not be run."""

import contextlib
import os
import signal

from tests.system.conformance.inits import Init, build_directory
from tests.system.conformance.table import case

_AT_ONCE = 16
# Those whose default is to end a process.
_FATAL = sorted(
    map(
        int,
        signal.valid_signals()
        - {signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH}
        - {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU})
)  # fmt: skip


def _file(name: str, text: str, mode: int) -> str:
    path = build_directory() / name
    path.write_text(text)
    path.chmod(mode)
    return str(path)


@case("exit", "passes on each exit code from 0 to 255")
def exit_codes(init: Init) -> None:
    for first in range(0, 256, _AT_ONCE):
        with contextlib.ExitStack() as stack:
            codes = range(first, first + _AT_ONCE)
            all_started = [
                stack.enter_context(init.start(["sh", "-c", f"exit {code}"])) for code in codes
            ]
            assert [started.wait() for started in all_started] == list(codes)


@case("exit", "ends with 128+n when signal n kills the child, for each fatal signal")
def killed(init: Init) -> None:
    for signo in _FATAL:
        with init.start(["sh", "-c", f"ulimit -c 0; kill -{signo} $$; exit 99"]) as started:
            assert started.wait() == 128 + signo


@case(
    "exit",
    "no such command: 127, and standard error names it",
    differs={
        "dumb-init": "ends with 2, which a command can return as well",
        "catatonit": "ends with 1, and does not say which command",
    },
)
def not_found(init: Init) -> None:
    for command in ("no-such-command", "/no/such/command"):
        with init.start([command]) as started:
            assert started.wait() == 127
            assert command in started.errors


@case(
    "exit",
    "a file that is not executable, and a directory: 126, and standard error names it",
    differs={
        "dumb-init": "ends with 2",
        "catatonit": "ends with 1, and does not say which command",
    },
)
def not_executable(init: Init) -> None:
    for command in (_file("not-executable", "#!/bin/sh\n", 0o644), str(build_directory())):
        with init.start([command]) as started:
            assert started.wait() == 126
            assert command in started.errors


@case(
    "exit",
    "a script without a first line for the kernel runs in sh, with its arguments",
    differs={},
)
def no_shebang(init: Init) -> None:
    script = _file("no-shebang", 'echo "$0 $1"; exit 6\n', 0o755)
    with init.start([script, "argument"]) as started:
        assert started.wait() == 6
        assert started.said == f"{script} argument\n"


@case(
    "exit",
    (
        "a script whose interpreter is missing: 126 or 127, and standard error says more than "
        "'not found'"
    ),
    differs={
        "dumb-init": "ends with 2, and blames the script",
        "tini": "says that the script does not exist",
        "catatonit": "says that the script does not exist",
    },
)
def no_interpreter(init: Init) -> None:
    with init.start([_file("windows-script", "#!/bin/sh\r\necho hi\r\n", 0o755)]) as started:
        assert started.wait() in {126, 127}
        assert "interpreter" in started.errors


@case(
    "exit",
    "a command that was named but is nothing: 127",
    differs={"dumb-init": "ends with 2", "catatonit": "ends with 1"},
)
def empty_command(init: Init) -> None:
    with init.start([""]) as started:
        assert started.wait() == 127


@case("exit", "the command is looked for in the PATH it is given", differs={})
def path_lookup(init: Init) -> None:
    directory = build_directory() / "path with blank"
    directory.mkdir(exist_ok=True)
    _file("path with blank/only-there", "#!/bin/sh\nexit 8\n", 0o755)
    with init.start(
        ["only-there"], {"PATH": f"/nowhere:{directory}{os.pathsep}/usr/bin:/bin"}
    ) as started:
        assert started.wait() == 8

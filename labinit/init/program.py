"""What the child becomes, how PID 1 is to treat it, and the one place that executes it.

The child imports this module before every start: standard library only, and as little of it as
possible.
"""

import errno
import os

from labinit import GRACE_S
from labinit.errors import ExecError
from labinit.layout import SYSTEM_PATH
from labinit.linux import libc, require

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import NoReturn

_NOT_THERE = (errno.ENOENT, errno.ENOTDIR)
_HINTS = {
    errno.ENOEXEC: "use one built for it, or start the container with --platform",
    errno.E2BIG: "pass less in arguments and environment, or in a file",
    errno.EACCES: "let this user enter each directory above it, if it is there at all",
}


class Program:
    """A command, ready to be executed in the child's current directory and with its current rights.

    Units: `grace_s` in seconds, from the request to stop to SIGKILL.
    """

    def __init__(
        self,
        argv: "tuple[str, ...] | list[str]",
        environ: "Mapping[str, str] | tuple[bytes, ...]",
        *,
        grace_s: int = GRACE_S,
        is_server: bool = False,
        log_level: str = "info",
    ) -> None:
        # Not empty; the first word is looked up in the PATH of `environ`, unless it has a slash.
        self.argv = argv
        # The whole environment, as a mapping or entry by entry as execve(2) takes it.
        self.environ = environ
        self.grace_s = grace_s
        self.is_server = is_server
        self.log_level = log_level

    @property
    def name(self) -> str:
        """The command as the log calls it."""
        return self.argv[0].rpartition("/")[2] or self.argv[0]

    @property
    def entries(self) -> tuple[bytes, ...]:
        """The environment as execve(2) takes it."""
        if isinstance(self.environ, tuple):
            return self.environ
        return tuple(os.fsencode(f"{name}={value}") for name, value in self.environ.items())


def execute(program: Program) -> None:
    """Become the program, as by execvp(3): along PATH, by /bin/sh if a script has no shebang line.

    Raises: ExecError, if it cannot be executed.
    """

    def become(path: str) -> None:
        try:
            _execve(path, program.argv, program.entries)
        except OSError as error:
            if error.errno != errno.ENOEXEC or _is_elf(path):
                raise
            _execve("/bin/sh", ["/bin/sh", path, *program.argv[1:]], program.entries)

    _try_in_turn(program, become)


def require_command(program: Program) -> None:
    """Find out whether the program could be executed, as far as that can be told without doing it.

    Raises: ExecError, as `execute` does.
    """
    _try_in_turn(program, _require_executable)


def _try_in_turn(program: Program, attempt: "Callable[[str], None]") -> None:
    """Attempt each path that a command may mean, up to the first success. Raises: ExecError."""
    name, denied = program.argv[0], None
    for path in _candidates(name, program.entries):
        try:
            attempt(path)
        except OSError as error:
            # In a directory that this user may not look into, whatever has the name cannot be meant
            # either.
            cannot_be_seen = error.errno in _NOT_THERE or "/" not in name
            if not cannot_be_seen or os.path.exists(path):
                # Like execvp(3): a later directory may hold one that can be executed.
                denied = denied or OSError(error.errno, error.strerror, path)
        else:
            return
    _refuse(name, denied)


def _require_executable(path: str) -> None:
    """Find out whether execve(2) could take a file. Raises: OSError, as it would."""
    os.stat(path)
    if os.path.isdir(path) or not os.access(path, os.X_OK):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))
    if not _has_interpreter(path):
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))


def _has_interpreter(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            first = file.readline(256)
    except OSError:  # it may be executed and not read
        return True
    words = first[2:].rstrip(b"\n").split()
    return not first.startswith(b"#!") or (bool(words) and os.path.exists(words[0]))


def _refuse(name: str, denied: OSError | None) -> "NoReturn":
    if denied is not None:
        raise ExecError(f"run {denied.filename}: {_explain(denied)}", _hint(denied), 126)
    if "/" in name:
        raise ExecError(
            f"run {name}: there is no such file",
            "check the path and the volumes of the container",
            127,
        )
    raise ExecError(
        f"run {name}: no such command in PATH", "check the spelling, or give its whole path", 127
    )


def _candidates(name: str, environ: tuple[bytes, ...]) -> list[str]:
    if "/" in name or not name:
        return [name] if name else []
    paths = (entry[5:] for entry in environ if entry.startswith(b"PATH="))
    # Like execvp(3), which has a default where PATH is unset.
    path = os.fsdecode(next(paths, os.fsencode(SYSTEM_PATH)))
    return [os.path.join(directory or ".", name) for directory in path.split(":")]


def _execve(path: str, argv: "tuple[str, ...] | list[str]", environ: tuple[bytes, ...]) -> None:
    """Execute with exactly these entries. Raises: OSError."""
    # `os.execve` takes named ones only, each name once.
    named = dict(entry.split(b"=", 1) for entry in environ if b"=" in entry[1:])
    if len(named) == len(environ):
        os.execve(path, argv, named)
    import ctypes  # noqa: PLC0415 - hardly anybody needs it

    raw_argv = [os.fsencode(word) for word in argv]
    result = libc().execve(
        os.fsencode(path),
        (ctypes.c_char_p * (len(raw_argv) + 1))(*raw_argv),
        (ctypes.c_char_p * (len(environ) + 1))(*environ),
    )
    require(result)


def _is_elf(path: str) -> bool:
    """Tell whether it is another machine's program, rather than a script without a shebang line."""
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def _explain(error: OSError) -> str:
    if error.errno == errno.ENOEXEC:
        return f"it is a program for another kind of machine, and this one is {os.uname().machine}"
    if error.errno in _NOT_THERE:
        return "the interpreter or the loader it names does not exist"
    if os.path.isdir(error.filename):
        return "it is a directory"
    return error.strerror or str(error)


def _hint(error: OSError) -> str:
    if error.errno in _NOT_THERE:
        return (
            "check its first line (a script from Windows ends it with a carriage return), or"
            " install what it names"
        )
    if os.path.isdir(error.filename):
        return "name a command in it"
    if error.errno == errno.EACCES and os.path.exists(error.filename):
        return f"chmod +x {error.filename}, and check that its file system is not mounted noexec"
    return _HINTS.get(error.errno or 0, "see what limits the container")

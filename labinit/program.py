"""What the child becomes, how PID 1 is to treat it, and the one place that executes it.

PID 1 imports this module: standard library only, and as little of it as possible.
"""

import errno
import os

from labinit.errors import ExecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn

GRACE_S = 8
# Source: execvp(3), which searches here where PATH is unset.
_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_NOT_THERE = (errno.ENOENT, errno.ENOTDIR)


class Program:
    """A command, ready to be executed in the child's current directory and with its current rights.

    Shape: `argv` is not empty; `argv[0]` is looked up in the PATH of `environ` unless it contains a slash; `environ` is
    the whole environment, as str throughout or as bytes throughout.
    Units: `grace_s` in seconds, from the request to stop to SIGKILL.
    """

    __slots__ = ("argv", "environ", "grace_s", "is_server", "log_level")

    def __init__(
        self,
        argv: "tuple[str, ...] | list[str]",
        environ: "Mapping[str, str] | Mapping[bytes, bytes]",
        *,
        grace_s: int = GRACE_S,
        is_server: bool = False,
        log_level: str = "info",
    ) -> None:
        self.argv = argv
        self.environ = environ
        self.grace_s = grace_s
        self.is_server = is_server
        self.log_level = log_level

    @property
    def name(self) -> str:
        """The command as the log calls it."""
        return os.path.basename(self.argv[0]) or self.argv[0]


def execute(program: Program) -> "NoReturn":
    """Become the program, as execvp(3) would: along PATH, and through /bin/sh where a script has no shebang line.

    Raises: ExecError, if it cannot be executed.
    """
    name = program.argv[0]
    denied: OSError | None = None
    for path in _candidates(program):
        try:
            os.execve(path, program.argv, program.environ)
        except OSError as error:
            if error.errno == errno.ENOEXEC:
                _execute_script(path, program)
            if error.errno in _NOT_THERE and not os.path.exists(path):
                continue
            # Like execvp(3): a later directory may hold one that can be executed.
            denied = denied or OSError(error.errno, error.strerror, path)
    if denied is not None:
        raise ExecError(f"run {denied.filename}: {_explain(denied)}", _cure(denied), 126)
    if "/" in name:
        raise ExecError(f"run {name}: there is no such file", "check the path and the volumes of the container", 127)
    raise ExecError(f"run {name}: no such command in PATH", "check the spelling, or give its whole path", 127)


def _candidates(program: Program) -> list[str]:
    name = program.argv[0]
    if "/" in name:
        return [name]
    path = {os.fsdecode(key): os.fsdecode(value) for key, value in program.environ.items()}.get("PATH", _DEFAULT_PATH)
    return [os.path.join(directory or ".", name) for directory in path.split(":")] if name else []


def _execute_script(path: str, program: Program) -> None:
    """Run a file of no known format as a shell script; return if it is a program for another machine."""
    with open(path, "rb") as file:
        if file.read(4) == b"\x7fELF":
            return
    os.execve("/bin/sh", ["/bin/sh", path, *program.argv[1:]], program.environ)


def _explain(error: OSError) -> str:
    if error.errno == errno.ENOEXEC:
        return f"it is a program for another kind of machine, and this one is {os.uname().machine}"
    if error.errno in _NOT_THERE:
        return "the interpreter or the loader it names does not exist"
    if os.path.isdir(error.filename):
        return "it is a directory"
    return error.strerror or str(error)


def _cure(error: OSError) -> str:
    if error.errno == errno.ENOEXEC:
        return "use one built for it, or start the container with --platform"
    if error.errno in _NOT_THERE:
        return "check its first line (a script from Windows ends it with a carriage return), or install what it names"
    if os.path.isdir(error.filename):
        return "name a command in it"
    return f"chmod +x {error.filename}, and check that its file system is not mounted noexec"

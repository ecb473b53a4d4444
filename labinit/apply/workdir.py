"""Goes to where the user works, and says what keeps the user from working there."""

from __future__ import annotations

import errno
import os

from labinit import log
from labinit.errors import ConflictError, ExecError
from labinit.facts.files import read_text
from labinit.layout import NOBODY

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from labinit.init.program import Program
    from labinit.plan.steps import Identity
else:
    # Without the enums that `socket` makes of it, which take longer than all the rest of a start's
    # imports.
    import _socket as socket


def enter(data: str, identity: Identity, warn: Callable[[str, str], object] = log.warning) -> None:
    """Go to the data directory, which is the root of the server's files, or else home."""
    try:
        os.chdir(data)
    except FileNotFoundError:
        _enter_other(identity.home)  # the plan has told
    except OSError as error:
        warn(f"enter {data}: {error.strerror}; starting in {identity.home}", _hint(data, identity))
        _enter_other(identity.home)
    else:
        is_read_only = os.statvfs(".").f_flag & os.ST_RDONLY  # the plan has told
        if not os.access(".", os.W_OK) and not is_read_only:
            who = f"{identity.uid}:{identity.gid}"
            warn(
                f"{data} cannot be written by {who}: notebooks cannot be saved",
                _hint(data, identity),
            )


def require_port(port: int, program: Program) -> None:
    """Find out before the server whether it can have its port. Raises: ConflictError."""
    if not program.is_server or any("port" in argument for argument in program.argv):
        return
    if "JUPYTERHUB_API_TOKEN" in program.environ:  # the hub says where
        return
    try:
        probe = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        # As the server does: connections of the last one may wait in TIME_WAIT. Source: ip(7).
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("0.0.0.0", port))  # noqa: S104 - where the server listens
        probe.close()
    except OSError as error:
        raise ConflictError(
            f"listen on port {port}: {error.strerror}",
            f"choose {'a free port' if error.errno == errno.EADDRINUSE else 'one above 1023'}"
            " with LABPORT",
        ) from error


def require_server(program: Program) -> None:
    """Find out whether there is a server to execute. Raises: ExecError."""
    if not program.is_server:
        return
    # A `pip install` of labinit brings none.
    try:
        os.stat(program.argv[0])
    except FileNotFoundError as error:
        raise ExecError(
            f"run {program.argv[0]}: JupyterLab is not installed here",
            "use the labinit image, or install it: pip install jupyterlab",
            127,
        ) from error
    except OSError:
        return  # to execute it says why


def _enter_other(path: str) -> None:
    try:
        os.chdir(path)
    except OSError:
        os.chdir("/")


def _hint(data: str, identity: Identity) -> str:
    """Return what lets the user write to the data directory, seen from where the engine is."""
    hints = [f"chown {identity.uid}:{identity.gid} it on the host"]
    try:
        status = os.stat(data)
    except PermissionError:
        return f"name one that {identity.user} can reach, or let others enter those above it"
    except OSError:
        return hints[0]
    if status.st_uid == NOBODY and _lacks_ids():
        hints = [
            "give it on the host to the user who runs the engine, whose ids are root's in here"
        ]
    elif status.st_uid == 0:
        hints.append(f"mount a volume at {data} that this user can write to")
    elif identity.is_inherited:
        hints.append(f"start with --user {status.st_uid}:{status.st_gid}")
    elif identity.uid != 0:
        hints.append(f"set LABUID={status.st_uid} and LABGID={status.st_gid}")
    if identity.is_inherited and status.st_mode & 0o070 == 0o070:
        hints.append(f"add --group-add {status.st_gid}")
    return ", or ".join(hints)


def _lacks_ids() -> bool:
    """Tell whether some ids do not exist here: user_namespaces(7)."""
    return (read_text("/proc/self/uid_map") or "").split() != ["0", "0", str(2**32 - 1)]

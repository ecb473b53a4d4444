"""A shell as the lab user, as it would be in a terminal of JupyterLab: for `docker exec -it`."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, NoReturn

import psutil

from labinit.become import become
from labinit.ctl.running import find_running
from labinit.errors import ConflictError, NotPermittedError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Of the terminal that asks, not of the server.
_OF_THE_TERMINAL = ("TERM", "COLUMNS", "LINES", "COLORTERM")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes: all of it is the shell's."""
    parser.prefix_chars = "\0"  # `-c` is the shell's own option
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="as in -c COMMAND")


def run(options: argparse.Namespace, environ: Mapping[str, str]) -> NoReturn:
    """Become the lab user and execute a login shell with the arguments, as in `-c COMMAND`.

    Raises: ConflictError, if there is no lab user; NotPermittedError, to anybody but that user and
    root.
    """
    theirs = enter_as_lab_user("labctl shell", environ)
    shell = theirs.get("SHELL", "/bin/bash")
    os.execve(shell, [os.path.basename(shell), "-l", *options.arguments], theirs)


def enter_as_lab_user(command: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Become the lab user, in the data directory; return the environment for a shell.

    Raises: ConflictError, if there is no lab user; NotPermittedError, to anybody but that user and
    root.
    """
    running = find_running(environ)
    if running is None:
        raise ConflictError(
            f"{command}: nothing runs here", "wait until `labctl health` says that it does"
        )
    who, pid = running.report["identity"], running.report["pid"]
    if os.geteuid() == 0:
        become(running.identity)
    elif os.geteuid() != who["uid"]:
        raise NotPermittedError(
            f"{command}: you are uid {os.geteuid()} and cannot become {who['user']}",
            "use docker exec --user 0",
        )
    os.umask(who["umask"])
    # Only now: root without CAP_SYS_PTRACE may not read it, and the user may.
    theirs = psutil.Process(pid).environ()
    theirs |= {name: environ[name] for name in _OF_THE_TERMINAL if name in environ}
    _enter(running.report["data"], who["home"])
    return theirs


def _enter(*directories: str) -> None:
    for directory in (*directories, "/"):
        try:
            os.chdir(directory)
        except OSError:
            continue
        return

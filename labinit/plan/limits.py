"""Refuses a start of the server that could not last: what its threads and files need. Pure."""

from __future__ import annotations

from labinit.errors import NotPermittedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from labinit.facts.system import Facts

# Measured with one kernel of each language beside the server: with 64 files a Python kernel fails
# and with 96 none does; with 24 processes Java and Scala fail and with 32 none does.
_FILES = 96
_PROCESSES = 32


def require_limits(facts: Facts) -> None:
    """Refuse limits under which the server or a kernel would die. Raises: NotPermittedError."""
    if not facts.can_make_threads:
        raise NotPermittedError(
            'start threads: the engine answers the call clone3 with "not permitted", which glibc'
            " 2.34 and later take for an answer",
            "update the engine (Docker 20.10.10, containerd 1.5.7, libseccomp 2.5.2 or later),"
            " or add --security-opt seccomp=unconfined",
        )
    if facts.open_files < _FILES:
        raise NotPermittedError(
            f"start the server: a process may have {facts.open_files} files open, and a kernel"
            " needs more",
            "start the container with --ulimit nofile=1024:524288",
        )
    if 0 < facts.processes < _PROCESSES:
        raise NotPermittedError(
            f"start the server: the container may have {facts.processes} processes and threads,"
            " and a kernel needs more",
            "start it with --pids-limit 1024, or without that option",
        )

"""Ends what the child has left behind: in its own PID namespace, or its own children."""

import errno
import os
import signal
import time

from labinit import log
from labinit.linux import ProcessStat, processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# With the grace period of 8 s before it, all of it ends before the 10 s that Docker gives.
_PHASES = ((signal.SIGTERM, "SIGTERM", 1.0), (signal.SIGKILL, "SIGKILL", 0.5))
_NAMED = 8


def drain() -> None:
    """End and collect all in the container, or our children: SIGTERM, a second, SIGKILL."""
    # kill(-1) reaches all in the PID namespace, but for PID 1 itself: nobody else's if we are that.
    # Source: kill(2).
    is_init = os.getpid() == 1
    for signo, name, patience_s in _PHASES:
        deadline = time.monotonic() + patience_s
        signalled: set[int] = set()
        while _has_children(deadline):
            # Anyone but PID 1 signals children only: nobody else's pid can be theirs, and what they
            # leave behind becomes a child in turn.
            targets = {-1} if is_init else {pid for pid, _ in _remaining(is_init=False)}
            if not signalled:
                log.info(f"left behind: {_describe_remaining(is_init)}; sending {name}")
            for pid in targets - signalled:
                _kill(pid, signo)
            signalled |= targets
            left_s = deadline - time.monotonic()
            # It is blocked, and so stays pending from before the look at who is left.
            if left_s <= 0 or signal.sigtimedwait({signal.SIGCHLD}, left_s) is None:
                break
        else:
            return
    log.info(f"left running: {_describe_remaining(is_init)}")


def process_name(pid: int) -> str:
    """Return a process as the log calls it."""
    try:
        return f"{ProcessStat(pid).name} ({pid})"
    except OSError:
        return f"process {pid}"


def _has_children(deadline: float) -> bool:
    """Collect what has ended, until the deadline at most, and tell whether children are left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0] and time.monotonic() < deadline:
            pass
    except ChildProcessError:
        return False
    return True


def _kill(pid: int, signo: int) -> None:
    try:
        os.kill(pid, signo)
    except OSError as error:
        if error.errno != errno.ESRCH:
            log.debug(f"send signal {signo} to {pid}: {error.strerror}")


def _describe_remaining(is_init: bool) -> str:
    names = [name for _, name in _remaining(is_init=is_init)]
    more = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return ", ".join([*names[:_NAMED], *more]) or "processes that cannot be seen without /proc"


def _remaining(*, is_init: bool) -> "Iterator[tuple[int, str]]":
    """Yield pid and name of what has not ended: all in the PID namespace, or our own children."""
    own = os.getpid()
    for pid, stat in processes():
        if pid != own and stat.state not in "ZX" and (is_init or stat.parent == own):
            yield pid, f"{stat.name} ({pid})"

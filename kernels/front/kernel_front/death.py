"""Explains why a process has ended. Ends none."""

from __future__ import annotations

import os
import signal

# cgroup v2, then v1: both tell how many processes the kernel has killed for want of memory.
_OOM_COUNTS = ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def oom_kills() -> int:
    """Return how often this container lost a process for want of memory, as far as known."""
    for path in _OOM_COUNTS:
        for line in _lines(path):
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


def cause_of_death(status: int, oom_kills_before: int) -> str:
    """Say what ended a process. Shape: "exit code 3", "SIGSEGV (Segmentation fault)"."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"it ended with exit code {code}"
    number = -code
    if number == signal.SIGKILL and oom_kills() > oom_kills_before:
        return f"the container ran out of memory{_limit()}, and the system killed it"
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    hint = ", as the system does when memory runs out" if number == signal.SIGKILL else ""
    return f"it was killed by {name} ({signal.strsignal(number)}){hint}"


def _limit() -> str:
    for path in _LIMITS:
        for line in _lines(path):
            if line.strip().isdecimal():
                return f" (its limit is {int(line) >> 20} MiB)"
    return ""


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8") as file:
            return file.readlines()
    except OSError:
        return []

"""Reads the container's control group, version 1 or 2: what it uses, may use, and has lacked.

Never writes, never raises; each `root` stands before every path. PID 1 imports this module:
standard library only, and as little of it as possible.
"""

import os

# Where the cgroup file systems are mounted, per version, and the names of the files. Source: the
# kernel's admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst.
_MOUNT_V2, _MOUNT_V1 = "/sys/fs/cgroup", "/sys/fs/cgroup/memory"
_V2 = (_MOUNT_V2, "memory.events")
_V1 = (_MOUNT_V1, "memory.oom_control")
_USAGE = (
    (_MOUNT_V2, "memory.current", "memory.max", "inactive_file"),
    (_MOUNT_V1, "memory.usage_in_bytes", "memory.limit_in_bytes", "total_inactive_file"),
)


def oom_kills(root: str = "") -> int:
    """Return the count of our cgroup; 0 where the kernel does not tell.

    Source: cgroups(7), cgroup v2 "memory.events", cgroup v1 "memory.oom_control".
    """
    # Without a cgroup namespace of our own (`--cgroupns=host`, the default of cgroup v1), ours is
    # the one that /proc/self/cgroup names, if it can be seen; otherwise it is what is mounted.
    for (mount, name), path in _own_cgroups(root):
        for directory in (mount + path, mount):
            count = _read_count(f"{root}{directory}/{name}", "oom_kill")
            if count is not None:
                return count
    return 0


def memory(root: str = "") -> tuple[int | None, int | None]:
    """Return how much memory is used, as `docker stats` shows it, and how much may be.

    Shape: the first is None where unknown, the second where only the machine's own limit holds.
    Units: bytes.
    """
    for mount, usage, limit, cache in _USAGE:
        directory = root + mount
        used = _number(f"{directory}/{usage}")
        if used is not None:
            # Page cache that can be dropped at once.
            idle = _read_count(f"{directory}/memory.stat", cache) or 0
            return max(0, used - idle), _limit(f"{directory}/{limit}")
    return None, None


def cpus(root: str = "") -> float | None:
    """Return how many processors may be used, None where only the machine's number holds.

    Source: cgroup v2 "cpu.max", cgroup v1 "cpu.cfs_quota_us" (the kernel's sched-bwc.rst).
    """
    directory = f"{root}{_MOUNT_V2}"
    quota, _, period = _text(f"{directory}/cpu.max").partition(" ")
    if not quota:
        quota = _text(f"{directory}/cpu/cpu.cfs_quota_us")
        period = _text(f"{directory}/cpu/cpu.cfs_period_us")
    if quota.isdecimal() and period.isdecimal() and int(period) > 0:
        return int(quota) / int(period)
    return None


def processes(root: str = "") -> int | None:
    """Return how many processes and threads there may be, None for no limit."""
    for path in (f"{_MOUNT_V2}/pids.max", f"{_MOUNT_V2}/pids/pids.max"):
        limit = _number(root + path)
        if limit is not None:
            return limit
    return None


def _own_cgroups(root: str) -> list[tuple[tuple[str, str], str]]:
    """Return the cgroups that may count memory, the likelier first."""
    # A line is `hierarchy:controllers:path`; version 2 has no controllers in it.
    cgroups: list[tuple[tuple[str, str], str]] = []
    for line in _text(f"{root}/proc/self/cgroup").splitlines():
        controllers, _, path = line.partition(":")[2].partition(":")
        if "memory" in controllers.split(","):
            cgroups.insert(0, (_V1, path.rstrip("/")))
        elif not controllers:
            cgroups.append((_V2, path.rstrip("/")))
    return cgroups or [(_V2, ""), (_V1, "")]


def _read_count(path: str, name: str) -> int | None:
    for line in _text(path).splitlines():
        key, _, value = line.partition(" ")
        if key == name and value.isdecimal():
            return int(value)
    return None


def _limit(path: str) -> int | None:
    """Return the limit, None for "max" and for the number that version 1 writes in its place."""
    limit = _number(path)
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return limit if limit is not None and limit < machine else None


def _number(path: str) -> int | None:
    try:
        return int(_text(path))
    except ValueError:
        return None


def _text(path: str) -> str:
    try:
        with open(path) as file:
            return file.read().strip()
    except (OSError, ValueError):
        return ""

"""How much memory the container uses and may use.

Reads the files of its control group, version 1 or 2.
"""

from __future__ import annotations

import os
from typing import NamedTuple

# Source: the kernel's admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst.
_V2 = ("/sys/fs/cgroup", "memory.current", "memory.max", "inactive_file")
_V1 = (
    "/sys/fs/cgroup/memory",
    "memory.usage_in_bytes",
    "memory.limit_in_bytes",
    "total_inactive_file",
)


class Memory(NamedTuple):
    """Units: bytes.

    Shape: `limit` is None where there is none but the machine's own; `used` is None where unknown.
    """

    used: int | None
    limit: int | None


def read_memory(root: str = "") -> Memory:
    """Return what `docker stats` would show: page cache that can be dropped at once is not counted.

    `root` stands before every path.
    """
    for mount, usage, limit, cache in (_V2, _V1):
        directory = root + mount
        used = _number(f"{directory}/{usage}")
        if used is not None:
            return Memory(
                max(0, used - _cache(f"{directory}/memory.stat", cache)),
                _limit(f"{directory}/{limit}"),
            )
    return Memory(None, None)


def _limit(path: str) -> int | None:
    """Return the limit, None for "max" and for the number that version 1 writes in its place."""
    limit = _number(path)
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return limit if limit is not None and limit < machine else None


def _number(path: str) -> int | None:
    try:
        with open(path, encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return None


def _cache(path: str, name: str) -> int:
    try:
        with open(path, encoding="ascii") as file:
            return next(
                (int(value) for key, value in (line.split() for line in file) if key == name), 0
            )
    except (OSError, ValueError):
        return 0

"""Reads how many processes of this container the kernel has killed for want of memory.

Never writes, never raises.
"""

# Where the cgroup file systems are mounted, per version: mount point, file with the count.
_V2 = ("/sys/fs/cgroup", "memory.events")
_V1 = ("/sys/fs/cgroup/memory", "memory.oom_control")


def oom_kills(root: str = "") -> int:
    """Return the count of our cgroup; 0 where the kernel does not tell.

    Without a cgroup namespace of our own (`--cgroupns=host`, the default of cgroup v1), our cgroup
    is the one that /proc/self/cgroup names, if it can be seen; otherwise it is what is mounted.
    `root` stands before every path.

    Source: cgroups(7), cgroup v2 "memory.events", cgroup v1 "memory.oom_control".
    """
    for (mount, name), path in _own_cgroups(root):
        for directory in (mount + path, mount):
            count = _read_count(f"{root}{directory}/{name}")
            if count is not None:
                return count
    return 0


def _own_cgroups(root: str) -> list[tuple[tuple[str, str], str]]:
    """Return the cgroups that may count memory, the likelier first.

    Shape: a line of /proc/self/cgroup is `hierarchy:controllers:path`; version 2 has no controllers
    in it.
    """
    found: list[tuple[tuple[str, str], str]] = []
    try:
        with open(f"{root}/proc/self/cgroup") as file:
            for line in file:
                _, controllers, path = line.rstrip("\n").split(":", 2)
                if "memory" in controllers.split(","):
                    found.insert(0, (_V1, path.rstrip("/")))
                elif not controllers:
                    found.append((_V2, path.rstrip("/")))
    except (OSError, ValueError):
        pass
    return found or [(_V2, ""), (_V1, "")]


def _read_count(path: str) -> int | None:
    try:
        with open(path) as file:
            for line in file:
                key, _, value = line.partition(" ")
                if key == "oom_kill":
                    return int(value)
    except (OSError, ValueError):
        pass
    return None

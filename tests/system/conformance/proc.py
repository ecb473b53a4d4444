"""What /proc says of a process."""

import os


def children(pid: int) -> dict[int, str]:
    """Return the children of a process, zombies included: pid → state."""
    found = {}
    for child in (int(name) for name in os.listdir("/proc") if name.isdigit()):
        try:
            with open(f"/proc/{child}/stat", "rb") as file:
                state, parent = file.read().rpartition(b")")[2].split()[:2]
        except OSError:
            continue
        if int(parent) == pid:
            found[child] = state.decode()
    return found


def has_child(pid: int) -> bool:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return bool(file.read())


def status_field(pid: int, name: str, base: int = 10) -> int:
    """Return a number of /proc/PID/status."""
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1], base) for line in file if line.startswith(f"{name}:"))

"""Reads accounts, who uses them, and what killed account tools have left. Never writes."""

from __future__ import annotations

import os

from labinit.facts.files import listing, read_text
from labinit.linux import processes
from labinit.quick import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from labinit.facts.files import Mount

_FILES = ("passwd", "shadow", "group", "gshadow")
# Source: commonio.c of shadow-utils: NAME.lock, NAME.PID before it is linked there, NAME+ before it
# is renamed to NAME; passverify.c of Linux-PAM: npasswd, nshadow.
_LEFTOVERS = {f"{name}{end}" for name in _FILES for end in (".lock", "+")} | {"npasswd", "nshadow"}
_ACCOUNT_TOOLS = {
    *("chpasswd", "gpasswd", "groupadd", "groupdel", "groupmod"),
    *("passwd", "useradd", "userdel", "usermod", "vipw"),
}
# No password was ever set; "!" before a hash is one that somebody has locked.
_NEVER_SET = {"", "!", "!!", "!*", "*", "x"}


class User(NamedTuple):
    """A line of /etc/passwd, with what /etc/shadow says of the password."""

    name: str
    uid: int
    gid: int
    home: str
    shell: str
    has_password: bool = False


class Group(NamedTuple):
    """A line of /etc/group."""

    name: str
    gid: int
    members: tuple[str, ...] = ()


def find_users() -> tuple[User, ...]:
    """Return the accounts of this system."""
    hashes = {fields[0]: fields[1] for fields in _entries("/etc/shadow", 2)}
    return tuple(
        User(name, int(uid), int(gid), home, shell, hashes.get(name, "*") not in _NEVER_SET)
        for name, _, uid, gid, _, home, shell, *_ in _entries("/etc/passwd", 7)
        if gid.isdecimal()
    )


def find_groups() -> tuple[Group, ...]:
    """Return the groups of this system."""
    return tuple(
        Group(name, int(gid), tuple(filter(None, members.split(","))))
        for name, _, gid, members, *_ in _entries("/etc/group", 4)
    )


def can_edit_accounts(mounts: dict[str, Mount]) -> bool:
    """Tell whether the account files can be replaced: not on a read-only root, nor a mount."""
    return os.access("/etc", os.W_OK) and not any(f"/etc/{name}" in mounts for name in _FILES)


def busy_uids() -> frozenset[int]:
    """Return the uids that processes of this container run under."""
    # With --pid=host or a shared process namespace, those of others are there to be seen, but use
    # other accounts: the control group tells.
    own = read_text("/proc/self/cgroup")
    uids = set()
    for name in listing("/proc"):
        if name.isdigit():
            try:
                if read_text(f"/proc/{name}/cgroup") == own:
                    uids.add(os.stat(f"/proc/{name}").st_uid)
            except OSError:
                continue
    return frozenset(uids)


def stale_locks() -> tuple[str, ...]:
    """Return what killed account tools have left behind, unless one runs: then it may be its."""
    names = (name for name in listing("/etc") if name in _LEFTOVERS or _has_pid(name))
    locks = tuple(f"/etc/{name}" for name in sorted(names))
    if not locks:
        return ()
    running = {process.name for _, process in processes()}
    return () if running & _ACCOUNT_TOOLS else locks


def _has_pid(name: str) -> bool:
    file, _, pid = name.partition(".")
    return file in _FILES and pid[:1].isdecimal()


def _entries(path: str, width: int) -> Iterable[list[str]]:
    """Yield the sound lines of an account file, split; account tools skip the others, too."""
    for line in (read_text(path) or "").split("\n"):
        fields = line.split(":")
        if len(fields) >= width and fields[0] and not (width > 2 and not fields[2].isdecimal()):
            yield fields

"""Reads the system: accounts, mounts, owners, capabilities, namespaces. Never writes."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from glob import glob
from typing import TYPE_CHECKING

from labinit import record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from labinit.settings import Settings

RUN_DIRECTORY = "/run/labinit"
SUDOERS_PATH = "/etc/sudoers.d/labinit"
# Source: commonio.c of shadow-utils: NAME.lock, NAME.PID before it is linked there, NAME+ before it is renamed to NAME.
_LEFTOVERS = tuple(
    f"/etc/{name}{suffix}" for name in ("passwd", "shadow", "group", "gshadow") for suffix in (".lock", ".[0-9]*", "+")
)
_ACCOUNT_TOOLS = {
    "useradd",
    "userdel",
    "usermod",
    "groupadd",
    "groupdel",
    "groupmod",
    "gpasswd",
    "passwd",
    "chpasswd",
    "vipw",
}
# No password was ever set; "!" before a hash is one that somebody has locked.
_NEVER_SET = {"", "!", "!!", "!*", "*", "x"}
_DEVICES = ("/dev/dri/*", "/dev/kfd", "/dev/nvidia*", "/dev/snd/*")
_LOOK_AT_MOST = 256

# Source: linux/capability.h. Those labinit may ever speak of.
CAPABILITIES = {
    "CHOWN": 0,
    "DAC_OVERRIDE": 1,
    "FOWNER": 3,
    "FSETID": 4,
    "KILL": 5,
    "SETGID": 6,
    "SETUID": 7,
    "SETPCAP": 8,
    "AUDIT_WRITE": 29,
}


@dataclass(frozen=True)
class User:
    """A line of /etc/passwd, with what /etc/shadow says of the password."""

    name: str
    uid: int
    gid: int
    home: str
    shell: str
    has_password: bool = False


@dataclass(frozen=True)
class Group:
    """A line of /etc/group."""

    name: str
    gid: int
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class Directory:
    """A directory as it is found.

    Shape: `roots_entries` counts, among the first 256 entries that could be given away, those that belong to uid 0;
    `missing_skeleton` are the names in /etc/skel that it lacks.
    """

    uid: int
    gid: int
    mode: int
    filesystem: str = ""
    is_read_only: bool = False
    roots_entries: int = 0
    missing_skeleton: tuple[str, ...] = ()


@dataclass(frozen=True)
class IdRange:
    """Ids of this user namespace, `first` to `first + count - 1`, that exist outside of it."""

    first: int
    count: int


@dataclass(frozen=True)
class Facts:
    """The system, as far as a plan depends on it. Values only, so that a plan can be tested without a system.

    Shape: `groups` are the supplementary gids this process was given; `run_path` is where this process can keep the
    token; `token_owner` is uid and mode of its file; `usable_home` is where a user without set-up can write; `entropy`
    are 40 fresh random bytes and `now` the time, read here so that the plan is a pure function.
    """

    euid: int
    egid: int
    groups: tuple[int, ...]
    capabilities: frozenset[str]
    no_new_privs: bool
    users: tuple[User, ...]
    account_groups: tuple[Group, ...]
    busy_uids: frozenset[int]
    uid_map: tuple[IdRange, ...]
    gid_map: tuple[IdRange, ...]
    device_gids: tuple[int, ...]
    stale_locks: tuple[str, ...]
    record: record.Record | None
    data: Directory | None
    home: Directory | None
    usable_home: str
    run_path: str
    run_directory: Directory | None
    runtime_directory: Directory | None
    sudoers: str | None
    token: str | None
    token_owner: tuple[int, int] | None
    is_timezone_known: bool
    now: str
    entropy: bytes


def observe(settings: Settings) -> Facts:
    """Return what the plan for `settings` depends on. Reads only, and each thing once.

    Raises: OSError, where the system is too broken to look at.
    """
    mounts = _mounts()
    run_path = _run_path()
    status = _process_status()
    return Facts(
        euid=os.geteuid(),
        egid=os.getegid(),
        groups=tuple(os.getgroups()),
        capabilities=_capabilities(status),
        no_new_privs=status.get("NoNewPrivs") == "1",
        users=_users(),
        account_groups=_groups(),
        busy_uids=_busy_uids(),
        uid_map=_id_map("uid_map"),
        gid_map=_id_map("gid_map"),
        device_gids=_device_gids(),
        stale_locks=_stale_locks(),
        record=_record(),
        data=_directory(settings.data, mounts),
        home=_directory(settings.home_directory, mounts, skeleton=True),
        usable_home=_usable_home(settings),
        run_path=run_path,
        run_directory=_directory(run_path, mounts),
        runtime_directory=_directory(f"{run_path}/jupyter", mounts),
        sudoers=_text(SUDOERS_PATH),
        token=_text(f"{run_path}/token"),
        token_owner=_owner_and_mode(f"{run_path}/token"),
        is_timezone_known=settings.timezone is None or _is_timezone(settings.timezone),
        now=datetime.now(UTC).isoformat(timespec="seconds"),
        entropy=secrets.token_bytes(40),
    )


def _run_path() -> str:
    """Return where this process can keep what the server needs: /run/labinit, or where that cannot be, a place in /tmp."""
    if os.geteuid() == 0:
        return RUN_DIRECTORY
    is_usable = os.access(RUN_DIRECTORY if os.path.exists(RUN_DIRECTORY) else os.path.dirname(RUN_DIRECTORY), os.W_OK)
    return RUN_DIRECTORY if is_usable else f"/tmp/labinit-{os.geteuid()}"  # noqa: S108 - MakeDirectory refuses what others own


def _usable_home(settings: Settings) -> str:
    """Return the first of HOME, the data directory and a place in /tmp that this process can write to."""
    for path in (settings.home, settings.inherited_home, settings.data):
        if path and path != "/" and os.access(path, os.W_OK | os.X_OK):
            return path
    return f"/tmp/home-{os.geteuid()}"  # noqa: S108 - MakeDirectory refuses what others own


def _stale_locks() -> tuple[str, ...]:
    """Return what killed account tools have left behind, unless one of them runs: then it may be its own."""
    found = sorted(path for pattern in _LEFTOVERS for path in glob(pattern))
    if not found:
        return ()
    running = {(_text(f"/proc/{name}/comm") or "").strip() for name in _listing("/proc") if name.isdigit()}
    return () if running & _ACCOUNT_TOOLS else tuple(found)


def _users() -> tuple[User, ...]:
    hashes = {fields[0]: fields[1] for fields in _entries("/etc/shadow", 2)}
    return tuple(
        User(name, int(uid), int(gid), home, shell, hashes.get(name, "*") not in _NEVER_SET)
        for name, _, uid, gid, _, home, shell, *_ in _entries("/etc/passwd", 7)
    )


def _groups() -> tuple[Group, ...]:
    return tuple(
        Group(name, int(gid), tuple(filter(None, members.split(","))))
        for name, _, gid, members, *_ in _entries("/etc/group", 4)
    )


def _entries(path: str, width: int) -> Iterable[list[str]]:
    """Yield the sound lines of an account file, split; the tools that write these files skip the others as well."""
    for line in (_text(path) or "").splitlines():
        fields = line.split(":")
        if len(fields) >= width and fields[0] and not (width > 2 and not fields[2].isdecimal()):
            yield fields


def _busy_uids() -> frozenset[int]:
    """Return the uids that processes other than this one and its ancestors run under."""
    uids = set()
    for name in _listing("/proc"):
        if name.isdigit():
            try:
                uids.add(os.stat(f"/proc/{name}").st_uid)
            except OSError:
                continue
    return frozenset(uids)


def _process_status() -> dict[str, str]:
    lines = (_text("/proc/self/status") or "").splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def _capabilities(status: dict[str, str]) -> frozenset[str]:
    if "CapEff" not in status:  # no /proc: assume what the user id promises
        return frozenset(CAPABILITIES if os.geteuid() == 0 else ())
    mask = int(status["CapEff"], 16)
    return frozenset(name for name, bit in CAPABILITIES.items() if mask >> bit & 1)


def _id_map(name: str) -> tuple[IdRange, ...]:
    lines = (_text(f"/proc/self/{name}") or "0 0 4294967295\n").splitlines()
    return tuple(IdRange(int(first), int(count)) for first, _, count in (line.split() for line in lines))


def _device_gids() -> tuple[int, ...]:
    gids = {os.stat(path).st_gid for pattern in _DEVICES for path in glob(pattern) if os.path.exists(path)}
    return tuple(sorted(gids - {0}))


def _record() -> record.Record | None:
    text = _text(record.PATH)
    return record.from_text(text) if text is not None else None


def _directory(path: str, mounts: dict[str, tuple[str, bool]], *, skeleton: bool = False) -> Directory | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    if not stat.S_ISDIR(found.st_mode):
        return None
    filesystem, is_read_only = _mount_of(os.path.realpath(path), mounts)
    return Directory(
        uid=found.st_uid,
        gid=found.st_gid,
        mode=stat.S_IMODE(found.st_mode),
        filesystem=filesystem,
        is_read_only=is_read_only,
        roots_entries=_count_roots_entries(path, found.st_dev),
        missing_skeleton=_missing_skeleton(path) if skeleton else (),
    )


def _missing_skeleton(home: str) -> tuple[str, ...]:
    skeleton = "/etc/skel"
    names = (
        os.path.relpath(os.path.join(directory, name), skeleton)
        for directory, directories, files in os.walk(skeleton)
        for name in (*directories, *files)
    )
    return tuple(sorted(name for name in names if not os.path.lexists(os.path.join(home, name))))


def _count_roots_entries(path: str, device: int) -> int:
    """Count what root has left directly in a directory, as far as the walk would give it away.

    The owner of the directory itself is the witness for the whole tree. This second look costs the same for every tree
    and finds what the witness cannot know: files that an administrator put there later.
    """
    count = 0
    try:
        with os.scandir(path) as entries:
            for _, entry in zip(range(_LOOK_AT_MOST), entries, strict=False):
                found = entry.stat(follow_symlinks=False)
                count += found.st_uid == 0 and found.st_dev == device and is_given_away(found)
    except OSError:
        pass  # unreadable for us: then the walk has nothing to give either
    return count


def is_given_away(found: os.stat_result) -> bool:
    """Tell whether the walk may change the owner of an entry: not of a device, and not of a file with a second name.

    The second name of a hard link may be a file of the system, and a device node is a key to the machine.
    """
    return stat.S_ISDIR(found.st_mode) or (
        stat.S_IFMT(found.st_mode) in {stat.S_IFREG, stat.S_IFLNK, stat.S_IFIFO, stat.S_IFSOCK} and found.st_nlink == 1
    )


def mount_points() -> frozenset[str]:
    """Return the paths at which something is mounted."""
    return frozenset(_mounts())


def _mounts() -> dict[str, tuple[str, bool]]:
    """Return mount point → type of file system and whether it is read-only. Source: proc_pid_mountinfo(5)."""
    mounts = {}
    for line in (_text("/proc/self/mountinfo") or "").splitlines():
        before, _, after = line.partition(" - ")
        fields, (filesystem, _, super_options) = before.split(), after.split(" ", 2)
        path = fields[4].encode().decode("unicode_escape").encode("latin-1").decode(errors="surrogateescape")
        mounts[path] = (filesystem, "ro" in fields[5].split(",") or "ro" in super_options.split(","))
    return mounts


def _mount_of(path: str, mounts: dict[str, tuple[str, bool]]) -> tuple[str, bool]:
    while path not in mounts:
        if path == "/":
            return ("", False)
        path = os.path.dirname(path)
    return mounts[path]


def _is_timezone(name: str) -> bool:
    zone = f"/usr/share/zoneinfo/{name.removeprefix(':')}"
    return ".." not in name and (os.path.isfile(zone) or name.startswith("/") or any(char.isdigit() for char in name))


def _owner_and_mode(path: str) -> tuple[int, int] | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_uid, stat.S_IMODE(found.st_mode)


def _listing(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except OSError:
        return []


def _text(path: str) -> str | None:
    """Return a file's content, or None if there is none to be read."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read()
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EISDIR, errno.ELOOP}:
            return None
        raise

"""Reads directories, mounts and hooks. Never writes."""

from __future__ import annotations

import errno
import os
import stat

from labinit.layout import SKELETON
from labinit.quick import NamedTuple
from labinit.trust import changeable_by

_LOOK_AT_MOST = 256
# What engines mount into each container from a directory of its own.
_OF_THE_ENGINE = ("/etc/hostname", "/etc/hosts", "/etc/resolv.conf")


class Directory(NamedTuple):
    """A directory, and what a plan depends on in it: looked at only where that was asked for."""

    uid: int
    gid: int
    mode: int
    filesystem: str = ""
    is_read_only: bool = False
    is_mount: bool = False
    is_on_volume: bool = False  # what is written there outlives the container
    # Among the first 256 entries whose owner the walk may change: how many are root's, and which of
    # these are programs that make whoever runs them root.
    root_owned_entries: int = 0
    setuid_entries: tuple[str, ...] = ()
    missing_skeleton: tuple[str, ...] = ()  # of /etc/skel


class Hook(NamedTuple):
    """A file in a hook directory."""

    path: str
    is_executable: bool
    changeable_by: str = ""  # who besides root could change it


class Mount(NamedTuple):
    """What is mounted somewhere."""

    filesystem: str
    is_read_only: bool
    root: str = "/"  # what of the file system is mounted
    source: str = ""
    options: tuple[str, ...] = ()  # of the file system


def find_directory(
    path: str, mounts: dict[str, Mount], *, is_owned_by_user: bool = False, is_home: bool = False
) -> Directory | None:
    """Return the directory at `path`, which may be a link to it, or None if there is none.

    What is in it is looked at only if it is to be the user's own: in others, things come and go.
    """
    try:
        status = os.stat(path)
    except OSError:
        return None
    if not stat.S_ISDIR(status.st_mode):
        return None
    real = os.path.realpath(path)
    mount = mount_of(real, mounts)
    count, setuid_entries = 0, tuple[str, ...]()
    if is_owned_by_user or is_home:
        count, setuid_entries = _root_owned_entries(path, status.st_dev)
    return Directory(
        uid=status.st_uid,
        gid=status.st_gid,
        mode=stat.S_IMODE(status.st_mode),
        filesystem=mount.filesystem,
        is_read_only=mount.is_read_only,
        is_mount=real in mounts,
        is_on_volume=mount is not mounts.get("/"),
        root_owned_entries=count,
        missing_skeleton=_missing_skeleton(path) if is_home else (),
        setuid_entries=() if os.statvfs(path).f_flag & os.ST_NOSUID else setuid_entries,
    )


def can_make(path: str) -> bool:
    """Tell whether this process can write to the directory `path`, or make it if there is none."""
    path = nearest(path)
    return os.path.isdir(path) and os.access(path, os.W_OK | os.X_OK)


def nearest(path: str) -> str:
    """Return the path itself, or the deepest directory above it that this process can see."""
    while not os.path.lexists(path) and path != "/":
        path = os.path.dirname(path)
    return path


def find_hooks(directory: str) -> tuple[Hook, ...]:
    """Return a hook directory's files in lexical order; not hidden ones and editors' copies."""
    hooks = []
    for name in sorted(listing(directory)):
        path = os.path.join(directory, name)
        if not name.startswith(".") and not name.endswith("~") and os.path.isfile(path):
            is_executable = bool(os.stat(path).st_mode & 0o111)
            hooks.append(Hook(path, is_executable, changeable_by(path)))
    return tuple(hooks)


def _missing_skeleton(home: str) -> tuple[str, ...]:
    names = (
        os.path.relpath(os.path.join(directory, name), SKELETON)
        for directory, directories, files in os.walk(SKELETON)
        for name in (*directories, *files)
    )
    return tuple(sorted(name for name in names if not os.path.lexists(os.path.join(home, name))))


def _root_owned_entries(path: str, device: int) -> tuple[int, tuple[str, ...]]:
    """Count root's entries directly in a directory that the walk would change; name setuid ones."""
    # The owner of the directory itself says whether the whole tree has been changed, because the
    # walk changes it last. This costs the same for every tree, and finds what an administrator put
    # there later.
    count, setuid = 0, []
    try:
        with os.scandir(path) as entries:
            for _, entry in zip(range(_LOOK_AT_MOST), entries, strict=False):
                status = entry.stat(follow_symlinks=False)
                count += status.st_uid == 0 and status.st_dev == device and is_chownable(status)
                is_owned_by_root = status.st_uid == 0 and stat.S_ISREG(status.st_mode)
                if is_owned_by_root and status.st_mode & stat.S_ISUID:
                    setuid.append(entry.name)
    except OSError:
        pass  # unreadable for us: then the walk has nothing to give either
    return count, tuple(sorted(setuid))


def is_chownable(status: os.stat_result) -> bool:
    """Tell whether the walk may change an entry: no device, no file with several hard links."""
    # The other hard link may be a file of the system; a device node gives access to the machine.
    return stat.S_ISDIR(status.st_mode) or (
        stat.S_IFMT(status.st_mode) in {stat.S_IFREG, stat.S_IFLNK, stat.S_IFIFO, stat.S_IFSOCK}
        and status.st_nlink == 1
    )


def find_mounts(mountinfo: str | None = None) -> dict[str, Mount]:
    """Return what is mounted where, the last one at a path. Source: proc_pid_mountinfo(5)."""
    text = (read_text("/proc/self/mountinfo") or "") if mountinfo is None else mountinfo
    mounts = {}
    for line in filter(None, text.split("\n")):
        before, _, after = line.partition(" - ")
        _, _, _, root, path, flags, *_ = before.split(" ")
        filesystem, source, joined = after.split(" ", 2)
        options = tuple(joined.split(","))
        is_read_only = "ro" in flags.split(",") or "ro" in options
        mounts[_unescape(path)] = Mount(
            filesystem, is_read_only, _unescape(root), _unescape(source), options
        )
    return mounts


def _unescape(text: str) -> str:
    # A space stands there as \\040, in octal.
    if "\\" not in text:
        return text
    return os.fsdecode(os.fsencode(text).decode("unicode_escape").encode("latin-1"))


def container_id(mounts: dict[str, Mount]) -> str:
    """Return what tells this container from a copy of it, made by `docker commit` say.

    The upper directory of the root where it is an overlay, else what the engine mounts from its own
    directory of this container, else its host name.
    """
    options = mounts["/"].options if "/" in mounts else ()
    upper = [option for option in options if option.startswith("upperdir=")]
    roots = [mounts[path].root for path in ("/", *_OF_THE_ENGINE) if path in mounts]
    return " ".join(upper or [root for root in roots if root != "/"]) or os.uname().nodename


def mount_of(path: str, mounts: dict[str, Mount]) -> Mount:
    """Return the mount that a path, which has to be a real one, lies on."""
    while path not in mounts:
        if path == "/":
            return Mount("", is_read_only=False)
        path = os.path.dirname(path)
    return mounts[path]


def owner_and_mode(path: str) -> tuple[int, int] | None:
    """Return uid and mode of a file, not following a link, or None if there is none."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_uid, stat.S_IMODE(status.st_mode)


def listing(path: str) -> list[str]:
    """Return the names in a directory; none if it cannot be read."""
    try:
        return os.listdir(path)
    except OSError:
        return []


def beginning_with(beginning: str) -> list[str]:
    """Return the paths that begin with this one, of which only the last part may be cut short."""
    # Not `glob`, which imports re: that takes longer than all that is looked for.
    directory, _, prefix = beginning.rpartition("/")
    return [f"{directory}/{name}" for name in listing(directory) if name.startswith(prefix)]


def read_text(path: str) -> str | None:
    """Return a file's content, or None if there is none to be read."""
    try:
        # newline="": a carriage return is part of a line, as the account tools see it.
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read()
    except OSError as error:
        # Anything else means that a fact is wrong, and not that there is none.
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EISDIR, errno.ELOOP}:
            return None
        raise

"""Opens secret files and hooks, if only root can change or replace them. Never writes.

PID 1 does without it; a boot imports it early: standard library only, and as little as possible.
"""

import errno
import os
import stat

# As many as the kernel follows. Source: path_resolution(7).
MAX_LINKS = 40
WRITABLE_BY_OTHERS = 0o022
# To be looked at only: no right to read is needed, and no pipe or device notices. Source: open(2).
_PATH_ONLY = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC


class UntrustedError(Exception):
    """Somebody besides root, `who`, could have put this file there, at `where` in the path."""

    def __init__(self, who: str, where: str) -> None:
        super().__init__(who, where)
        self.who = who
        self.where = where


def open_trusted(path: str) -> int:
    """Return a descriptor of the regular file at `path`, of which every component is root's alone.

    Directories and links on the way are looked at as the file itself is; what lies on a read-only
    mount can be changed by nobody in the container, unless the same is mounted writable, too. Never
    waits, as an open of a pipe would.

    Raises: UntrustedError; OSError, with EINVAL for what is no regular file.
    """
    # A process that is not root has only its own rights to lose, and reads what it may read.
    above, name = _walk(path, is_root=os.geteuid() == 0)
    try:
        # Looked at first: to open a device can be an order to it.
        _require_regular(os.stat(name, dir_fd=above, follow_symlinks=False), path)
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        descriptor = os.open(name, flags, dir_fd=above)
    finally:
        os.close(above)
    try:
        _require_regular(os.fstat(descriptor), path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def changeable_by(path: str) -> str:
    """Return who besides root could change or replace the file at `path`; "" if nobody could.

    Raises: OSError, if it cannot be reached.
    """
    try:
        above, _ = _walk(path, is_root=True)
    except UntrustedError as error:
        return error.who if error.where == path else f"{error.who} (by {error.where})"
    os.close(above)
    return ""


def _walk(path: str, *, is_root: bool) -> tuple[int, str]:
    """Return the directory of the last component of `path`, links resolved, and its name there."""
    parts, links, where = names_of(path), 0, "/"
    current = os.open("/", _PATH_ONLY)
    try:
        _require_trusted(current, where, is_root=is_root)
        while parts:
            name, here = parts[-1], os.path.normpath(f"{where.rstrip('/')}/{parts.pop()}")
            below = os.open(name, _PATH_ONLY, dir_fd=current)
            try:
                mode = _require_trusted(below, here, is_root=is_root)
                target = os.readlink("", dir_fd=below) if stat.S_ISLNK(mode) else ""
                if not parts and not target:
                    return current, name
                parts += names_of(target)
                links += bool(target)
                if links > MAX_LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
                if target and not target.startswith("/"):
                    continue
                then = os.open("/", _PATH_ONLY) if target else os.dup(below)
            finally:
                os.close(below)
            os.close(current)
            current, where = then, "/" if target else here
    except BaseException:
        os.close(current)
        raise
    return current, "."


def names_of(path: str) -> list[str]:
    """Return the names in a path, the first one last."""
    return [name for name in reversed(path.split("/")) if name not in {"", "."}]


def _require_trusted(descriptor: int, where: str, *, is_root: bool) -> int:
    """Return the mode of a component of the path, if only root can exchange it or what it holds."""
    status = os.fstat(descriptor)
    who = _who_writes(status) if is_root else ""
    if who and os.fstatvfs(descriptor).f_flag & os.ST_RDONLY:
        writable = _writable_twin(descriptor)
        who = f"{who} (at {writable}, where it is mounted writable)" if writable else ""
    if who:
        raise UntrustedError(who, where)
    return status.st_mode


def _who_writes(status: os.stat_result) -> str:
    """Return who besides root may write to a file, or exchange a link; "" if nobody."""
    if status.st_uid != 0:
        return f"uid {status.st_uid}"
    # In a directory with the sticky bit, as /tmp is one, root's entries are root's alone.
    is_sticky = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX
    if status.st_mode & WRITABLE_BY_OTHERS and not stat.S_ISLNK(status.st_mode) and not is_sticky:
        return "its group" if status.st_mode & 0o020 else "everybody"
    return ""


def _writable_twin(descriptor: int) -> str:
    """Return where something of this read-only mount can be written all the same; "" if nowhere.

    A project's directory as /data, and a file of it once more as a secret, say. Mounts of one file
    system overlap if the root of one lies in that of the other. Source: proc_pid_mountinfo(5).
    """
    with open(f"/proc/self/fdinfo/{descriptor}", "rb") as file:
        number = next(line.split()[1] for line in file if line.startswith(b"mnt_id:"))
    with open("/proc/self/mountinfo", "rb") as file:
        mounts = [line.split(b" ") for line in file]
    device, root = next(fields[2:4] for fields in mounts if fields[0] == number)
    for _, _, other_device, other_root, path, options, *_ in mounts:
        roots = (root.rstrip(b"/") + b"/", other_root.rstrip(b"/") + b"/")
        shorter, longer = sorted(roots, key=len)
        is_same = other_device == device and longer.startswith(shorter)
        if is_same and b"rw" in options.split(b","):
            return os.fsdecode(path)
    return ""


def _require_regular(status: os.stat_result, path: str) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file", path)

"""The race-free walk that gives a tree to an owner. Follows no link, crosses no mount, touches only what is wrong."""

from __future__ import annotations

import ctypes
import errno
import itertools
import os
import stat
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labinit import log
from labinit.facts_files import find_mounts, is_given_away
from labinit.paths import DIRECTORY, open_directory

if TYPE_CHECKING:
    from os import _ScandirIterator as ScandirIterator

_PROGRESS_S = 5.0
# Two descriptors a level, and RLIMIT_NOFILE may be 256.
_OPEN_LEVELS = 64
# A file system that has refused so often and allowed nothing will not allow the rest, which may be millions.
_REFUSALS = 1000
# Another process has removed or replaced the entry since it was listed.
_CHANGED = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}
_AT_EMPTY_PATH = 0x1000
_libc = ctypes.CDLL(None, use_errno=True)
_libc.fchownat.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_uint, ctypes.c_uint, ctypes.c_int)


@dataclass
class Outcome:
    """What a walk has seen and done.

    Shape: `left_alone` counts device nodes and hard links of files that are not the owner's; `refused` counts what the
    file system refused, by errno; `first_refused` is the path of one of those; `is_whole` is False where the walk gave
    up, and so has left the root of the tree as it was.
    Units: `took_s` in seconds.
    """

    seen: int = 0
    changed: int = 0
    left_alone: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    first_refused: str = ""
    is_whole: bool = True
    took_s: float = 0.0


def fix_owner(path: str, uid: int, gid: int) -> Outcome:
    """Give the tree at `path` to `uid:gid`, its root last, so that a walk cut short shows by the owner of the root.

    Every entry is reached by the descriptor of its directory and never by a path, so that no process that renames
    things meanwhile can lead the walk elsewhere.

    Raises: OSError, if the root cannot be opened.
    """
    walk = _Walk(path, uid, gid)
    began = time.monotonic()
    try:
        walk.run()
    except _GivenUpError:
        walk.outcome.is_whole = False
        walk.close()
    walk.outcome.took_s = time.monotonic() - began
    return walk.outcome


class _GivenUpError(Exception):
    """There is no use, or no way, to walk on."""


class _Level:
    """A directory on the way from the root to where the walk is.

    Shape: once the level was set aside, `entries` is None and `left` are the names of the directories in it that are
    still to be walked; `descriptor` is -1 as long as the walk is deep below. `is_roots` means that nobody but root can
    change what stands in it.
    """

    __slots__ = ("descriptor", "entries", "identity", "is_roots", "left", "name")

    def __init__(self, descriptor: int, name: str) -> None:
        found = os.fstat(descriptor)
        self.descriptor = descriptor
        self.name = name
        self.identity = (found.st_dev, found.st_ino)
        self.is_roots = found.st_uid == 0 and not found.st_mode & 0o022
        self.entries: ScandirIterator[str] | None = os.scandir(descriptor)
        self.left: list[str] = []

    def close(self) -> None:
        if self.entries is not None:
            self.entries.close()
            self.entries = None
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


class _Walk:
    def __init__(self, path: str, uid: int, gid: int) -> None:
        self.outcome = Outcome()
        self._path = path
        self._uid = uid
        self._gid = gid
        self._levels: list[_Level] = []
        # None where nothing is mounted below: then there is nothing to cross, and nothing to ask for each entry.
        self._mount: str | None = None
        self._next_progress = time.monotonic() + _PROGRESS_S

    def run(self) -> None:
        root = open_directory(self._path)
        # A bind mount of the same file system has the same device number, and a path changes when somebody renames a
        # directory above: only the id of the mount tells.
        inside = os.path.join(os.readlink(f"/proc/self/fd/{root}"), "")
        if any(mount.startswith(inside) for mount in find_mounts()):
            self._mount = _mount_id(root)
        self._levels.append(_Level(root, self._path))
        while self._levels:
            below = self._next_directory()
            if below is None:
                self._finish()
            else:
                self._levels.append(below)
                if len(self._levels) > _OPEN_LEVELS and self._levels[-1 - _OPEN_LEVELS].descriptor >= 0:
                    self._set_aside(self._levels[-1 - _OPEN_LEVELS])

    def close(self) -> None:
        for level in self._levels:
            level.close()

    def _next_directory(self) -> _Level | None:
        """Look at the entries of the deepest level up to the next directory, and return that."""
        level = self._levels[-1]
        while True:
            name = ""
            try:
                name = self._next_name(level)
                if not name:
                    return None
                below = os.open(name, DIRECTORY, dir_fd=level.descriptor)
            except OSError as error:
                self._refuse(error, level, name)
                continue
            if not self._is_mount(below):
                return _Level(below, name)
            os.close(below)

    def _next_name(self, level: _Level) -> str:
        """Return the name of the next directory in a level, "" if there is none; fix what comes before it."""
        if level.entries is None:
            return level.left.pop() if level.left else ""
        for entry in level.entries:
            if entry.is_dir(follow_symlinks=False):
                return entry.name
            self._look_at(entry, level)
        return ""

    def _look_at(self, entry: os.DirEntry[str], level: _Level) -> None:
        """Fix an entry that is no directory."""
        self.outcome.seen += 1
        if not self.outcome.seen & 0x3FF:
            self._report_progress()
        try:
            found = entry.stat(follow_symlinks=False)
            if found.st_uid == self._uid and found.st_gid == self._gid:
                return
            if level.is_roots and self._mount is None:
                if self._is_given_away(found):
                    os.chown(entry.name, self._uid, self._gid, dir_fd=level.descriptor, follow_symlinks=False)
                    self.outcome.changed += 1
                return
            # Somebody could replace it just now: pinned first, so that what is looked at is what is changed.
            pinned = os.open(entry.name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=level.descriptor)
            try:
                if not self._is_mount(pinned):
                    self._fix(pinned)
            finally:
                os.close(pinned)
        except OSError as error:
            self._refuse(error, level, entry.name)

    def _finish(self) -> None:
        """Fix the deepest directory, after all that is in it, and go back to the one above."""
        done = self._levels.pop()
        self.outcome.seen += 1
        self._report_progress()
        try:
            if self._levels and self._levels[-1].descriptor < 0:
                self._reopen(self._levels[-1], done.descriptor)
            self._fix(done.descriptor)
        except OSError as error:
            self._refuse(error, done)
        finally:
            done.close()

    def _set_aside(self, level: _Level) -> None:
        """Close a level far above. Its files are fixed first, and the names of its directories kept."""
        if level.entries is not None:
            try:
                while name := self._next_name(level):
                    level.left.append(name)
            except OSError as error:
                self._refuse(error, level)
        level.close()

    def _reopen(self, level: _Level, below: int) -> None:
        """Open a level again from the one below, unless that has been moved meanwhile and leads elsewhere."""
        descriptor = os.open("..", DIRECTORY, dir_fd=below)
        found = os.fstat(descriptor)
        if (found.st_dev, found.st_ino) != level.identity:
            os.close(descriptor)
            raise _GivenUpError
        level.descriptor = descriptor

    def _fix(self, descriptor: int) -> None:
        found = os.fstat(descriptor)
        if (found.st_uid, found.st_gid) == (self._uid, self._gid) or not self._is_given_away(found):
            return
        if _libc.fchownat(descriptor, b"", self._uid, self._gid, _AT_EMPTY_PATH) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        self.outcome.changed += 1

    def _is_given_away(self, found: os.stat_result) -> bool:
        # A second name of a file that is the user's own already is harmless: it only gets its group.
        is_given = is_given_away(found) or (stat.S_ISREG(found.st_mode) and found.st_uid == self._uid)
        self.outcome.left_alone += not is_given
        return is_given

    def _is_mount(self, descriptor: int) -> bool:
        return self._mount is not None and _mount_id(descriptor) != self._mount

    def _refuse(self, error: OSError, level: _Level, name: str = "") -> None:
        if error.errno in _CHANGED:
            return
        self.outcome.refused[error.errno or 0] += 1
        if not self.outcome.first_refused:
            above = itertools.takewhile(lambda above: above is not level, self._levels)
            self.outcome.first_refused = os.path.join(*(level.name for level in above), level.name, name).rstrip("/")
        if not self.outcome.changed and self.outcome.refused.total() >= _REFUSALS:
            raise _GivenUpError

    def _report_progress(self) -> None:
        now = time.monotonic()
        if now >= self._next_progress:
            self._next_progress = now + _PROGRESS_S
            seen, changed = self.outcome.seen, self.outcome.changed
            log.info(f"{self._path}: {seen} entries seen, {changed} given to {self._uid}:{self._gid}")


def _mount_id(descriptor: int) -> str:
    """Return which mount an open file lies on. Source: proc_pid_fdinfo(5)."""
    with open(f"/proc/self/fdinfo/{descriptor}", encoding="ascii") as file:
        return next(line for line in file if line.startswith("mnt_id:"))

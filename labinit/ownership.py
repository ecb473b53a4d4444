"""The race-free walk that gives a tree to an owner. Follows no link, crosses no mount, touches only what is wrong."""

from __future__ import annotations

import ctypes
import os
import stat
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labinit import log
from labinit.facts import is_given_away, mount_points

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROGRESS_S = 5.0
_AT_EMPTY_PATH = 0x1000
_libc = ctypes.CDLL(None, use_errno=True)
_OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass
class Outcome:
    """What a walk has seen and done.

    Shape: `left_alone` counts device nodes and hard links of files that are not the owner's; `refused` counts what the
    file system refused, by errno; `first_refused` is one path of those.
    Units: `took_s` in seconds.
    """

    seen: int = 0
    changed: int = 0
    left_alone: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    first_refused: str = ""
    took_s: float = 0.0


def fix_owner(path: str, uid: int, gid: int) -> Outcome:
    """Give the tree at `path` to `uid:gid`, its root last, so that a walk cut short shows by the owner of the root.

    Every entry is reached by the descriptor of its directory and never by a path, so that no process that renames
    things meanwhile can lead the walk elsewhere. `path` itself may be a link; it is chosen by the user.

    Raises: OSError, if the root cannot be opened.
    """
    walk = _Walk(path, uid, gid)
    walk.run()
    return walk.outcome


class _Walk:
    def __init__(self, path: str, uid: int, gid: int) -> None:
        self.path = os.path.realpath(path)
        self.uid = uid
        self.gid = gid
        # A bind mount of the same file system has the same device number: only the list of mounts tells.
        self.mounts = mount_points()
        self.outcome = Outcome()
        self.began = time.monotonic()
        self.next_progress = self.began + _PROGRESS_S

    def run(self) -> None:
        root = os.open(self.path, _OPEN_DIRECTORY)
        try:
            self._descend(root)
            self._fix(root, os.fstat(root), self.path)
        finally:
            os.close(root)
        self.outcome.took_s = time.monotonic() - self.began

    def _descend(self, root: int) -> None:
        """Walk below `root`, children before parents. A stack of our own: a tree may be deeper than Python recurses."""
        stack = [(root, self.path, self._entries(root))]
        while stack:
            directory, path, entries = stack[-1]
            name = next(entries, None)
            if name is None:
                stack.pop()
                if stack:
                    self._fix(directory, os.fstat(directory), path)
                    os.close(directory)
                continue
            self._report_progress()
            below = os.path.join(path, name)
            if below in self.mounts:
                continue
            try:
                found = os.stat(name, dir_fd=directory, follow_symlinks=False)
                if stat.S_ISDIR(found.st_mode):
                    opened = os.open(name, _OPEN_DIRECTORY, dir_fd=directory)
                    stack.append((opened, below, self._entries(opened)))
                elif self._is_wrong(found):
                    self._fix_entry(directory, name, below)
                else:
                    self.outcome.seen += 1
            except FileNotFoundError:
                continue  # removed since it was listed
            except OSError as error:
                self._refuse(error, below)

    def _entries(self, directory: int) -> Iterator[str]:
        try:
            with os.scandir(directory) as entries:
                for entry in entries:
                    yield entry.name
        except OSError as error:
            self._refuse(error, self.path)

    def _is_wrong(self, found: os.stat_result) -> bool:
        return found.st_uid != self.uid or found.st_gid != self.gid

    def _fix_entry(self, directory: int, name: str, path: str) -> None:
        """Change an entry that is no directory: pinned first, so that what was looked at is what is changed."""
        pinned = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
        try:
            self._fix(pinned, os.fstat(pinned), path)
        finally:
            os.close(pinned)

    def _fix(self, descriptor: int, found: os.stat_result, path: str) -> None:
        self.outcome.seen += 1
        if not self._is_wrong(found):
            return
        # A second name of a file that is the user's own already is harmless: it only gets its group.
        if not is_given_away(found) and not (stat.S_ISREG(found.st_mode) and found.st_uid == self.uid):
            self.outcome.left_alone += 1
        elif _libc.fchownat(descriptor, b"", self.uid, self.gid, _AT_EMPTY_PATH) == 0:
            self.outcome.changed += 1
        else:
            number = ctypes.get_errno()
            self._refuse(OSError(number, os.strerror(number)), path)

    def _refuse(self, error: OSError, path: str) -> None:
        self.outcome.refused[error.errno or 0] += 1
        self.outcome.first_refused = self.outcome.first_refused or path

    def _report_progress(self) -> None:
        now = time.monotonic()
        if now >= self.next_progress:
            self.next_progress = now + _PROGRESS_S
            log.info(
                f"{self.path}: {self.outcome.seen} entries seen, {self.outcome.changed} given to {self.uid}:{self.gid}"
            )

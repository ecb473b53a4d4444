"""Changes owners of a directory's entries, race-free; follows no link and crosses no mount."""

from __future__ import annotations

import errno
import os
import stat
from collections import Counter
from dataclasses import dataclass, field

from labinit.facts.files import is_chownable
from labinit.linux import libc, require

# Another process has removed or replaced the entry since it was listed.
_CHANGED = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}
_AT_EMPTY_PATH = 0x1000
_PIN = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass
class Outcome:
    """The result of a walk, or of one of its jobs."""

    seen: int = 0
    changed: int = 0
    left_alone: int = 0  # device nodes, and hard links of files that are not the owner's
    refused: Counter[int] = field(default_factory=Counter)  # by the file system: errno -> how often
    first_refused: str = ""  # the path of one of those
    is_whole: bool = True  # False: the walk gave up, and has left the root of the tree as it was
    took_s: float = 0.0

    def add(self, job: Outcome) -> None:
        """Add what a job of the walk has seen and done, but for the name in it."""
        self.seen += job.seen
        self.changed += job.changed
        self.left_alone += job.left_alone
        if job.refused:
            self.refused += job.refused

    def refuse(self, error: OSError, name: str = "") -> None:
        """Count what the file system has refused to do with an entry."""
        if error.errno in _CHANGED:
            return
        self.refused[error.errno or 0] += 1
        self.first_refused = self.first_refused or name


class Chown:
    """Changes owners to `uid:gid`.

    `mount` is the mount they have to lie on, None where nothing is mounted below.
    """

    def __init__(self, uid: int, gid: int, mount: str | None) -> None:
        self._uid = uid
        self._gid = gid
        self._mount = mount
        self._libc = libc()

    def change_entries(
        self, names: list[str], directory: int, *, only_root_can_write: bool
    ) -> Outcome:
        """Change the owner of entries of a directory; pin each first where others can write."""
        outcome, owner = Outcome(), (self._uid, self._gid)
        is_like_before = False
        for name in names:
            outcome.seen += 1
            try:
                # After an entry with a wrong owner, the next mostly is wrong, too: no stat by name.
                if not is_like_before:
                    status = os.stat(name, dir_fd=directory, follow_symlinks=False)
                    if (status.st_uid, status.st_gid) == owner:
                        continue
                    if only_root_can_write:
                        if self._may_change(status, outcome):
                            os.chown(name, *owner, dir_fd=directory, follow_symlinks=False)
                            outcome.changed += 1
                        continue
                # Somebody could replace it just now: pinned first, so that what is looked at is
                # what is changed.
                pinned = os.open(name, _PIN, dir_fd=directory)
                try:
                    is_like_before = not self.is_mount(pinned) and self.change(pinned, outcome)
                finally:
                    os.close(pinned)
            except OSError as error:
                outcome.refuse(error, name)
        return outcome

    def change(self, descriptor: int, outcome: Outcome) -> bool:
        """Change the owner of what is open; return whether it had to be.

        Raises: OSError, if the file system refuses.
        """
        status = os.fstat(descriptor)
        is_wrong = status.st_uid != self._uid or status.st_gid != self._gid
        if not is_wrong or not self._may_change(status, outcome):
            return False
        # Without argtypes, which make this call a tenth slower: an int is masked to fit. Source:
        # ctypes, "Calling functions".
        require(self._libc.fchownat(descriptor, b"", self._uid, self._gid, _AT_EMPTY_PATH))
        outcome.changed += 1
        return True

    def is_mount(self, descriptor: int) -> bool:
        """Tell whether what is open lies on another mount."""
        return self._mount is not None and mount_id(descriptor) != self._mount

    def _may_change(self, status: os.stat_result, outcome: Outcome) -> bool:
        # A file that is the user's own already may have other hard links: it only gets its group.
        is_own_file = stat.S_ISREG(status.st_mode) and status.st_uid == self._uid
        may_change = is_own_file or is_chownable(status)
        outcome.left_alone += not may_change
        return may_change


def mount_id(descriptor: int) -> str:
    """Return which mount an open file lies on. Source: proc_pid_fdinfo(5)."""
    with open(f"/proc/self/fdinfo/{descriptor}", encoding="ascii") as file:
        return next(line for line in file if line.startswith("mnt_id:"))

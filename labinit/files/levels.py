"""The levels of a walk: each directory between its root and where it is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from labinit.trust import WRITABLE_BY_OTHERS

if TYPE_CHECKING:
    from os import _ScandirIterator as ScandirIterator


# Where owner and mode of a directory tell who may change what stands in it. Elsewhere ACLs that do
# not show in the mode (NFSv4's, those of ZFS), or nobody's (many a FUSE file system), may say
# otherwise.
MODE_TELLS = {"btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "tmpfs", "xfs"}


class Level:
    """A directory between the root and where the walk is, or a listed one that waits for jobs."""

    def __init__(
        self, descriptor: int, name: str, above: Level | None = None, *, mode_tells: bool
    ) -> None:
        status = os.fstat(descriptor)
        self.descriptor = descriptor  # -1 as long as the walk is deep below
        self.name = name
        self.above = above
        self.identity = (status.st_dev, status.st_ino)
        # It lasts: the owner of a directory is changed after all its jobs are done.
        is_roots = status.st_uid == 0 and not status.st_mode & WRITABLE_BY_OTHERS
        self.only_root_can_write = mode_tells and is_roots
        self.names: list[str] = []  # whose owner is to be changed next
        # Once it was set aside: no entries, but the names of the directories still to be walked.
        self.entries: ScandirIterator[str] | None = os.scandir(descriptor)
        self.remaining: list[str] = []
        self.jobs = 0
        self.is_listed = False

    @property
    def path(self) -> str:
        """The path at which it was found."""
        names = []
        level: Level | None = self
        while level:
            names.append(level.name)
            level = level.above
        return os.path.join(*reversed(names))

    def close(self) -> None:
        """Close what is open of it."""
        if self.entries is not None:
            self.entries.close()
            self.entries = None
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

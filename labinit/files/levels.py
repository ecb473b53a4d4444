"""The levels of a walk: each directory between its root and where it is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import _ScandirIterator as ScandirIterator


# Where owner and mode of a directory tell who may change what stands in it. Elsewhere ACLs that do
# not show in the mode (NFSv4's, those of ZFS), or nobody's (many a FUSE file system), may say
# otherwise.
MODE_TELLS = {"btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "tmpfs", "xfs"}
_WRITABLE_BY_OTHERS = 0o022


class Level:
    """A directory between the root and where the walk is, or a listed one that waits for jobs.

    Shape: once the level was set aside, `entries` is None and `remaining` are the names of the
    directories in it that are still to be walked; `descriptor` is -1 as long as the walk is deep
    below. `only_root_can_write` lasts, because the owner of a directory is changed after all its
    `jobs` are done.
    """

    __slots__ = (
        "above",
        "descriptor",
        "entries",
        "identity",
        "is_listed",
        "jobs",
        "name",
        "names",
        "only_root_can_write",
        "remaining",
    )

    def __init__(
        self, descriptor: int, name: str, above: Level | None = None, *, mode_tells: bool
    ) -> None:
        status = os.fstat(descriptor)
        self.descriptor = descriptor
        self.name = name
        self.above = above
        self.identity = (status.st_dev, status.st_ino)
        self.only_root_can_write = (
            mode_tells and status.st_uid == 0 and not status.st_mode & _WRITABLE_BY_OTHERS
        )
        self.entries: ScandirIterator[str] | None = os.scandir(descriptor)
        self.names: list[str] = []
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

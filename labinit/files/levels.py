"""A directory that a walk is in, or has been in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import _ScandirIterator as ScandirIterator


class Level:
    """A directory on the way from the root to where the walk is, or one that is done but for its last pieces.

    Shape: once the level was set aside, `entries` is None and `left` are the names of the
    directories in it that are still to be walked; `descriptor` is -1 as long as the walk is deep
    below. `is_roots` means that nobody but root can change what stands in it: that lasts, because
    its owner is changed after all `pieces` of it have come back. `taken_from` is the owner it had
    before, if the walk has made it root's for that long.
    """

    __slots__ = (
        *(
            "above",
            "descriptor",
            "entries",
            "identity",
            "is_listed",
            "is_roots",
            "left",
            "name",
            "names",
            "pieces",
        ),
        "taken_from",
    )

    def __init__(self, descriptor: int, name: str, above: Level | None = None) -> None:
        found = os.fstat(descriptor)
        self.descriptor = descriptor
        self.name = name
        self.above = above
        self.identity = (found.st_dev, found.st_ino)
        self.is_roots = False
        self.taken_from: int | None = None
        self.entries: ScandirIterator[str] | None = os.scandir(descriptor)
        self.names: list[str] = []
        self.left: list[str] = []
        self.pieces = 0
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

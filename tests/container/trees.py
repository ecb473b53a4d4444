"""What a tree on the host looks like, down to the change times that a backup goes by."""

import os
from pathlib import Path


def record(tree: Path) -> dict[str, tuple[int, ...]]:
    """Return path → inode, owner, mode, size, mtime and ctime of everything in a tree, itself
    included.

    A `chown` or `chmod` that changes nothing still moves ctime, so that two equal records mean that
    nobody wrote there.
    """
    found: dict[str, tuple[int, ...]] = {}
    for directory, directories, files in os.walk(tree):
        for name in (".", *directories, *files):
            path = os.path.normpath(os.path.join(directory, name))
            entry = os.lstat(path)
            found[path] = (
                *(entry.st_ino, entry.st_uid, entry.st_gid, entry.st_mode),
                *(entry.st_size, entry.st_mtime_ns, entry.st_ctime_ns),
            )
    return found

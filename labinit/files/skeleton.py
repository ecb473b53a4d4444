"""Copies what a home lacks of /etc/skel, as its user. Touches nothing that is there."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat

from labinit.files.safe_open import DIRECTORY, NEW_FILE, acting_as, closing
from labinit.layout import SKELETON

# What is being copied, until it is complete. One name for all, so that the next boot writes over
# what a kill has left.
_UNFINISHED = ".labinit"


def copy_skeleton(home: str, uid: int, gid: int) -> None:
    """Copy what `home` lacks, as the user's own.

    Each name appears when it is complete, so that a kill leaves no half.

    Raises: OSError, if the user may not write there.
    """
    # Root could not write to a home on an NFS volume with root_squash, and would have to beware of
    # what the user has put there.
    with acting_as(uid, gid):
        umask = os.umask(0)  # modes are those of /etc/skel
        try:
            # The home itself may be a link: followed with the user's rights, it leads nowhere else.
            with closing(os.open(home, DIRECTORY & ~os.O_NOFOLLOW)) as target:
                _copy_missing(SKELETON, target)
        finally:
            os.umask(umask)


def _copy_missing(source: str, target: int) -> None:
    with os.scandir(source) as entries:
        for entry in entries:
            mode = stat.S_IMODE(entry.stat(follow_symlinks=False).st_mode)
            if entry.is_dir(follow_symlinks=False):
                with contextlib.suppress(FileExistsError):
                    os.mkdir(entry.name, mode, dir_fd=target)
                # The user may have a file or a link of that name.
                with (
                    contextlib.suppress(NotADirectoryError),
                    closing(os.open(entry.name, DIRECTORY, dir_fd=target)) as below,
                ):
                    _copy_missing(entry.path, below)
            elif not _exists(entry.name, target):
                unfinished = _free_name(target)
                if entry.is_symlink():
                    os.symlink(os.readlink(entry.path), unfinished, dir_fd=target)
                else:
                    _copy_file(entry.path, unfinished, target, mode)
                os.rename(unfinished, entry.name, src_dir_fd=target, dst_dir_fd=target)


def _exists(name: str, directory: int) -> bool:
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _free_name(directory: int) -> str:
    """Return a name for what is being copied: one that is free, or that a killed boot has left."""
    name = _UNFINISHED
    while True:
        try:
            os.unlink(name, dir_fd=directory)
        except FileNotFoundError:
            return name
        except IsADirectoryError:  # a directory of the user's has it
            name += "~"
        else:
            return name


def _copy_file(source: str, name: str, target: int, mode: int) -> None:
    descriptor = os.open(name, NEW_FILE, 0o600, dir_fd=target)
    with open(source, "rb") as original, os.fdopen(descriptor, "wb") as copy:
        shutil.copyfileobj(original, copy)
        os.fchmod(descriptor, mode)

"""Opens paths that users can change: follows no link of theirs, or acts with their rights only."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from labinit.trust import MAX_LINKS, WRITABLE_BY_OTHERS, names_of

if TYPE_CHECKING:
    from collections.abc import Iterator

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def closing(descriptor: int) -> Iterator[int]:
    """Hand on a descriptor, and close it in the end."""
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def acting_as(uid: int, gid: int) -> Iterator[None]:
    """Touch files as this user, where this process is root: it may do what the user may.

    Raises: OSError, without the rights to do so.
    """
    if os.geteuid() != 0 or uid == 0:
        yield
        return
    own_gid = os.getegid()
    # The group first: without root's uid there would be no right to change it. Files are accessed
    # by the file system ids, which follow the effective ones. Source: credentials(7).
    os.setegid(gid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(own_gid)


def open_directory(path: str, *, make: bool = False) -> int:
    """Return a descriptor of the directory at `path`; with `make`, make what is missing of it.

    A link on the way is followed only where nobody but root could have put it.

    Raises: OSError, with ELOOP for a link that is not to be trusted.
    """
    parts = names_of(path)
    links = 0
    current = os.open("/", DIRECTORY)
    try:
        while parts:
            name = parts.pop()
            try:
                below = _enter(name, current, make=make)
            except NotADirectoryError:  # which is also what O_DIRECTORY says of a link
                links += 1
                if links > MAX_LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path) from None
                target = _read_trusted_link(name, current, path)
                parts += names_of(target)
                below = os.open("/" if target.startswith("/") else ".", DIRECTORY, dir_fd=current)
            current, above = below, current
            os.close(above)
    except BaseException:
        os.close(current)
        raise
    return current


def _enter(name: str, above: int, *, make: bool) -> int:
    try:
        return os.open(name, DIRECTORY, dir_fd=above)
    except FileNotFoundError:
        if not make:
            raise
    os.mkdir(name, 0o755, dir_fd=above)
    return os.open(name, DIRECTORY, dir_fd=above)


def _read_trusted_link(name: str, directory: int, path: str) -> str:
    try:
        target = os.readlink(name, dir_fd=directory)
    except OSError as error:  # a file, say
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path) from error
    # Or a user whose home lies on the data volume could put a link to /etc in its place, and be
    # given that at the next boot.
    status = os.fstat(directory)
    if status.st_uid not in {0, os.geteuid()} or status.st_mode & WRITABLE_BY_OTHERS:
        raise OSError(errno.ELOOP, f"{name} is a link that the user could have put there", path)
    return target

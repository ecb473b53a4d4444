"""Reads what this process may use: threads and open files. Never writes."""

from __future__ import annotations

import errno
import os
import resource

from labinit.linux import libc, require

# The same number on every architecture. Source: clone(2), asm-generic/unistd.h.
_CLONE3 = 435
# What answers a call without arguments where nothing forbids it, and where there is none.
_ALLOWED = {errno.EINVAL, errno.ENOSYS, errno.EFAULT, errno.E2BIG}


def can_make_threads() -> bool:
    """Tell whether the C library can start a thread.

    Source: docs.docker.com "Engine release notes", 20.10.10: older default profiles answer clone3
    with EPERM, and glibc 2.34 falls back to clone only for ENOSYS.
    """
    if not _is_new_glibc():
        return True
    try:
        require(libc().syscall(_CLONE3, None, 0))
    except OSError as error:
        return error.errno in _ALLOWED
    return True


def open_files() -> int:
    """Return how many files a process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft >= 0 else 2**31 - 1


def _is_new_glibc() -> bool:
    try:
        name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    except (OSError, ValueError):
        return False
    major, _, minor = version.partition(".")
    return name == "glibc" and (int(major), int(minor.partition(".")[0])) >= (2, 34)

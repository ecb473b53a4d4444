"""System calls that Python has no function for."""

import ctypes
import os
import sys

LIBC = ctypes.CDLL(None, use_errno=True)


def check(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def ignore_by_system_call(signo: int) -> None:
    """Ignore a signal also if the C library keeps it to itself."""
    rt_sigaction = {"x86_64": 13, "aarch64": 134}[os.uname().machine]
    sig_ign = (1).to_bytes(8, sys.byteorder)
    check(LIBC.syscall(rt_sigaction, signo, sig_ign.ljust(64, b"\0"), None, 8))


def mount_nothing_on(path: str) -> None:
    """Put an empty file system over a directory of the namespace."""
    check(LIBC.mount(b"none", path.encode(), b"tmpfs", 0, None))


def mount_tiny(path: str) -> None:
    """Put a file system of one page over a directory of the namespace."""
    check(LIBC.mount(b"none", path.encode(), b"tmpfs", 0, b"size=4k"))


def detach(path: str) -> None:
    """Unmount what is in use."""
    mnt_detach = 2
    check(LIBC.umount2(path.encode(), mnt_detach))

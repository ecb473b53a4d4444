"""What Linux offers and Python's library does not: prctl, /proc, the environment handed down.

Decides nothing. PID 1 imports this module: standard library only, and `ctypes` not before it is
needed.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ctypes
    from collections.abc import Iterator

# Source: linux/prctl.h.
PR_SET_PDEATHSIG = 1
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4

# glibc keeps the first two from here on to itself, musl three.
_FIRST_OF_LIBRARY = 32
# The number of rt_sigaction(2). Source: the kernel's syscall tables.
_RT_SIGACTION = {"x86_64": 13, "aarch64": 134, "riscv64": 134, "ppc64le": 173, "s390x": 174}

# In the environment of the isolated interpreter: the descriptor that holds the environment to hand
# on. Also known to image/launcher/launcher.c.
ENVIRON_FD = "LABINIT_ENVIRON"


_libc: "ctypes.CDLL | None" = None


def libc() -> "ctypes.CDLL":
    """Return the C library, with an errno of its own for each call."""
    global _libc  # noqa: PLW0603 - one process, one library
    if _libc is None:
        import ctypes  # noqa: PLC0415 - 0.5 MB that the usual PID 1 does without

        _libc = ctypes.CDLL(None, use_errno=True)
    return _libc


def require(result: int) -> int:
    """Return what a call of the C library has returned. Raises: OSError, if it has failed."""
    if result < 0:
        import ctypes  # noqa: PLC0415

        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def prctl(option: int, argument: int = 0) -> int:
    """Make the system call of this name. Raises: OSError."""
    # Some options refuse what is not zero in the arguments they do not use. Source: prctl(2).
    return require(libc().prctl(option, argument, 0, 0, 0))


def restore_library_signals() -> None:
    """Give the C library's own signals their default disposition, where they came ignored."""
    # Some engines ignore them, and the library refuses to touch them: only the system call itself
    # helps. Source: signal(7), "Real-time signals".
    try:
        ignored = int(status_field("SigIgn"), 16) >> (_FIRST_OF_LIBRARY - 1)
    except OSError:  # no /proc
        return
    number = _RT_SIGACTION.get(os.uname().machine)
    if number is None or not ignored & 0b111:
        return
    for signo in range(_FIRST_OF_LIBRARY, _FIRST_OF_LIBRARY + 3):
        if ignored >> (signo - _FIRST_OF_LIBRARY) & 1:
            # All of the kernel's structure zero is the default disposition.
            libc().syscall(number, signo, bytes(64), None, 8)


def status_field(name: str, pid: int | str = "self") -> str:
    """Return the first word of a field of /proc/PID/status. Raises: OSError."""
    with open(f"/proc/{pid}/status", "rb") as file:
        start = name.encode() + b":"
        return next(line.split()[1].decode() for line in file if line.startswith(start))


class ProcessStat:
    """What /proc/PID/stat says. Units: `started` in clock ticks since the machine's start."""

    def __init__(self, pid: int) -> None:
        """Read it. Raises: OSError, if there is no such process."""
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The name stands in parentheses and may contain anything. Source: proc_pid_stat(5).
            head, _, tail = file.read().rpartition(b")")
        fields = tail.split()
        self.name = head.partition(b"(")[2].decode(errors="surrogateescape")
        self.state = fields[0].decode()
        self.parent = int(fields[1])
        self.started = int(fields[19])


def processes() -> "Iterator[tuple[int, ProcessStat]]":
    """Yield every process of this PID namespace that /proc shows; none where there is no /proc."""
    try:
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return
    for pid in pids:
        try:
            yield pid, ProcessStat(pid)
        except OSError:  # it has ended
            continue


def find_environ_fd() -> int | None:
    """Return the descriptor with the environment to hand on, close-on-exec, or None."""
    try:
        fd = int(os.environ[ENVIRON_FD])
        os.set_inheritable(fd, False)
    except (KeyError, ValueError, OSError):
        return None
    return fd


def read_environ(environ_fd: int | None) -> tuple[bytes, ...]:
    """Return the environment that was handed down, byte for byte and entry by entry."""
    if environ_fd is None:
        data = read_own_environ()
    else:
        data = os.pread(environ_fd, os.fstat(environ_fd).st_size, 0)
    return tuple(data.split(b"\0")[:-1])


def read_own_environ() -> bytes:
    """Return the environment as execve(2) got it: in the C locale, Python adds LC_CTYPE."""
    try:
        with open("/proc/self/environ", "rb") as file:
            return file.read()
    except OSError:
        return b"".join(b"%s=%s\0" % entry for entry in os.environb.items())


def to_mapping(entries: tuple[bytes, ...]) -> dict[str, str]:
    """Return the entries of an environment that have a name."""
    return dict(os.fsdecode(entry).split("=", 1) for entry in entries if b"=" in entry[1:])

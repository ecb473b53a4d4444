"""The first instructions of PID 1: hold all signals, start isolated, own the descriptors.

Starts no child.

PID 1 imports this module first of all: as little as possible before `block_signals`.
"""

import posix
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    import signal
else:
    # Without what `signal` and `os` make of them, enums and abstract classes, which would cost PID
    # 1 1 MB.
    import _signal as signal

    os = posix

# All but SIGKILL and SIGSTOP, which cannot be caught, and the signals that the C library keeps to
# itself.
CATCHABLE = frozenset(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}
# In the environment of the isolated interpreter: the descriptor that holds the environment to hand
# on.
_MARK = "LABINIT_ENVIRON"
_MFD_NOEXEC_SEAL = 8
# Also known to image/launcher/labinit.c.
_OWN_ENVIRON = {
    "LC_ALL": "C.UTF-8",
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    # Or the first model looks through all that is installed: 10 ms, and nobody's plugin is to run
    # as root.
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
}


def block_signals() -> None:
    """Keep every signal that arrives from now on until `attend` takes it.

    To be called first of all.

    A handler would merge queued real-time signals and lose those between fork and exec; a default
    disposition makes the kernel drop signals for PID 1. SIGCHLD may have been handed down as
    ignored, which would lose exit codes.

    Source: pid_namespaces(7), signal(7), wait(2).
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, CATCHABLE)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def isolate(main: str) -> None:
    """Start again as `python -I -S main`, unless that is how this process was started.

    Then no PYTHON* variable, no user site and no current directory reach the interpreter, and it is
    smaller. Blocked signals stay blocked and pending. The launcher of the image starts this way at
    once. Where the environment cannot be kept for later, nothing happens: labinit works without it.
    """
    if (sys.flags.isolated and sys.flags.no_site) or not sys.executable:
        return
    try:
        _open_standard_descriptors()
        keeper = _keep(_read_environ())
        environ = {**_OWN_ENVIRON, _MARK: str(keeper)}
        os.execve(sys.executable, [sys.executable, "-I", "-S", main, *sys.argv[1:]], environ)
    except OSError:
        return


def claim_descriptors() -> int | None:
    """Make 0, 1 and 2 exist and everything above not; return the one that holds the environment, if there is one.

    A closed standard descriptor would be taken by the next file or pipe that is opened, and be
    written to by mistake.
    """
    keeper = _find_keeper()
    for fd in _open_descriptors():
        if fd > 2 and fd != keeper:
            try:
                os.close(fd)
            except OSError:
                continue  # the one the list was read with
    _open_standard_descriptors()
    return keeper


def inherited_environ(keeper: int | None) -> tuple[bytes, ...]:
    """Return the environment that was handed down, byte for byte.

    For the child: PID 1 needs none.
    """
    data = _read_environ() if keeper is None else os.pread(keeper, os.fstat(keeper).st_size, 0)
    return tuple(data.split(b"\0")[:-1])


def _open_standard_descriptors() -> None:
    for fd in (0, 1, 2):
        try:
            os.fstat(fd)
        except OSError:
            # The lowest free number is `fd`, because the loop has filled those below.
            os.set_inheritable(os.open("/dev/null", os.O_RDWR), True)


def _find_keeper() -> int | None:
    try:
        keeper = int(posix.environ[_MARK.encode()])
        os.set_inheritable(keeper, False)
    except (KeyError, ValueError, OSError):
        return None
    return keeper


def _open_descriptors() -> "list[int] | range":
    """Return what is open: by name, because there may be some above the limit, and the limit may be a billion."""
    try:
        return [int(name) for name in os.listdir("/proc/self/fd")]
    except OSError:
        return range(3, min(os.sysconf("SC_OPEN_MAX"), 65536))


def _read_environ() -> bytes:
    """Return this process's environment as execve(2) got it: in the C locale, Python adds LC_CTYPE to its own."""
    try:
        with open("/proc/self/environ", "rb") as file:
            return file.read()
    except OSError:
        return b"".join(b"%s=%s\0" % entry for entry in posix.environ.items())


def _keep(data: bytes) -> int:
    try:
        keeper = os.memfd_create("environ", _MFD_NOEXEC_SEAL)
    except OSError:
        keeper = os.memfd_create("environ", 0)  # Linux before 6.3 does not know the flag
    with open(keeper, "wb", closefd=False) as file:
        file.write(data)
    return keeper

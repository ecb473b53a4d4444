"""The first instructions of PID 1: hold all signals, start isolated, own the descriptors.

Starts no child.

PID 1 imports this module first of all: as little as possible before `block_signals`.
"""

import os
import signal
import sys

from labinit.layout import SYSTEM_PATH
from labinit.linux import ENVIRON_FD, find_environ_fd, read_own_environ

# All but SIGKILL and SIGSTOP, which cannot be caught, and the signals that the C library keeps to
# itself.
CATCHABLE = frozenset(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}
_MFD_NOEXEC_SEAL = 8
# Also known to image/launcher/launcher.c.
_OWN_ENVIRON = {
    "LC_ALL": "C.UTF-8",
    "PATH": SYSTEM_PATH,
    # Or the first model looks through all that is installed: 10 ms, and nobody's plugin is to run
    # as root.
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
}


def block_signals() -> None:
    """Keep every signal from now on until `supervise` takes it. To be called first of all."""
    # Blocked, not handled: a handler would merge queued real-time signals and lose those between
    # fork and exec; and what PID 1 neither blocks nor handles, the kernel drops. Source: signal(7),
    # pid_namespaces(7).
    signal.pthread_sigmask(signal.SIG_BLOCK, CATCHABLE)
    # It may have been handed down as ignored, which would lose exit codes. Source: wait(2).
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def isolate(main: str) -> None:
    """Start again as `python -I main`, unless that is how this process was started.

    Then no PYTHON* variable, no user site and no current directory reach the interpreter. The
    launcher of the image starts this way at once. Where the environment cannot be kept for later,
    nothing happens: labinit works without it.
    """
    if sys.flags.isolated or not sys.executable:
        return
    # Installed beside its dependencies, labinit needs no `site` either (-S), and is smaller; a
    # checkout in a virtual environment does.
    beside = os.path.join(os.path.dirname(os.path.dirname(main)), "pydantic_settings")
    options = ["-I", "-S"] if os.path.isdir(beside) else ["-I"]
    try:
        _open_standard_descriptors()
        environ = {**_OWN_ENVIRON, ENVIRON_FD: str(_store(read_own_environ()))}
        # Blocked signals stay blocked and pending. Source: execve(2).
        os.execve(sys.executable, [sys.executable, *options, main, *sys.argv[1:]], environ)
    except OSError:
        return


def claim_descriptors() -> int | None:
    """Make 0, 1 and 2 exist and nothing above; return the one with the environment, if any."""
    environ_fd = find_environ_fd()
    for fd in _open_descriptors():
        if fd > 2 and fd != environ_fd:
            try:
                os.close(fd)
            except OSError:
                continue  # the one the list was read with
    _open_standard_descriptors()
    return environ_fd


def _open_standard_descriptors() -> None:
    # A closed one would be taken by the next file or pipe, and be written to by mistake.
    for fd in (0, 1, 2):
        try:
            os.fstat(fd)
        except OSError:
            # The lowest free number is `fd`, because the loop has filled those below.
            os.set_inheritable(os.open("/dev/null", os.O_RDWR), True)


def _open_descriptors() -> "list[int] | range":
    # By name: some may be above the limit, and that may be a billion.
    try:
        return [int(name) for name in os.listdir("/proc/self/fd")]
    except OSError:
        return range(3, min(os.sysconf("SC_OPEN_MAX"), 65536))


def _store(data: bytes) -> int:
    try:
        fd = os.memfd_create("environ", _MFD_NOEXEC_SEAL)
    except OSError:
        fd = os.memfd_create("environ", 0)  # Linux before 6.3 does not know the flag
    with open(fd, "wb", closefd=False) as file:
        file.write(data)
    return fd

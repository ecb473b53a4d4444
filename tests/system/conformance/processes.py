"""Starts a command as the PID 1 of PID and mount namespaces of its own, talks to it, and ends it.

Knows no init.
"""

import contextlib
import ctypes
import fcntl
import math
import os
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Self

from tests.system.conformance.system_calls import LIBC, check

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Hangs are what is looked for: this bound is met where a case fails, and only there.
_patience_s = 20.0

_CLONE_NEWNS = 0x00020000
_CLONE_NEWPID = 0x20000000
_MS_REC = 16384
_MS_PRIVATE = 1 << 18


@contextlib.contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Wait no longer than this for anything: for an init that is known to hang."""
    global _patience_s  # noqa: PLW0603 - one test at a time
    before, _patience_s = _patience_s, seconds
    try:
        yield
    finally:
        _patience_s = before


class Started:
    """A running command.

    Leaving the `with` block kills its namespace, or it alone where it has none.
    """

    def __init__(self, pid: int, fds: Mapping[str, int]) -> None:
        self.pid = pid
        self._fds = dict(fds)
        self._pidfd = os.pidfd_open(pid)
        self._said = dict.fromkeys(fds, b"")
        self._seen = 0
        self._status: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        for fd in (*self._fds.values(), self._pidfd):
            os.close(fd)

    def send(self, *signos: int) -> None:
        for signo in signos:
            os.kill(self.pid, signo)

    def send_group(self, signo: int) -> None:
        os.killpg(self.pid, signo)

    def type(self, text: str) -> None:
        """Type on its terminal."""
        os.write(self._fds["tty"], text.encode())

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self._fds["tty"], termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def hang_up(self) -> None:
        os.close(self._fds.pop("tty"))

    @property
    def foreground(self) -> int:
        """The process group in the foreground of its terminal; in the numbers of this namespace, so
        0 is another's."""
        return int.from_bytes(
            fcntl.ioctl(self._fds["tty"], termios.TIOCGPGRP, b"\0" * 4), "little", signed=True
        )

    def expect(self, text: str, within_s: float = math.inf) -> str:
        """Wait until it says `text`, after what was expected before; return what it said up to
        there."""
        wanted = text.encode()
        name = "tty" if "tty" in self._fds else "out"
        deadline = time.monotonic() + min(within_s, _patience_s)
        while (found := self._said[name].find(wanted, self._seen)) < 0:
            assert self._read(deadline), (
                f"it does not say {text!r} but {self.said!r}, and on stderr {self.errors!r}"
            )
        before = self._said[name][self._seen : found]
        self._seen = found + len(wanted)
        return before.decode(errors="replace")

    def wait(self, within_s: float = math.inf) -> int:
        """Return its exit code, negative for the signal that killed it.

        Fails if it has not ended by then.
        """
        deadline = time.monotonic() + min(within_s, _patience_s)
        while self._status is None:
            assert self._read(deadline), (
                f"still running after {min(within_s, _patience_s)} s: {self.said!r}, on "
                f"stderr {self.errors!r}"
            )
        while self._read(time.monotonic() + 0.2):  # what is in the pipes
            pass
        return os.waitstatus_to_exitcode(self._status)

    def is_running(self) -> bool:
        return self._status is None and not select.select([self._pidfd], [], [], 0)[0]

    @property
    def said(self) -> str:
        """What it has said on standard output, or on the terminal, as far as it was read."""
        return self.said_bytes.decode(errors="replace")

    @property
    def said_bytes(self) -> bytes:
        return self._said.get("tty", b"") + self._said.get("out", b"")

    @property
    def errors(self) -> str:
        return self._said.get("err", b"").decode(errors="replace")

    def _read(self, deadline: float) -> bool:
        """Read what there is; return False after the deadline, or if nothing can come any more."""
        watched = list(self._fds.values()) + ([self._pidfd] if self._status is None else [])
        left_s = deadline - time.monotonic()
        ready = select.select(watched, [], [], max(0, left_s))[0] if watched else []
        for name, fd in list(self._fds.items()):
            if fd in ready:
                try:
                    data = os.read(fd, 65536)
                except OSError:  # EIO: nobody has the terminal open any more
                    data = b""
                self._said[name] += data
                if not data:
                    os.close(self._fds.pop(name))
        if self._pidfd in ready:
            self._status = os.waitpid(self.pid, 0)[1]
        return bool(ready)


def start(
    argv: Sequence[str | bytes],
    env: Mapping[str, str] | Sequence[bytes] = {},
    setup: Callable[[], object] = lambda: None,
    *,
    tty: Sequence[int] = (),
    own_namespace: bool = True,
) -> Started:
    """Start `argv`; return as soon as it has been executed.

    `setup` runs just before that, in the namespace. `env` comes on top of PATH, or is all of it,
    entry by entry. `tty` are the descriptors that are its controlling terminal; the others are
    pipes, and standard input is empty.
    """
    ours, theirs = _channels(tty)
    executed, executing = os.pipe()
    pid = _fork_in_namespace() if own_namespace else os.fork()
    if pid == 0:
        try:
            _become(theirs, tty, own_namespace=own_namespace)
            setup()
            _execute(argv, env)
        except BaseException as error:  # noqa: BLE001 - told to the parent
            os.write(executing, repr(error).encode())
        finally:
            os._exit(99)
    os.close(executing)
    for fd in set(theirs):
        os.close(fd)
    problem = os.read(executed, 4096)
    os.close(executed)
    started = Started(pid, ours)
    if problem:
        with started:
            raise RuntimeError(f"start {argv}: {problem.decode()}")
    return started


def _channels(tty: Sequence[int]) -> tuple[dict[str, int], list[int]]:
    """Return our ends by name, and the three descriptors of the child."""
    ours: dict[str, int] = {}
    theirs = [-1, -1, -1]
    if tty:
        ours["tty"], slave = os.openpty()
        for fd in tty:
            theirs[fd] = slave
    if theirs[0] < 0:
        theirs[0] = os.open(os.devnull, os.O_RDONLY)
    for fd, name in ((1, "out"), (2, "err")):
        if theirs[fd] < 0:
            ours[name], theirs[fd] = os.pipe()
    return ours, theirs


def _fork_in_namespace() -> int:
    with open("/proc/self/ns/pid") as own:
        check(LIBC.unshare(_CLONE_NEWPID))
        pid = os.fork()
        if pid != 0:
            check(LIBC.setns(own.fileno(), _CLONE_NEWPID))
        return pid


def _become(fds: Sequence[int], tty: Sequence[int], *, own_namespace: bool) -> None:
    os.setsid()
    if tty:
        fcntl.ioctl(fds[tty[0]], termios.TIOCSCTTY, 0)
    for fd, source in enumerate(fds):
        os.dup2(source, fd)
    if own_namespace:
        check(LIBC.unshare(_CLONE_NEWNS))
        check(LIBC.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None))
        check(LIBC.mount(b"proc", b"/proc", b"proc", 0, None))
    for signo in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(signo, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _execute(argv: Sequence[str | bytes], env: Mapping[str, str] | Sequence[bytes]) -> None:
    words = [os.fsencode(word) for word in argv]
    if isinstance(env, Mapping):
        env = [f"{name}={value}".encode() for name, value in ({"PATH": PATH} | dict(env)).items()]
    for path in (
        [words[0]]
        if b"/" in words[0]
        else [os.path.join(os.fsencode(one), words[0]) for one in PATH.split(":")]
    ):
        LIBC.execve(
            path,
            (ctypes.c_char_p * (len(words) + 1))(*words),
            (ctypes.c_char_p * (len(env) + 1))(*env),
        )
    check(-1)

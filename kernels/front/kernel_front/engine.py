"""The engine's process and the pipes to it. Knows nothing of Jupyter."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import time
from typing import TYPE_CHECKING, Any

from kernel_front.wire import to_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernel_front.spec import EngineSpec

_REQUESTS, _MESSAGES = 3, 4
_READ_SIZE = 1 << 16
_PIPE_SIZE = 1 << 16
# What Python changed: a program expects these as a shell gives them.
_DEFAULT_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE, signal.SIGXFSZ)
_SETPRIV = "/usr/bin/setpriv"
# How long it may take to end by itself, and how often that is looked at.
_END_S = 0.7
_TICK_S = 0.005


class Engine:
    """A running engine, in a session of its own.

    No call but `end` waits: reading returns what is there, and what the pipe cannot take yet is
    sent later.
    """

    def __init__(self, spec: EngineSpec) -> None:
        """Start it. Raises: OSError, where that is impossible."""
        requests, self.requests = _pipe()
        self.messages, messages = _pipe()
        out, stdout = _pipe()
        err, stderr = _pipe()
        self.outputs = {"stdout": out, "stderr": err}
        self.ready = False
        self._unsent: list[memoryview] = []
        self._unread = [b""]
        for end in (self.requests, self.messages, out, err):
            os.set_blocking(end, False)
        targets = {1: stdout, 2: stderr, _REQUESTS: requests, _MESSAGES: messages}
        try:
            self.pid = _spawn(spec, targets)
        except BaseException:
            self.close()
            raise
        finally:
            for end in targets.values():
                os.close(end)

    def send(self, request: dict[str, Any]) -> None:
        """Ask for something."""
        self._unsent.append(memoryview(to_json(request) + b"\n"))
        self.flush()

    @property
    def is_behind(self) -> bool:
        """Whether a part of a request waits for room in the pipe."""
        return bool(self._unsent)

    def flush(self) -> None:
        """Send what the pipe takes; an engine that has gone takes it all: its end is noticed."""
        try:
            while self._unsent:
                rest = self._unsent[0][os.write(self.requests, self._unsent[0]) :]
                self._unsent[:1] = [rest] if rest else []
        except BlockingIOError:
            pass
        except OSError:
            self._unsent.clear()

    def receive(self) -> list[dict[str, Any]]:
        """Return the messages that have arrived."""
        messages: list[dict[str, Any]] = []
        while (
            not messages and self.messages >= 0 and (received := _read(self.messages)) is not None
        ):
            if not received:
                os.close(self.messages)
                self.messages = -1
                break
            self._unread.append(received)
            if b"\n" in received:
                *lines, rest = b"".join(self._unread).split(b"\n")
                self._unread = [rest]
                messages = [message for line in lines for message in _parsed(line)]
        return messages

    def read_output(self, name: str) -> bytes:
        """Return what has been printed, if there is anything."""
        payload = _read(self.outputs[name]) if name in self.outputs else None
        if payload == b"":  # Nobody can write there any more.
            os.close(self.outputs.pop(name))
        return payload or b""

    def drain_output(self) -> Iterator[tuple[str, bytes]]:
        """Yield all that was printed before now; of a process that goes on printing, not more."""
        for name in list(self.outputs):
            rest = _PIPE_SIZE
            while rest > 0 and (payload := self.read_output(name)):
                rest -= len(payload)
                yield name, payload

    def interrupt(self) -> None:
        """Send SIGINT to the engine and what it has started in its foreground."""
        self._signal(signal.SIGINT)

    def kill(self) -> None:
        """End it at once, and what it has started."""
        for pid in _session(self.pid):
            _kill(pid)
        self._signal(signal.SIGKILL)

    def ended(self) -> int | None:
        """Return the wait status once it has ended. Not to be called after that."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        return status if pid else None

    def end_requests(self) -> None:
        """Tell the engine that no request follows; one that runs a cell notices, too."""
        if self.requests >= 0:
            os.close(self.requests)
            self.requests = -1

    def end(self) -> None:
        """End it and what it has started, within a second: as itself wants, else at once."""
        self.send({"type": "shutdown"})
        deadline = time.monotonic() + _END_S
        ended = self.ended()
        while ended is None and time.monotonic() < deadline:
            self.flush()
            if not self.is_behind:
                self.end_requests()
            self.receive()
            for _ in self.drain_output():
                pass
            time.sleep(_TICK_S)
            ended = self.ended()
        self.kill()
        if ended is None:
            os.waitpid(self.pid, 0)
        self.close()

    def close(self) -> None:
        """Close the pipes."""
        for end in (self.requests, self.messages, *self.outputs.values()):
            if end >= 0:
                os.close(end)

    def _signal(self, number: int) -> None:
        try:
            os.killpg(self.pid, number)
        except OSError:
            _kill(self.pid, number)


def _pipe() -> tuple[int, int]:
    """Return a pipe whose ends stay clear of the numbers that the engine gives its own."""
    ends = []
    for end in os.pipe():
        ends.append(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10))
        os.close(end)
    return ends[0], ends[1]


def _spawn(spec: EngineSpec, targets: dict[int, int]) -> int:
    """Start the engine. It dies with this process, also where that is killed: setpriv(1)."""
    argv = list(spec.argv)
    if os.path.exists(_SETPRIV):
        argv = [_SETPRIV, "--pdeathsig", "KILL", "--", *argv]
    return os.posix_spawn(
        argv[0],
        argv,
        {**os.environ, **spec.env},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            *((os.POSIX_SPAWN_DUP2, end, target) for target, end in targets.items()),
        ],
        setsid=True,
        setsigdef=_DEFAULT_SIGNALS,
    )


def _read(end: int) -> bytes | None:
    try:
        return os.read(end, _READ_SIZE)
    except BlockingIOError:
        return None


def _parsed(line: bytes) -> Iterator[dict[str, Any]]:
    """Yield the message, if it is one: a stray line must not end the kernel."""
    try:
        message = json.loads(line, parse_constant=lambda _: None)
    except ValueError:
        message = None
    if isinstance(message, dict):
        yield message
    elif line.strip():
        text = f"no message of the engine's: {line[:200].decode(errors='replace')}\n"
        yield {"type": "stream", "name": "stderr", "text": text}


def _session(leader: int) -> Iterator[int]:
    """Yield the processes of the session that the engine leads: what cells have started."""
    for entry in os.listdir("/proc"):
        if entry.isdecimal() and int(entry) != leader:
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                    fields = file.read().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == leader:  # proc(5): session is the fourth after the name
                yield int(entry)


def _kill(pid: int, number: int = signal.SIGKILL) -> None:
    with contextlib.suppress(OSError):
        os.kill(pid, number)

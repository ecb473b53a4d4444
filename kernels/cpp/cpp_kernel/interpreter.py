"""The interpreter's process and the pipes to it. Knows nothing of Jupyter."""

from __future__ import annotations

import array
import fcntl
import json
import os
import select
import signal
import subprocess
import termios
from typing import TYPE_CHECKING, Any

from cpp_kernel.wire import Event, EventDecoder, Printed, Reply, Stream, TextDecoder, message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_READ_SIZE = 1 << 16
# It ends by itself, after the destructors of the cells' variables: ../src/supervisor.cpp gives them
# 2 s.
_END_S = 4


class Interpreter:
    """A running interpreter.

    One thread iterates over `events`; the other methods may be called from any.
    """

    def __init__(self, prefix: Path, standard: str) -> None:
        """Start it. Shape: `prefix` holds bin/cpp-interpreter and include."""
        requests, self._requests = os.pipe()
        self._events, events = os.pipe()
        input_, self._input = os.pipe()
        output, error = os.pipe(), os.pipe()
        self._raw: dict[int, Stream] = {output[0]: "stdout", error[0]: "stderr"}
        self._raw_text = TextDecoder()
        ends = requests, events, input_
        self._process = subprocess.Popen(
            [
                *(str(prefix / "bin/cpp-interpreter"), *map(str, ends)),
                *(f"-std={standard}", f"-I{prefix / 'include'}"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=output[1],
            stderr=error[1],
            pass_fds=ends,
            start_new_session=True,
        )
        for end in (*ends, output[1], error[1]):
            os.close(end)

    def request(self, **request: Any) -> None:
        """Ask for something. The reply is an event."""
        _write(self._requests, message(json.dumps(request)))

    def answer_input(self, text: str) -> None:
        """Give the interpreter the line it wished for; no text at all is the end of the file."""
        _write(self._input, message(text))

    def interrupt(self, *, insist: bool = False) -> None:
        """Have the running cell end. To insist means: even if all variables are lost by it."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGUSR2 if insist else signal.SIGUSR1)

    def end(self) -> None:
        """End it, and whatever its cells have started. Does nothing the second time."""
        if self._requests >= 0:
            os.close(self._requests)
            self._requests = -1
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def events(self) -> Iterator[Event]:
        """Yield what happens until the interpreter has ended.

        All that a cell has written comes before its reply.
        """
        decoder = EventDecoder()
        while True:
            ready, _, _ = select.select([self._events, *self._raw], [], [])
            yield from self._raw_events()
            if self._events not in ready:
                continue
            if not (received := os.read(self._events, _READ_SIZE)):
                return
            for event in decoder.feed(received):
                if isinstance(event, Reply):
                    yield from self._raw_events()
                yield event

    def _raw_events(self) -> Iterator[Event]:
        """Yield what went around C++'s and C's streams: commands, and write(2).

        Only what is there already.
        """
        for end, name in list(self._raw.items()):
            if size := _waiting_bytes(end):
                if text := self._raw_text.decode(name, os.read(end, size)):
                    yield Printed(name, text)
            elif _is_closed(end):
                del self._raw[end]


def _write(end: int, payload: bytes) -> None:
    while payload:
        payload = payload[os.write(end, payload) :]


def _waiting_bytes(end: int) -> int:
    count = array.array("i", [0])
    fcntl.ioctl(end, termios.FIONREAD, count)
    return count[0]


def _is_closed(end: int) -> bool:
    poll = select.poll()
    poll.register(end, 0)
    return bool(poll.poll(0))

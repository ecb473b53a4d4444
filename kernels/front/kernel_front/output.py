"""What a program prints, joined into few messages. Reads no pipe, sends nothing."""

from __future__ import annotations

import codecs
import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# The first line is sent at once, what follows it every 20 ms, and of a program that goes on
# printing every 100 ms: 10,000 lines stay below 100 messages on a slow machine too. Jupyter's
# server drops all beyond 1000 messages a second.
_SHORT_S = 0.02
_LONG_S = 0.1
_QUIET_S = 0.3
_FULL = 1 << 16
# A program that goes to and fro between its streams is not given a message for each turn.
_MOST_TURNS = 16


class Output:
    """Text of two streams, in the order in which it came."""

    def __init__(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")
        self._decoders = {name: decoder("replace") for name in ("stdout", "stderr")}
        self._waiting: list[tuple[str, str]] = []
        self._size = 0
        self._sent_at = 0.0
        self._began_at = 0.0

    def add_all(self, printed: Iterable[tuple[str, bytes]]) -> None:
        """Add what several pipes gave."""
        for name, payload in printed:
            self.add_bytes(name, payload)

    def add_bytes(self, name: str, payload: bytes) -> None:
        """Add what a pipe gave. Half a character waits for its rest; a wrong one is U+FFFD."""
        self.add(name, self._decoders[name].decode(payload))

    def add(self, name: str, text: str) -> None:
        """Add text."""
        if text:
            self._waiting.append((name, text))
            self._size += len(text)

    def due(self, now: float) -> float | None:
        """Return how many seconds from now it should be sent; None when there is nothing."""
        if not self._waiting:
            return None
        if self._size >= _FULL:
            return 0
        if now - self._sent_at > _QUIET_S:
            self._began_at = now
        pause = min(_LONG_S, max(_SHORT_S, (now - self._began_at) / 10))
        return max(0.0, self._sent_at + pause - now)

    def take(self, now: float) -> Iterator[tuple[str, str]]:
        """Yield what has come, in few pieces of (stream, text).

        Shape: in the order in which it came; one piece a stream where that would be too many.
        """
        waiting, self._waiting, self._size, self._sent_at = self._waiting, [], 0, now
        pieces = [
            (name, "".join(text for _, text in group))
            for name, group in itertools.groupby(waiting, key=lambda piece: piece[0])
        ]
        if len(pieces) > _MOST_TURNS:
            pieces = [
                (name, "".join(text for stream, text in pieces if stream == name))
                for name in dict(pieces)
            ]
        yield from pieces

    def end_cell(self) -> None:
        """Turn half a character that nothing followed into U+FFFD."""
        for name, decoder in self._decoders.items():
            self.add(name, decoder.decode(b"", final=True))

"""The format of what travels between the kernel and the interpreter, as in ../src/wire.h. Pure."""

from __future__ import annotations

import codecs
import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

Stream = Literal["stdout", "stderr"]


@dataclass(frozen=True)
class Printed:
    """A piece of a stream's text."""

    stream: Stream
    text: str


@dataclass(frozen=True)
class InputWanted:
    """The cell waits for a line of input."""


@dataclass(frozen=True)
class Reply:
    """The answer to a request."""

    content: dict[str, Any]


Event = Printed | InputWanted | Reply

_HEADER = struct.Struct("<cH")
_LENGTH = struct.Struct("=I")
_STREAMS: dict[bytes, Stream] = {b"O": "stdout", b"E": "stderr"}


def message(text: str) -> bytes:
    """Return a message to the interpreter."""
    payload = text.encode(errors="surrogatepass")
    return _LENGTH.pack(len(payload)) + payload


class TextDecoder:
    """Turns the bytes of both streams into text, wherever they are cut."""

    def __init__(self) -> None:
        new = codecs.getincrementaldecoder("utf-8")
        self._decoders = {name: new("replace") for name in _STREAMS.values()}

    def decode(self, name: Stream, payload: bytes) -> str:
        """Return what is complete; the rest waits for the next bytes."""
        return self._decoders[name].decode(payload)


class EventDecoder:
    """Turns the bytes that the interpreter sends into events."""

    def __init__(self) -> None:
        self._rest = b""
        self._reply = b""
        self._text = TextDecoder()

    def feed(self, received: bytes) -> Iterator[Event]:
        """Yield the events that these bytes complete; of one stream in a row, one."""
        for kind, payload in self._joined(received):
            if kind in _STREAMS:
                if text := self._text.decode(_STREAMS[kind], payload):
                    yield Printed(_STREAMS[kind], text)
            elif kind == b"I":
                yield InputWanted()
            elif kind == b"0":
                self._reply = b""
            else:
                self._reply += payload
                if kind == b".":
                    reply, self._reply = json.loads(self._reply), b""
                    yield Reply(reply)

    def _joined(self, received: bytes) -> Iterator[tuple[bytes, bytes]]:
        waiting: tuple[bytes, list[bytes]] | None = None
        for kind, payload in self._frames(received):
            if waiting and waiting[0] == kind and kind in _STREAMS:
                waiting[1].append(payload)
                continue
            if waiting:
                yield waiting[0], b"".join(waiting[1])
            waiting = kind, [payload]
        if waiting:
            yield waiting[0], b"".join(waiting[1])

    def _frames(self, received: bytes) -> Iterator[tuple[bytes, bytes]]:
        received = self._rest + received
        at = 0
        while len(received) - at >= _HEADER.size:
            kind, size = _HEADER.unpack_from(received, at)
            end = at + _HEADER.size + size
            if end > len(received):
                break
            yield kind, received[at + _HEADER.size : end]
            at = end
        self._rest = received[at:]

"""Jupyter's messages as ZeroMQ frames: signed, parsed, checked. Opens no socket.

Source: https://jupyter-client.readthedocs.io/en/stable/messaging.html#the-wire-protocol
jupyter_client's own Session would bring traitlets, tornado and IPython: 20 MB a kernel.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

try:  # hashlib loads OpenSSL: 3 MB a kernel.
    from _sha2 import sha256  # type: ignore[import-not-found]
except ImportError:  # Python 3.11
    from hashlib import sha256

PROTOCOL_VERSION = "5.3"

_DELIMITER = b"<IDS|MSG>"
_BLOCK = 64


class BadMessageError(Exception):
    """No message of this session: not signed with its key, or not in its format."""


@dataclass(frozen=True)
class Message:
    """A request, or the reply to an input request. Shape: `idents` is the way to its sender."""

    idents: tuple[bytes, ...]
    header: dict[str, Any]
    metadata: dict[str, Any]
    content: dict[str, Any]

    @property
    def msg_type(self) -> str:
        """The name of the request."""
        return str(self.header.get("msg_type", ""))


class Session:
    """Signs what is sent and checks what is received."""

    def __init__(self, key: bytes) -> None:
        """Use `key`, which the connection file gives; an empty one switches signatures off."""
        self.identity = os.urandom(16).hex()
        key = sha256(key).digest() if len(key) > _BLOCK else key
        padded = key.ljust(_BLOCK, b"\0")
        self._inner = sha256(bytes(byte ^ 0x36 for byte in padded))
        self._outer = sha256(bytes(byte ^ 0x5C for byte in padded))
        self._signs = bool(key)
        self._count = 0

    def frames(
        self,
        msg_type: str,
        content: dict[str, Any],
        parent: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        idents: Sequence[bytes] = (),
    ) -> list[bytes]:
        """Return a message as it goes out. Shape: `parent` is the header of what it answers."""
        self._count += 1
        header = {
            "msg_id": f"{self.identity}_{self._count}",
            "msg_type": msg_type,
            "username": "kernel",
            "session": self.identity,
            "date": _now(),
            "version": PROTOCOL_VERSION,
        }
        parts = [to_json(part) for part in (header, parent, metadata or {}, content)]
        return [*idents, _DELIMITER, self._signature(parts), *parts]

    def parse(self, frames: list[bytes]) -> Message:
        """Return the message that these frames are.

        Raises: BadMessageError.
        """
        try:
            start = frames.index(_DELIMITER)
            signature, *parts = frames[start + 1 : start + 6]
            if self._signs and not _equal(signature, self._signature(parts)):
                raise BadMessageError("its signature is wrong")
            # Text that is no UTF-8 is answered, too: in a cell, it becomes U+FFFD.
            header, _parent, metadata, content = (
                json.loads(part.decode("utf-8", "replace")) for part in parts
            )
        except (ValueError, RecursionError) as error:
            raise BadMessageError(str(error)) from error
        if not all(isinstance(part, dict) for part in (header, metadata, content)):
            raise BadMessageError("its parts are no JSON objects")
        return Message(tuple(frames[:start]), header, metadata, content)

    def _signature(self, parts: list[bytes]) -> bytes:
        """HMAC (RFC 2104): the module of that name loads OpenSSL."""
        if not self._signs:
            return b""
        inner, outer = self._inner.copy(), self._outer.copy()
        for part in parts:
            inner.update(part)
        outer.update(inner.digest())
        return str(outer.hexdigest()).encode()


def to_json(value: Any) -> bytes:
    """Return UTF-8, where half a surrogate pair (legal in JSON, not in UTF-8) becomes U+FFFD."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _equal(signature: bytes, expected: bytes) -> bool:
    """Compare in a time that tells nothing of where they differ."""
    difference = len(signature) ^ len(expected)
    for one, other in zip(signature, expected, strict=False):
        difference |= one ^ other
    return difference == 0


def _now() -> str:
    seconds = time.time()
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1e6):06d}Z"

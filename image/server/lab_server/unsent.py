"""What kernels say while no page is connected: kept for its return, within limits.

jupyter_server keeps all of it in memory, so that a cell that goes on printing ends the server.
"""

from __future__ import annotations

import json
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_server.services.kernels.kernelmanager import MappingKernelManager

Entry = tuple[str, list[bytes]]

# What is sent at once when the page returns has to stay below the server's limits for output, or it
# drops the rest: 3 MB of text, 3000 messages. Pictures and the like are no text to it.
_MOST_MESSAGES = 2000
_MOST_BYTES = {"text": 2 << 20, "other": 32 << 20}
# What a page has to know of a cell is never dropped; there is little of it.
_KEPT = {"status", "execute_input", "execute_result", "error", "comm_open", "comm_close"}
_DELIMITER = b"<IDS|MSG>"


class Unsent:
    """Messages in the order in which they came. Of output the oldest is dropped, which is said.

    Shape: `make_note` makes a message of a text and the header of the cell that shows it.
    """

    def __init__(self, make_note: Callable[[str, dict[str, Any]], list[bytes]]) -> None:
        self._make_note = make_note
        self._entries: dict[int, Entry] = {}
        self._number = 0
        self._output: dict[str, deque[int]] = {kind: deque() for kind in _MOST_BYTES}
        self._bytes = dict.fromkeys(_MOST_BYTES, 0)
        self._dropped = 0
        self._last_dropped: Entry | None = None

    def append(self, entry: Entry) -> None:
        """Add a message of a channel."""
        self._number += 1
        self._entries[self._number] = entry
        if (kind := _kind(entry)) is None:
            return
        self._output[kind].append(self._number)
        self._bytes[kind] += _size(entry)
        while self._bytes[kind] > _MOST_BYTES[kind] or len(self._output[kind]) > _MOST_MESSAGES:
            self._drop(kind)

    def _drop(self, kind: str) -> None:
        entry = self._entries.pop(self._output[kind].popleft())
        self._bytes[kind] -= _size(entry)
        self._dropped += _size(entry)
        self._last_dropped = entry

    def __len__(self) -> int:
        """Return how many messages there are."""
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        """Yield what is to be sent."""
        if self._last_dropped is not None:
            text = f"{self._dropped:,} bytes of output were dropped while no page was connected\n"
            yield "iopub", self._make_note(text, _part(self._last_dropped, 1))
        yield from self._entries.values()


def limit_unsent(manager: MappingKernelManager) -> None:
    """Have a server keep messages in an Unsent, whatever its kernel manager is."""
    start_buffering = manager.start_buffering

    def make_note(kernel_id: str, text: str, parent: dict[str, Any]) -> list[bytes]:
        session = manager.get_kernel(kernel_id).session
        content = {"name": "stderr", "text": text}
        return list(session.serialize(session.msg("stream", content, parent=parent), b"stream"))

    def start(kernel_id: str, session_key: str, channels: dict[str, Any]) -> None:
        start_buffering(kernel_id, session_key, channels)
        if kernel_id in manager._kernel_buffers:  # noqa: SLF001
            unsent = Unsent(partial(make_note, kernel_id))
            manager._kernel_buffers[kernel_id]["buffer"] = unsent  # noqa: SLF001

    manager.start_buffering = start


def _kind(entry: Entry) -> str | None:
    """Return which limit a message counts towards; None where it is kept."""
    msg_type = _part(entry, 0).get("msg_type") if entry[0] == "iopub" else "status"
    if msg_type in _KEPT:
        return None
    return "text" if msg_type == "stream" else "other"


def _part(entry: Entry, number: int) -> dict[str, Any]:
    """Return the header (0) or the one of the cell (1). Shape: empty where there is none."""
    try:
        start = entry[1].index(_DELIMITER) + 2
        return dict(json.loads(entry[1][start + number]))
    except (ValueError, IndexError, TypeError):
        return {}


def _size(entry: Entry) -> int:
    return sum(len(part) for part in entry[1])

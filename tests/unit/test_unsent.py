"""What a server keeps for a page that is away: all that it has to know, and the latest output."""

import json
from typing import Any

from lab_server.unsent import Unsent

Parts = list[bytes]


def message(msg_type: str, text: str, cell: str = "cell") -> Parts:
    parts: list[dict[str, Any]] = [{"msg_type": msg_type}, {"msg_id": cell}, {}, {"text": text}]
    return [b"topic", b"<IDS|MSG>", b"signature", *(json.dumps(part).encode() for part in parts)]


def note(text: str, parent: dict[str, Any]) -> Parts:
    return [f"{text} {parent['msg_id']}".encode()]


def filled(*messages: Parts, channel: str = "iopub") -> list[Parts]:
    unsent = Unsent(note)
    for one in messages:
        unsent.append((channel, one))
    return [parts for _, parts in unsent]


def test_what_is_little_is_kept_as_it_came() -> None:
    messages = [message(kind, "x") for kind in ("status", "stream", "display_data", "error")]
    assert filled(*messages) == messages


def test_of_much_output_the_latest_is_kept_and_the_rest_is_told_in_its_cell() -> None:
    ends = [message("execute_input", ""), message("error", ""), message("status", "idle")]
    for kind, size in {"stream": 100_000, "display_data": 2_000_000}.items():
        output = [message(kind, str(number) * size) for number in range(10)] * 10
        told, begin, *kept, error, idle = filled(ends[0], *output, *ends[1:])
        assert b"bytes of output were dropped" in told[0]
        assert told[0].endswith(b" cell")
        assert [begin, error, idle] == ends
        assert kept == output[-len(kept) :]
        assert 10 <= len(kept) <= 40


def test_many_small_messages_are_too_much_as_well() -> None:
    output = [message("stream", "x")] * 10_000
    assert len(filled(*output)) < 3000


def test_replies_and_what_is_no_message_are_kept() -> None:
    replies = [message("execute_reply", "x" * 100_000)] * 100
    assert filled(*replies, channel="shell") == replies
    assert filled([b"odd"], [b"odder", b"<IDS|MSG>", b"", b"\xff"]) == [
        [b"odd"],
        [b"odder", b"<IDS|MSG>", b"", b"\xff"],
    ]

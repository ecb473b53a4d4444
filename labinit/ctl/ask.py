"""Asks the server in a process that is the lab user and ends by a deadline. Never writes.

The server, and the files in which it says where it listens, are the user's: nothing of them may
hold up root's process, fill its memory, or end in a traceback. What comes back is text of a bounded
length, and not yet fit for a terminal: `printable`.
"""

import json
import os
import select
import signal
import time

from labinit.become import become
from labinit.ctl.running import Server, address_of, find_server
from labinit.errors import LabinitError
from labinit.linux import PR_SET_PDEATHSIG, prctl
from labinit.quick import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from labinit.ctl.running import Running

    # Returns the status of the answer, and rows of texts.
    Question = Callable[[Server], tuple[int, list[tuple[str, ...]]]]

# More than `get` waits, so that it can still say which address is silent.
DEADLINE_S = 5.0
MAX_ROWS = 200
MAX_LETTERS = 64
_MAX_BYTES = 1 << 20
_URL_LETTERS = 200


class Answer(NamedTuple):
    """The answer of the server."""

    url: str  # as seen from inside
    status: int  # 0: it does not answer, and the problem is why
    problem: str
    rows: "tuple[tuple[str, ...], ...]"  # each with as many texts as the question says
    more_rows: int


def ask(
    running: "Running",
    environ: "Mapping[str, str]",
    question: "Question",
    deadline_s: float = DEADLINE_S,
) -> Answer:
    """Return what `question` finds of the server, as the lab user. Never raises for what is his."""
    receiver, sender = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(receiver)
            _answer(running, environ, question, sender)
        finally:
            os._exit(0)
    try:
        os.close(sender)
        data = _read_until(receiver, time.monotonic() + deadline_s)
    finally:
        os.close(receiver)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return _parse(data, f"http://127.0.0.1:{running.report['port']}/")


def text(value: object, letters: int = MAX_LETTERS) -> str:
    """Return a text of the user's that is short; "" for anything else."""
    if not isinstance(value, str):
        return ""
    return value if len(value) <= letters else f"{value[: letters - 1]}…"


def printable(value: str) -> str:
    """Return a text without what would drive a terminal, or could not be written to it."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in value)


def _answer(
    running: "Running",
    environ: "Mapping[str, str]",
    question: "Question",
    sender: int,
) -> None:
    """In the child: ask, and write the answer as JSON."""
    url, status, problem = "", 0, ""
    rows: list[tuple[str, ...]] = []
    try:
        # Before the user is another, who may not be able to read where a checkout lies.
        import http.client  # noqa: F401, PLC0415 - a third of the time that `labctl health` has

        if os.geteuid() == 0 and running.identity.uid != 0:
            become(running.identity)
        # Only now: a change of the user clears it. Source: PR_SET_PDEATHSIG(2const).
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        server = find_server(running, environ)
        url = address_of(server)
        status, rows = question(server)
    except LabinitError as error:
        problem = str(error)
    except Exception as error:  # noqa: BLE001 - a user's server may do anything
        problem = str(getattr(error, "strerror", "") or error) or type(error).__name__
    content = {
        "url": text(url, _URL_LETTERS),
        "status": status,
        "problem": text(problem, _URL_LETTERS),
        "rows": rows[:MAX_ROWS],
        "more_rows": max(0, len(rows) - MAX_ROWS),
    }
    with os.fdopen(sender, "wb") as file:
        file.write(json.dumps(content).encode())


def _read_until(receiver: int, deadline: float) -> bytes:
    """Return what arrives until the end or the deadline, up to the largest answer allowed."""
    data = b""
    while len(data) <= _MAX_BYTES:
        left_s = max(0.0, deadline - time.monotonic())
        if not select.select([receiver], [], [], left_s)[0]:
            return b""
        piece = os.read(receiver, 65536)
        if not piece:
            break
        data += piece
    return data


def _parse(data: bytes, url: str) -> Answer:
    try:
        content: dict[str, Any] = json.loads(data)
    except ValueError:  # it was killed, by us or by the user
        return Answer(url, 0, "timed out", (), 0)
    rows = tuple(tuple(text(cell) for cell in row) for row in content["rows"])
    return Answer(**content | {"url": content["url"] or url, "rows": rows})

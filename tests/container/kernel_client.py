"""A kernel of a running server: cells, requests and their messages."""

import json
import queue
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import websocket

from tests.polling import eventually

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\x1b[=>]")
FIRST_MESSAGE_S = 60
# A message that is not there by then was published before anybody listened.
_HEARD_S = 2


@dataclass
class Cell:
    """What running a cell has shown: text on stdout and stderr, results, and the traceback if it
    failed."""

    stdout: str = ""
    stderr: str = ""
    results: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    status: str = ""

    @property
    def text(self) -> str:
        """Everything as one text."""
        return "".join(
            [
                self.stdout,
                self.stderr,
                *(str(data.get("text/plain", "")) for data in self.results),
                self.error,
            ]
        )


@dataclass(frozen=True)
class Shell:
    """What a command in a terminal has shown, without colours."""

    exit_code: int
    output: str


class Listener:
    """A websocket that is read all the time, as a page does: the server cuts off whoever has left
    a ping without an answer for 90 s."""

    def __init__(self, channel: websocket.WebSocket) -> None:
        self._channel = channel
        self._heard: queue.SimpleQueue[str | bytes | Exception] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        try:
            while True:
                with suppress(websocket.WebSocketTimeoutException):
                    if not (text := self._channel.recv()):
                        break
                    self._heard.put(text)
            raise websocket.WebSocketConnectionClosedException("the server has ended it")
        except (AttributeError, OSError, websocket.WebSocketException) as error:
            self._heard.put(error)

    def send(self, text: str) -> None:
        self._channel.send(text)

    def receive(self, timeout_s: float) -> str | bytes:
        """Return the next message; raise what has ended the connection, or `queue.Empty`."""
        heard = self._heard.get(timeout=timeout_s)
        if isinstance(heard, Exception):
            self._heard.put(heard)
            raise heard
        return heard

    def close(self) -> None:
        with suppress(OSError, websocket.WebSocketException):
            self._channel.send_close()
        # It ends when the server has said goodbye.
        self._thread.join(_HEARD_S)
        self._channel.shutdown()  # type: ignore[no-untyped-call]


class Kernel:
    """One kernel and one websocket to it."""

    def __init__(
        self, kernel_id: str, session: str, connect: Callable[[], websocket.WebSocket]
    ) -> None:
        self.id = kernel_id
        self._session = session
        self._open = connect
        self._channels = self._connect()
        self._wait_until_heard()

    def _connect(self) -> Listener:
        return Listener(self._open())

    def reconnect(self) -> None:
        """Connect anew, as JupyterLab does after a restart."""
        self.close()
        self._channels = self._connect()
        self._wait_until_heard()

    def _wait_until_heard(self) -> None:
        """Return once all that the kernel says is heard: what it publishes before anybody
        subscribes is lost."""

        def is_heard() -> None:
            request = self._send("kernel_info_request", {})
            while (message := self._receive(_HEARD_S))["header"][
                "msg_type"
            ] != "status" or not _is_for(message, request):
                pass

        eventually(is_heard, FIRST_MESSAGE_S)

    def close(self) -> None:
        """Close the websocket; the kernel goes on."""
        self._channels.close()

    def begin(self, code: str, *, allow_stdin: bool = False) -> str:
        """Ask the kernel to run a cell and wait for nothing; return the id of the request."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "allow_stdin": allow_stdin,
            "stop_on_error": True,
        }
        return self._send("execute_request", content)

    def answer(self, text: str) -> None:
        """Give the line that a running cell has asked for."""
        self._send("input_reply", {"value": text}, "stdin")

    def messages(
        self, request: str, timeout_s: float = FIRST_MESSAGE_S
    ) -> Iterator[dict[str, Any]]:
        """Yield what the kernel says of a request, until it has replied and is idle again."""
        is_idle = has_replied = False
        while not (is_idle and has_replied):
            message = self._receive(timeout_s)
            if not _is_for(message, request):
                continue
            has_replied = has_replied or message["header"]["msg_type"].endswith("_reply")
            is_idle = is_idle or message["content"].get("execution_state") == "idle"
            yield message

    def run(self, code: str, timeout_s: float = FIRST_MESSAGE_S) -> Cell:
        """Run a cell and return once the kernel has replied and is idle again."""
        return self.finish(self.begin(code), timeout_s)

    def finish(self, request: str, timeout_s: float = FIRST_MESSAGE_S) -> Cell:
        """Return what the cell of a request shows, once the kernel has replied and is idle
        again."""
        cell, is_idle = Cell(), False
        while not (is_idle and cell.status):
            message = self._receive(timeout_s)
            if _is_for(message, request):
                is_idle = _take(cell, message) or is_idle
        return cell

    def ask(self, kind: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send a request such as `kernel_info_request` and return the content of its reply."""
        request = self._send(kind, content or {})
        while True:
            message = self._receive(FIRST_MESSAGE_S)
            is_reply = message["header"]["msg_type"] == kind.replace("_request", "_reply")
            if is_reply and _is_for(message, request):
                return dict(message["content"])

    def _receive(self, timeout_s: float) -> dict[str, Any]:
        """Return the next message."""
        try:
            return dict(json.loads(self._channels.receive(timeout_s)))
        except queue.Empty:
            raise AssertionError(f"the kernel has said nothing for {timeout_s} s") from None

    def _send(self, kind: str, content: dict[str, Any], channel: str = "shell") -> str:
        msg_id = uuid.uuid4().hex
        header = {
            "msg_id": msg_id,
            "msg_type": kind,
            "session": self._session,
            "username": "",
            "version": "5.3",
        }
        message = {
            "channel": channel,
            "header": header,
            "parent_header": {},
            "metadata": {},
            "content": content,
        }
        self._channels.send(json.dumps(message))
        return msg_id


def _is_for(message: dict[str, Any], request: str) -> bool:
    return bool(message["parent_header"].get("msg_id") == request)


def _take(cell: Cell, message: dict[str, Any]) -> bool:
    """Add a message to a cell; tell whether it says that the kernel is idle."""
    kind, content = message["header"]["msg_type"], message["content"]
    if kind == "stream" and content["name"] == "stdout":
        cell.stdout += content["text"]
    elif kind == "stream":
        cell.stderr += content["text"]
    elif kind in {"execute_result", "display_data"}:
        cell.results.append(content["data"])
    elif kind == "error":
        cell.error = ANSI.sub(
            "", "\n".join(content["traceback"]) or f"{content['ename']}: {content['evalue']}"
        )
    elif kind == "execute_reply":
        cell.status = content["status"]
    return bool(kind == "status" and content["execution_state"] == "idle")

"""Answers the requests of Jupyter. Starts no process, reads no pipe."""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from kernel_front import replies
from kernel_front.conversation import Conversation, Done
from kernel_front.history import History, history_file

if TYPE_CHECKING:
    from collections.abc import Callable

    import zmq

    from kernel_front.channels import Channels
    from kernel_front.engine import Engine
    from kernel_front.spec import EngineSpec
    from kernel_front.wire import Message

# What "Run all" has sent is still arriving when a first cell fails at once. Requests that come
# before the reply to it are aborted, never one after: a client that waits loses nothing.
_QUEUE_PAUSE_MS = 25
_QUEUE_LIMIT_S = 0.25


class Kernel:
    """Answers requests, those of the shell channel one after the other."""

    def __init__(self, spec: EngineSpec, channels: Channels, engine: Engine | None) -> None:
        self.channels = channels
        self.is_stopped = False
        self._spec = spec
        self._conversation = Conversation(spec, engine, self._show, self._ask_input, self._on_ready)
        self._history = History(history_file(spec.name))
        self._language_info = spec.language_info
        self._banner = spec.banner or spec.title
        self._count = 0
        self._cell: Message | None = None
        self._is_silent = False
        self._queue: deque[tuple[Message, bool]] = deque()
        self._awaiting_ready: list[tuple[zmq.Socket[bytes], Message]] = []
        channels.publish("status", {"execution_state": "starting"}, {})

    # --- what the loop calls

    def handlers(self) -> dict[object, Callable[[], None]]:
        """Return whom to call when something is readable. While a cell runs, the shell waits."""
        handlers = self._conversation.handlers()
        if not self._conversation.is_busy:
            handlers[self.channels.shell] = self._on_shell
        return handlers

    def behind(self) -> int | None:
        """Return the pipe that a request waits for, if one does."""
        engine = self._conversation.engine
        return engine.requests if engine is not None and engine.is_behind else None

    def due(self, now: float) -> float | None:
        """Return in how many seconds `on_time` has something to do."""
        return self._conversation.due(now)

    def on_time(self, now: float) -> None:
        """Do what is due."""
        self._conversation.on_time(now)
        while self._queue and not self._conversation.is_busy:
            self._handle_shell(*self._queue.popleft())

    def on_signals(self, numbers: bytes) -> None:
        """React to signals. Shape: a byte each."""
        if signal.SIGCHLD in numbers:
            self._conversation.on_child()
        if signal.SIGINT in numbers:
            self._conversation.interrupt()
        if signal.SIGTERM in numbers or signal.SIGHUP in numbers:
            self.stop()

    def stop(self) -> None:
        """Have the loop end."""
        self.is_stopped = True

    def end_engine(self) -> None:
        """End the engine and what it has started."""
        self._conversation.end()

    def on_control(self) -> None:
        """Handle a request that does not wait for the running cell."""
        for message in self.channels.receive(self.channels.control):
            self._status("busy", message)
            if message.msg_type == "shutdown_request":
                self._shut_down(self.channels.control, message)
            elif message.msg_type == "interrupt_request":
                self._conversation.interrupt()
                self.channels.reply(self.channels.control, message, {"status": "ok"})
            else:
                self._answer(self.channels.control, message)
            self._status("idle", message)

    def on_stdin(self) -> None:
        """Pass on what the user has typed."""
        for message in self.channels.receive(self.channels.stdin):
            if message.msg_type == "input_reply":
                self._conversation.answer_input(str(message.content.get("value", "")))

    def _on_shell(self) -> None:
        for message in self.channels.receive(self.channels.shell):
            self._handle_shell(message, is_aborted=False)

    # --- requests

    def _handle_shell(self, message: Message, is_aborted: bool) -> None:
        self._status("busy", message)
        shell, kind = self.channels.shell, message.msg_type
        if kind == "execute_request" and is_aborted:
            self.channels.reply(shell, message, {"status": "aborted"})
        elif kind in self._ENGINE_REQUESTS:
            try:
                self._ENGINE_REQUESTS[kind](self, message)
            except (KeyError, TypeError, ValueError) as error:
                self._finish(message, replies.bad_request(kind, error))
            return  # It is idle once the engine is done.
        elif kind == "shutdown_request":
            self._shut_down(shell, message)
        else:
            self._answer(shell, message)
        self._status("idle", message)

    def _answer(self, socket: zmq.Socket[bytes], message: Message) -> None:
        """Answer what needs no engine; comms have no target here, and are closed or ignored."""
        kind, content = message.msg_type, message.content
        if kind == "kernel_info_request":
            self._awaiting_ready.append((socket, message))
            if self._language_info or not self._conversation.is_starting:
                self._tell_kernel_info()
        elif kind == "history_request":
            try:
                reply = {"status": "ok", "history": self._history.request(content)}
            except (TypeError, ValueError) as error:
                reply = {**replies.bad_request(kind, error), "history": []}
            self.channels.reply(socket, message, reply)
        elif kind == "comm_info_request":
            self.channels.reply(socket, message, {"status": "ok", "comms": {}})
        elif kind == "connect_request":
            self.channels.reply(socket, message, {"status": "ok", **self.channels.ports})
        elif kind == "comm_open":
            closed = {"comm_id": content.get("comm_id", ""), "data": {}}
            self.channels.publish("comm_close", closed, message.header)
        elif kind.endswith("_request"):
            self.channels.reply(socket, message, replies.bad_request(kind, "it is not supported"))

    def _execute(self, message: Message) -> None:
        content = message.content
        code = replies.text(content["code"])
        self._cell = message
        self._is_silent = bool(content.get("silent"))
        is_stored = not self._is_silent and bool(content.get("store_history", True))
        is_empty = not code.strip()
        self._count += is_stored and not is_empty
        if len(code) > replies.LARGEST_CELL:
            self._finish_cell(message, replies.too_large(code))
            return
        self._show("execute_input", {"code": code, "execution_count": self._count})
        if is_empty:
            self._finish_cell(message, {})
            return
        if is_stored:
            self._history.add(self._count, code)
        request = {"type": "execute", "code": code, "silent": self._is_silent}
        self._conversation.ask(
            request | {"count": self._count}, lambda done: self._finish_cell(message, done)
        )

    def _finish_cell(self, message: Message, done: Done) -> None:
        if failure := replies.failure(done):
            self._show("error", failure)
            if message.content.get("stop_on_error", True):
                self._abort_queue()
            reply = {"status": "error", **failure}
        else:
            reply = {"status": "ok", "payload": done.get("payload", []), "user_expressions": {}}
        self._finish(message, {**reply, "execution_count": self._count})

    def _abort_queue(self) -> None:
        deadline = time.monotonic() + _QUEUE_LIMIT_S
        while self.channels.shell.poll(_QUEUE_PAUSE_MS) and time.monotonic() < deadline:
            for message in self.channels.receive(self.channels.shell):
                self._queue.append((message, True))

    def _ask(self, message: Message) -> None:
        request, answer = replies.question(message.msg_type, message.content)
        self._conversation.ask(request, lambda done: self._finish(message, answer(done)))

    _ENGINE_REQUESTS = {  # noqa: RUF012  # never changed
        "execute_request": _execute,
        "complete_request": _ask,
        "inspect_request": _ask,
        "is_complete_request": _ask,
    }

    def _finish(self, message: Message, reply: dict[str, Any]) -> None:
        self.channels.reply(self.channels.shell, message, reply)
        self._status("idle", message)

    def _shut_down(self, socket: zmq.Socket[bytes], message: Message) -> None:
        self.end_engine()
        reply = {"status": "ok", "restart": bool(message.content.get("restart"))}
        self.channels.reply(socket, message, reply)
        self.channels.publish("shutdown_reply", reply, message.header)
        self.stop()

    # --- what the engine says

    def _show(self, kind: str, message: dict[str, Any]) -> None:
        """Publish what a cell shows. What comes between two cells belongs to the last one."""
        if self._is_silent or kind not in replies.SHOWN:
            return
        parent = self._cell.header if self._cell else {}
        if parent or kind in {"display", "result", "clear"}:
            self.channels.publish(*replies.shown(kind, message, self._count), parent)
        else:  # It is said while the engine starts: for the server's log.
            os.write(2, message.get("text", "").encode())

    def _ask_input(self, prompt: str, password: bool) -> str | None:
        if self._cell is None or not self._cell.content.get("allow_stdin", True):
            return "this front end gives no input"
        self.channels.ask_input(self._cell, prompt, password=password)
        return None

    def _on_ready(self, message: dict[str, Any]) -> None:
        self._language_info = message.get("language_info") or self._language_info
        self._banner = message.get("banner") or self._banner
        self._tell_kernel_info()

    def _tell_kernel_info(self) -> None:
        waiting, self._awaiting_ready = self._awaiting_ready, []
        info = self._language_info or replies.plain_language_info(self._spec.name)
        reply = replies.kernel_info(self._spec, info, self._banner)
        for socket, message in waiting:
            self.channels.reply(socket, message, reply)

    def _status(self, state: str, message: Message) -> None:
        self.channels.publish("status", {"execution_state": state}, message.header)

"""What Jupyter asks for, and what the interpreter answers. Starts no process."""

from __future__ import annotations

import os
import queue
import re
import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from ipykernel.kernelbase import Kernel

from cpp_kernel import __version__
from cpp_kernel.wire import InputWanted, Printed, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from cpp_kernel.interpreter import Interpreter

# An interrupt is sent again until the cell has ended: the first may come before the interpreter has
# read its request.
_REPEAT_S = 0.2
# A second interrupt of the user's this much later is meant.
_INSIST_S = 1.0
# For what has been sent to leave the process.
_FAREWELL_S = 0.1
_INPUT_REFUSED = (
    "the cell wants input, and this front end gives none; it reads the end of the file\n"
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_ENDED = {
    "status": "error",
    "ename": "InterpreterDied",
    "evalue": "the C++ process has ended; restart the kernel",
}


class CppKernel(Kernel):
    """The kernel.

    The main thread waits for replies; a thread of its own passes on what cells print.
    """

    interpreter: ClassVar[Interpreter]
    standard: ClassVar[str]

    implementation = "cpp_kernel"
    implementation_version = __version__

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        name = "C++" + self.standard.removeprefix("c++")
        self.banner = f"{name} on clang's interpreter"
        self.language_info = {
            "name": "c++",
            "version": self.standard.removeprefix("c++"),
            "mimetype": "text/x-c++src",
            "codemirror_mode": "text/x-c++src",
            "pygments_lexer": "c++",
            "file_extension": ".cpp",
        }
        self._replies: queue.SimpleQueue[Reply | InputWanted | None] = queue.SimpleQueue()
        self._last_parent: dict[str, Any] = {}
        self._silent = False
        self._interrupted_at: float | None = None
        threading.Thread(target=self._pass_on, name="events", daemon=True).start()

    @property
    def kernel_info(self) -> dict[str, Any]:
        """What the base class says, without subshells: there is one interpreter, and it runs one cell."""
        info: dict[str, Any] = super().kernel_info
        return info | {"supported_features": []}

    def pre_handler_hook(self) -> None:
        """Leave SIGINT ignored: where it ended a request early, the reply would be taken for that to the next one."""

    def post_handler_hook(self) -> None:
        """Nothing to undo."""

    # --- requests
    # ------------------------------------------------------------------------------------------------

    async def do_execute(
        self,
        code: str,
        silent: bool,
        store_history: bool = True,  # noqa: ARG002  # the base class's signature
        user_expressions: dict[str, str] | None = None,  # noqa: ARG002
        allow_stdin: bool = False,
        **_: Any,
    ) -> dict[str, Any]:
        """Run a cell. Shape: the content of an `execute_reply`."""
        count = self.execution_count
        if not code.strip():
            return {"status": "ok", "execution_count": count, "payload": [], "user_expressions": {}}
        self._last_parent = self.get_parent()
        self._silent = silent
        self._allow_stdin = allow_stdin
        with self._interruptible():
            reply = self._ask(allow_stdin=allow_stdin, op="execute", code=code, name=f"In[{count}]")
        if reply["status"] == "error":
            return {**self._publish_error(reply), "execution_count": count}
        if reply["data"] and not silent:
            result = {"execution_count": count, "data": reply["data"], "metadata": {}}
            self.send_response(self.iopub_socket, "execute_result", result)
        return {"status": "ok", "execution_count": count, "payload": [], "user_expressions": {}}

    async def do_complete(self, code: str, cursor_pos: int) -> dict[str, Any]:
        """Complete the word before the cursor. Shape: the content of a `complete_reply`."""
        offset = len(code[:cursor_pos].encode(errors="surrogatepass"))
        reply = self._ask(op="complete", code=code, offset=offset)
        word = offset - reply.get("start", offset)  # ASCII, so as many characters as bytes
        return {
            "status": "ok",
            "matches": reply.get("matches", []),
            "cursor_start": cursor_pos - word,
            "cursor_end": cursor_pos,
            "metadata": {},
        }

    async def do_inspect(
        self,
        code: str,
        cursor_pos: int,
        detail_level: int = 0,  # noqa: ARG002  # the base class's signature
        omit_sections: tuple[str, ...] = (),  # noqa: ARG002
    ) -> dict[str, Any]:
        """Say what the word at the cursor is. Shape: the content of an `inspect_reply`."""
        offset = len(code[:cursor_pos].encode(errors="surrogatepass"))
        found = self._ask(op="inspect", code=code, offset=offset).get("found", [])
        text = "\n".join(
            entry["signature"] + f"\n    {entry['comment']}" * bool(entry["comment"])
            for entry in found
        )
        return {
            "status": "ok",
            "found": bool(found),
            "data": {"text/plain": text} if found else {},
            "metadata": {},
        }

    async def do_is_complete(self, code: str) -> dict[str, Any]:
        """Tell whether a console should run the code.

        Shape: the content of an `is_complete_reply`.
        """
        reply = self._ask(op="is_complete", code=code)
        status = (
            reply["status"]
            if reply["status"] in {"complete", "incomplete", "invalid"}
            else "unknown"
        )
        return {"status": status} | ({"indent": ""} if status == "incomplete" else {})

    async def shutdown_request(
        self, stream: Any, ident: list[bytes], parent: dict[str, Any]
    ) -> None:
        """End the interpreter, whatever cells have started, and this process."""
        self.interpreter.end()
        content = {"status": "ok", "restart": parent["content"]["restart"]}
        self.session.send(stream, "shutdown_reply", content, parent, ident=ident)
        self.session.send(
            self.iopub_socket, "shutdown_reply", content, parent, ident=self._topic("shutdown")
        )
        stream.flush()
        # Not as the base class does: it closes sockets that requests still use, and may wait for
        # ever for a thread.
        farewell = threading.Timer(_FAREWELL_S, os._exit, [0])
        farewell.daemon = True
        farewell.start()

    # --- the interpreter
    # -----------------------------------------------------------------------------------------

    def _ask(self, *, allow_stdin: bool = False, **request: Any) -> dict[str, Any]:
        try:
            self.interpreter.request(**request)
        except OSError:
            return _ENDED
        while True:
            try:
                reply = self._replies.get(timeout=_REPEAT_S)
            except queue.Empty:
                if self._interrupted_at is not None:
                    self.interpreter.interrupt()
                continue
            if reply is None:
                return _ENDED
            if isinstance(reply, Reply):
                return reply.content
            self._answer_input(allowed=allow_stdin)

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Pass SIGINT on.

        As an exception it could strike anywhere, between a request and its reply too.
        """
        self._interrupted_at = None
        before = signal.signal(signal.SIGINT, self._on_interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
            self._interrupted_at = None

    def _on_interrupt(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        insists = self._interrupted_at is not None and now - self._interrupted_at > _INSIST_S
        self._interrupted_at = self._interrupted_at or now
        self.interpreter.interrupt(insist=insists)

    def _answer_input(self, *, allowed: bool) -> None:
        if not allowed:
            self._publish_stream("stderr", _INPUT_REFUSED)
            self.interpreter.answer_input("")
            return
        ours = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            self.interpreter.answer_input(self.raw_input("") + "\n")
        except EOFError:
            self.interpreter.answer_input("")
        except KeyboardInterrupt:
            self._on_interrupt(signal.SIGINT, None)
        finally:
            signal.signal(signal.SIGINT, ours)

    def _pass_on(self) -> None:
        for event in self.interpreter.events():
            if not isinstance(event, Printed):
                self._replies.put(event)
            elif not self._silent:
                self._publish_stream(event.stream, event.text)
        self._replies.put(None)

    # --- messages
    # ------------------------------------------------------------------------------------------------

    def _publish_stream(self, name: str, text: str) -> None:
        content = {"name": name, "text": text}
        self.session.send(
            self.iopub_socket, "stream", content, self._last_parent, ident=self._topic("stream")
        )

    def _publish_error(self, reply: dict[str, Any]) -> dict[str, Any]:
        name, value = reply["ename"], reply["evalue"]
        # A compiler's message names its place itself.
        traceback = [value] if name == "CompileError" else [f"{name}: {value}" if value else name]
        content = {
            "ename": name,
            "evalue": _first_error(_COLOUR.sub("", value)),
            "traceback": traceback,
        }
        if not self._silent:
            self.send_response(self.iopub_socket, "error", content)
        return {"status": "error", **content}


def _first_error(text: str) -> str:
    lines = text.splitlines()
    return next((line for line in lines if "error:" in line), lines[0] if lines else "")

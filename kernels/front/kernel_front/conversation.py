"""One request at a time to the engine, and what comes of it. Knows no socket.

Owns the engine's life: it is started anew where it ends, interrupted, and ended.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from kernel_front import interrupt, replies
from kernel_front.death import cause_of_death, oom_kills
from kernel_front.engine import Engine
from kernel_front.interrupt import Interrupt, Step
from kernel_front.output import Output

if TYPE_CHECKING:
    from collections.abc import Callable

    from kernel_front.spec import EngineSpec

# For an answer about code. An engine that takes longer is no help, and must not hold up the queue.
_PATIENCE_S = 10.0

Done = dict[str, Any]


class Conversation:
    """What the engine was asked, until it is done."""

    def __init__(
        self,
        spec: EngineSpec,
        engine: Engine | None,
        publish: Callable[[str, dict[str, Any]], None],
        ask_input: Callable[[str, bool], str | None],
        on_ready: Callable[[dict[str, Any]], None],
    ) -> None:
        """Go on with an engine that has been started.

        `publish` gets streams, displays, results and what else a cell shows. `ask_input` says why
        no input can be had, or None; then `answer_input` is called later, or never.
        """
        self.spec = spec
        self.engine = engine
        self._publish = publish
        self._ask_input = ask_input
        self._on_ready = on_ready
        self._output = Output()
        self._oom_kills = oom_kills()
        self._id = 0
        self._finish: Callable[[Done], None] | None = None
        self._is_cell = False
        self._give_up_at: float | None = None
        self._interrupt = Interrupt()
        self._awaits_input = False
        self._killed_because = ""

    # --- requests

    @property
    def is_busy(self) -> bool:
        """Whether the engine has not answered yet."""
        return self._finish is not None

    @property
    def is_starting(self) -> bool:
        """Whether the engine runs and is not ready yet."""
        return self.engine is not None and not self.engine.ready

    def ask(self, request: dict[str, Any], finish: Callable[[Done], None]) -> None:
        """Send a request; `finish` gets the engine's "done", or an empty or an error one."""
        self._id += 1
        self._finish = finish
        self._is_cell = request["type"] == "execute"
        self._give_up_at = None if self._is_cell else time.monotonic() + _PATIENCE_S
        self._interrupt = Interrupt()
        if self.engine is None and (problem := self._start()):
            self._end(replies.error("EngineError", problem))
        elif self.engine is not None:
            self.engine.send({"id": self._id, **request})

    def answer_input(self, value: str) -> None:
        """Give the cell the line it asked for. One that nobody waits for is dropped."""
        if self._awaits_input and self.engine is not None:
            self._awaits_input = False
            answer = {"value": "", "eof": True} if value == "\x04" else {"value": value}
            self.engine.send({"type": "input_reply", "id": self._id, **answer})

    def interrupt(self) -> None:
        """End the running cell; while none runs, nothing happens.

        A second call ends the process if the first was in vain.
        """
        if self.engine is None or not self.is_busy:
            return
        if not self._is_cell:
            self._end({})
            return
        if self._interrupt.begin(time.monotonic()) is Step.KILL:
            self._killed_because = interrupt.ENDED
            self.engine.kill()
            return
        self._awaits_input = False
        # Before that it has no handler yet, and the signal would end it: `_insist` sends it later.
        if self.engine.ready:
            self.engine.interrupt()

    def end(self) -> None:
        """End the engine and what it has started, within a second."""
        engine, self.engine, self._finish = self.engine, None, None
        if engine is not None:
            engine.end()

    # --- what happens

    def handlers(self) -> dict[object, Callable[[], None]]:
        """Return whom to call when a pipe is readable."""
        engine = self.engine
        if engine is None:
            return {}
        handlers: dict[object, Callable[[], None]] = {
            end: lambda name=name: self._output.add_bytes(name, engine.read_output(name))  # type: ignore[misc]
            for name, end in engine.outputs.items()
        }
        if engine.messages >= 0:
            handlers[engine.messages] = self._on_messages
        return handlers

    def due(self, now: float) -> float | None:
        """Return in how many seconds `on_time` has something to do."""
        moments = [at - now for at in (self._give_up_at, self._interrupt.due_at) if at is not None]
        if (flush := self._output.due(now)) is not None:
            moments.append(flush)
        return max(0.0, min(moments)) if moments else None

    def on_time(self, now: float) -> None:
        """Do what is due."""
        if self.engine is not None:
            self.engine.flush()
        if self._output.due(now) == 0:
            self._flush(now)
        if self._give_up_at is not None and now >= self._give_up_at:
            self._end({})
        if self._interrupt.due_at is not None and now >= self._interrupt.due_at:
            self._insist(now)

    def on_child(self) -> None:
        """Look whether the engine has ended."""
        if self.engine is not None and (status := self.engine.ended()) is not None:
            while messages := self.engine.receive():
                self._take(messages)
            self._on_death(status)

    def _on_messages(self) -> None:
        """Take what one read gives: an engine that floods must not keep interrupts waiting."""
        if self.engine is not None:
            self._take(self.engine.receive())

    def _take(self, messages: list[dict[str, Any]]) -> None:
        engine = self.engine
        for message in messages:
            if self.engine is engine:
                self._on_message(message)

    def _on_message(self, message: dict[str, Any]) -> None:
        kind = message.get("type")
        if kind == "stream":
            self._output.add(str(message.get("name", "stdout")), str(message.get("text", "")))
            return
        self._drain()
        if kind == "done":
            if message.get("id") == self._id:
                self._end(message)
        elif kind == "ready":
            if self.engine is not None:
                self.engine.ready = True
            self._on_ready(message)
        elif kind == "input":
            self._on_input(message)
        else:
            self._publish(str(kind), message)
        if (number := message.get("sync")) is not None and self.engine is not None:
            self.engine.send({"type": "synced", "sync": number})

    def _on_input(self, message: dict[str, Any]) -> None:
        refusal = self._ask_input(str(message.get("prompt", "")), bool(message.get("password")))
        self._awaits_input = refusal is None
        if refusal is not None and self.engine is not None:
            self.engine.send({"type": "input_reply", "id": self._id, "error": refusal})

    def _drain(self) -> None:
        """Send all that was printed before now."""
        if self.engine is not None:
            self._output.add_all(self.engine.drain_output())
        self._flush(time.monotonic())

    def _flush(self, now: float) -> None:
        for name, text in self._output.take(now):
            self._publish("stream", {"name": name, "text": text})

    def _end(self, done: Done) -> None:
        finish, self._finish = self._finish, None
        self._give_up_at = None
        self._interrupt = Interrupt()
        self._awaits_input = False
        if finish is not None:
            self._output.end_cell()
            self._flush(time.monotonic())
            finish(done)

    # --- an engine that does not react, or has ended

    def _insist(self, now: float) -> None:
        step = self._interrupt.step(now, is_ready=not self.is_starting)
        if step is Step.SIGNAL and self.engine is not None:
            self.engine.interrupt()
        elif step is Step.WARN:
            self._publish("stream", {"name": "stderr", "text": f"{interrupt.UNHEEDED}\n"})

    def _on_death(self, status: int) -> None:
        engine, self.engine = self.engine, None
        if engine is None:
            return
        self._output.add_all(engine.drain_output())
        self._output.end_cell()
        self._flush(time.monotonic())
        reason = self._killed_because or cause_of_death(status, self._oom_kills)
        self._killed_because = ""
        engine.kill()
        engine.close()
        if engine.ready:
            fate = self._start() or "it was started again, and all variables are lost"
        else:
            fate = "it could not start; the next cell tries again"
            self._on_ready({})
        text = f"the {self.spec.title} process has ended: {reason}; {fate}"
        if self.is_busy:
            self._end(replies.error("EngineDied", text))
        else:
            self._publish("stream", {"name": "stderr", "text": text + "\n"})

    def _start(self) -> str:
        """Start the engine. Shape: why not, or empty."""
        self._oom_kills = oom_kills()
        try:
            self.engine = Engine(self.spec)
        except OSError as error:
            return f"cannot start {self.spec.argv[0]}: {error.strerror}"
        return ""

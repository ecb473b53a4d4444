"""A real kernel behind jupyter_client, and what a cell did as a value."""

from __future__ import annotations

import os
import re
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_client.manager import KernelManager

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIMIT_S = 120  # against hanging
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Outcome:
    """What a cell did, in words."""

    status: str
    data: dict[str, str] = field(default_factory=dict)
    streams: list[tuple[str, str]] = field(default_factory=list)
    displays: list[dict[str, Any]] = field(default_factory=list)
    cleared: list[bool] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    payload: list[dict[str, Any]] = field(default_factory=list)
    error: tuple[str, str] | None = None
    traceback: str = ""

    @property
    def value(self) -> str | None:
        return self.data.get("text/plain")

    def stream(self, name: str) -> str:
        return "".join(text for stream, text in self.streams if stream == name)


class Notebook:
    """A kernel and a client."""

    def __init__(self, kernel: str, **env: str) -> None:
        self.manager = KernelManager(kernel_name=kernel)
        self.manager.start_kernel(env={**os.environ, **env})
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=LIMIT_S)

    def run(
        self,
        code: str,
        *,
        typed: list[str] | None = None,
        when: Callable[[Outcome], None] | None = None,
    ) -> Outcome:
        """Run a cell. `when` is called after each message, with what is known."""
        outcome = Outcome("")
        lines = list(typed or [])

        def on_output(message: dict[str, Any]) -> None:
            content = message["content"]
            kind = message["msg_type"]
            if kind not in {"status", "execute_input"}:
                outcome.order.append(content["text"] if kind == "stream" else kind)
            match kind:
                case "display_data" | "update_display_data":
                    outcome.displays.append(content | {"update": kind == "update_display_data"})
                case "clear_output":
                    outcome.cleared.append(content["wait"])
                case "stream":
                    outcome.streams.append((content["name"], content["text"]))
                case "execute_result":
                    outcome.data = content["data"]
                case "error":
                    outcome.error = content["ename"], content["evalue"]
                    outcome.traceback = _COLOUR.sub("", "\n".join(content["traceback"]))
            if when:
                when(outcome)

        reply = self.client.execute_interactive(
            code,
            allow_stdin=typed is not None,
            stop_on_error=False,  # or what comes too soon after an error is aborted
            output_hook=on_output,
            stdin_hook=lambda _: self.client.input(lines.pop(0)),
            timeout=LIMIT_S,
        )
        outcome.status = reply["content"]["status"]
        outcome.payload = reply["content"].get("payload", [])
        return outcome

    def value(self, code: str) -> str | None:
        outcome = self.run(code)
        assert outcome.status == "ok", outcome
        return outcome.value

    def run_and_interrupt(self, code: str, *, once: str = "begun\n", **more: Any) -> Outcome:
        """Run a cell that prints `begun`, and interrupt it then."""
        sent = threading.Event()

        def interrupt(outcome: Outcome) -> None:
            if once in outcome.stream("stdout") and not sent.is_set():
                sent.set()
                self.manager.interrupt_kernel()

        return self.run(code, when=interrupt, **more)

    @property
    def pid(self) -> int:
        return self.manager.provisioner.pid

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def processes() -> dict[int, tuple[int, str]]:
    """Return all that live: pid to parent and command line."""
    found = {}
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{int(entry)}/stat") as stat, open(f"/proc/{entry}/cmdline") as line:
                state, parent = stat.read().rsplit(")", 1)[1].split()[:2]
                if state != "Z":
                    found[int(entry)] = int(parent), line.read().replace("\0", " ")
        except (ValueError, OSError):
            continue
    return found


def eventually(condition: Callable[[], bool], limit_s: float = LIMIT_S) -> bool:
    """Poll."""
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture(scope="module")
def cpp() -> Iterator[Notebook]:
    """One C++17 kernel for the tests of a module."""
    notebook = Notebook("xcpp17")
    yield notebook
    notebook.close()


@pytest.fixture
def fresh() -> Iterator[Callable[..., Notebook]]:
    """Kernels of a test's own."""
    made: list[Notebook] = []

    def make(kernel: str = "xcpp17", **env: str) -> Notebook:
        made.append(Notebook(kernel, **env))
        return made[-1]

    yield make
    for notebook in made:
        notebook.close()

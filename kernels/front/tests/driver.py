"""A kernel behind jupyter_client, and what cells did as values: for the tests of every language."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT_S = 60  # against hanging
HERE = Path(__file__).parent
FRONT = HERE.parent if (HERE.parent / "kernel_front").is_dir() else "/usr/local/lib/kernel-front"
sys.path.insert(0, str(FRONT))


@dataclass
class Cell:
    """What a request led to."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    reply: dict[str, Any] = field(default_factory=dict)
    is_idle: bool = False

    def contents(self, kind: str) -> list[dict[str, Any]]:
        return [message["content"] for message in self.messages if message["msg_type"] == kind]

    def kinds(self) -> list[str]:
        return [message["msg_type"] for message in self.messages]

    def stream(self, name: str) -> str:
        return "".join(c["text"] for c in self.contents("stream") if c["name"] == name)

    @property
    def status(self) -> str:
        return self.reply["status"]

    @property
    def value(self) -> str | None:
        return next((c["data"]["text/plain"] for c in self.contents("execute_result")), None)


class Kernel:
    """A kernel and a client that forgets no message."""

    def __init__(self, spec: Path | str, **options: Any) -> None:
        """Start it. Shape: `spec` is the name of a kernelspec, or the path of an engine.json."""
        mode = options.pop("interrupt_mode", "message")
        self.manager = KernelManager(**options.pop("manager", {}))
        if isinstance(spec, str):
            self.manager.kernel_name = spec
        else:
            self.manager._kernel_spec = KernelSpec(
                argv=[sys.executable, "-I", str(FRONT), str(spec), "-f", "{connection_file}"],
                language="toy",
                interrupt_mode=mode,
                metadata={"supported_encryption": ["curve"]},
            )
        env = {**os.environ, **options.pop("env", {})}
        self.manager.start_kernel(env=env, **options)
        self.cells: dict[str, Cell] = {}
        self.stray: list[dict[str, Any]] = []
        self.connect()

    def connect(self) -> None:
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=LIMIT_S)

    def submit(self, code: str, **options: Any) -> str:
        request = self.client.execute(code, **{"allow_stdin": False, **options})
        self.cells[request] = Cell()
        return request

    def collect(
        self,
        *requests: str,
        until: Callable[[], bool] | None = None,
        typed: list[str] | None = None,
    ) -> list[Cell]:
        """Take messages until these requests are done, or a condition holds."""
        cells = [self.cells[request] for request in requests]
        done = until or (lambda: all(cell.is_idle and cell.reply for cell in cells))
        deadline = time.monotonic() + LIMIT_S
        while not done():
            assert time.monotonic() < deadline, cells
            self._take(self.client.iopub_channel, self._on_iopub, 0.02)
            self._take(self.client.shell_channel, self._on_reply, 0)
            if typed is not None:
                self._take(self.client.stdin_channel, lambda _: self._type(typed), 0)
        return cells

    def _type(self, typed: list[str]) -> None:
        if typed:
            self.client.input(typed.pop(0))

    def _take(self, channel: Any, handle: Callable[[dict[str, Any]], None], wait: float) -> None:
        with contextlib.suppress(queue.Empty):
            handle(channel.get_msg(timeout=wait))

    def _on_iopub(self, message: dict[str, Any]) -> None:
        cell = self.cells.get(message["parent_header"].get("msg_id"))
        if cell is None:
            self.stray.append(message)
        elif message["msg_type"] == "status":
            cell.is_idle = message["content"]["execution_state"] == "idle"
        else:
            assert not cell.is_idle or message["msg_type"] == "stream", message
            message["at"] = time.monotonic()
            cell.messages.append(message)

    def _on_reply(self, message: dict[str, Any]) -> None:
        if cell := self.cells.get(message["parent_header"]["msg_id"]):
            cell.reply = message["content"]

    def run(self, code: str, *, typed: list[str] | None = None, **options: Any) -> Cell:
        request = self.submit(code, allow_stdin=typed is not None, **options)
        return self.collect(request, typed=typed)[0]

    def value(self, code: str) -> str | None:
        cell = self.run(code)
        assert cell.status == "ok", cell
        return cell.value

    def run_until_printed(self, code: str, text: str, **options: Any) -> str:
        request = self.submit(code, **options)
        cell = self.cells[request]
        self.collect(until=lambda: text in cell.stream("stdout"))
        return request

    def interrupt(self, request: str, **options: Any) -> Cell:
        self.manager.interrupt_kernel()
        return self.collect(request, **options)[0]

    def ask(self, method: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        request = getattr(self.client, method)(*arguments, **options)
        self.cells[request] = Cell()
        return self.collect(request)[0].reply

    @property
    def pid(self) -> int:
        return self.manager.provisioner.pid

    def engine_pid(self) -> int:
        return int(self.value("os.getpid()"))

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=not self.manager.is_alive())
        self.manager.cleanup_resources()


def is_running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def eventually(condition: Callable[[], bool], limit_s: float = LIMIT_S) -> bool:
    """Poll."""
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def write_spec(path: Path, **more: Any) -> Path:
    argv = [sys.executable, str(HERE / "toy_engine.py")]
    path.write_text(json.dumps({"name": "toy", "display_name": "Toy", "argv": argv, **more}))
    return path

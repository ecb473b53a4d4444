"""Ends what runs a cell, and tells what becomes of the cell."""

from collections.abc import Iterator

from tests.container.kernel_client import Kernel
from tests.container.kernel_messages import PATIENCE_S, Message, kind, text_of
from tests.container.language import Language
from tests.container.running_container import Container


def processes(lab: Container, kernel: Kernel) -> list[str]:
    """Return the pids of the kernel, of its engine if it has one, and of what that has started."""
    found = lab.output("pgrep", "--full", f"kernel-{kernel.id}.json").split()[:1]
    while (children := lab.exec(["pgrep", "--parent", found[-1]]).stdout.split()) and len(
        found
    ) < 3:
        found.append(children[0])
    return found


def begin_loop(kernel: Kernel, language: Language) -> str:
    """Run a cell that never ends; return once it does."""
    request = kernel.begin(language.loop)
    wait_for_text(kernel.messages(request, PATIENCE_S), "loops")
    return request


def wait_for_text(messages: Iterator[Message], text: str) -> None:
    """Return once a cell has printed it."""
    seen: list[Message] = []
    while text not in text_of(seen):
        seen.append(next(messages))


def outcome(kernel: Kernel, request: str) -> tuple[list[Message], bool]:
    """Return what is said of a cell until it has ended, and whether that was by a restart."""
    seen: list[Message] = []
    ends = {"reply": False, "idle": False}
    while not all(ends.values()):
        message = kernel._receive(PATIENCE_S)
        if message["content"].get("execution_state") == "restarting":
            kernel.reconnect()
            return seen, True
        if message["parent_header"].get("msg_id") == request:
            seen.append(message)
            ends["reply"] |= kind(message) == "execute_reply"
            ends["idle"] |= message["content"].get("execution_state") == "idle"
    return seen, False

"""What goes wrong with a kernel from outside, or is too much for it: it says so, and the next cell
works."""

import re
from collections.abc import Iterator

import pytest

from tests.container.compiled_languages import CPP, GO
from tests.container.containers import Containers
from tests.container.kernel_client import Kernel
from tests.container.kernel_messages import (
    PATIENCE_S,
    Message,
    errors,
    is_alive,
    kind,
    status,
    text_of,
)
from tests.container.language import Language
from tests.container.log_warnings import CLIENT_LEFT
from tests.container.running_container import Container

# Of each kind one: what a cell's death is to the kernel is the front's, but C++ has a supervisor
# and a checkpoint between.
KINDS = (GO, CPP)
MANY = 100_000

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.parametrize(
        "language", KINDS, indirect=True, scope="module", ids=lambda language: language.kernel
    ),
]


@pytest.fixture(scope="module")
def lab(module_container: Containers) -> Container:
    gone = (*CLIENT_LEFT, r"kernel \S+ restarted")
    limit = ("--memory=2500m", "--memory-swap=2500m")
    return module_container(args=limit, expect_warnings=gone).wait_ready()


def processes(lab: Container, kernel: Kernel) -> list[str]:
    """Return the pids of the kernel, of its engine if it has one, and of what that has started."""
    found = lab.output("pgrep", "--full", f"kernel-{kernel.id}.json").split()[:1]
    while (children := lab.exec(["pgrep", "--parent", found[-1]]).stdout.split()) and len(
        found
    ) < 3:
        found.append(children[0])
    return found


def begin_loop(kernel: Kernel, language: Language) -> tuple[str, Iterator[Message]]:
    """Run a cell that never ends; return once it does."""
    request = kernel.begin(language.loop)
    messages = kernel.messages(request, PATIENCE_S)
    seen: list[Message] = []
    while "loops" not in text_of(seen):
        seen.append(next(messages))
    return request, messages


def is_restart(message: Message) -> bool:
    return bool(message["content"].get("execution_state") == "restarting")


def outcome(kernel: Kernel, request: str) -> tuple[list[Message], bool]:
    """Return what is said of a cell until it has ended, and whether that was by a restart."""
    seen: list[Message] = []
    ends = {"reply": False, "idle": False}
    while not all(ends.values()):
        message = kernel._receive(PATIENCE_S)
        if is_restart(message):
            kernel.reconnect()
            return seen, True
        if message["parent_header"].get("msg_id") == request:
            seen.append(message)
            ends["reply"] |= kind(message) == "execute_reply"
            ends["idle"] |= message["content"].get("execution_state") == "idle"
    return seen, False


def test_a_client_that_goes_away_leaves_a_kernel_that_works(
    kernel: Kernel, language: Language
) -> None:
    kernel.begin(language.lines % MANY)
    kernel.reconnect()
    assert is_alive(kernel, language)


@pytest.mark.parametrize("which", [-1, 1], ids=["what runs the cell", "the engine"])
def test_an_engine_that_is_killed_is_started_again_and_says_so(
    lab: Container, kernel: Kernel, language: Language, which: int
) -> None:
    _, messages = begin_loop(kernel, language)
    lab.output("kill", "-KILL", processes(lab, kernel)[which])
    shown = list(messages)
    assert status(shown) == "error"
    assert re.search("(?i)kill", errors(shown)), errors(shown)
    assert re.search("lost|as it was", errors(shown)), errors(shown)
    assert is_alive(kernel, language)


def test_a_cell_that_takes_all_memory_ends_with_a_message(
    kernel: Kernel, language: Language
) -> None:
    messages, has_restarted = outcome(kernel, kernel.begin(language.allocates))
    if not has_restarted:
        said = errors(messages) + text_of(messages, "stderr")
        assert status(messages) == "error"
        assert re.search("(?i)memory|heap", said), said
    assert is_alive(kernel, language)


def test_a_kernel_that_is_killed_is_started_again_and_the_page_is_told(
    lab: Container, kernel: Kernel, language: Language
) -> None:
    request, _ = begin_loop(kernel, language)
    lab.output("kill", "-KILL", processes(lab, kernel)[0])
    _, has_restarted = outcome(kernel, request)
    assert has_restarted
    assert is_alive(kernel, language)

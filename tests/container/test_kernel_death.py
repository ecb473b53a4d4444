"""What ends before its time: a cell's process, its memory, its page. The page is told why, and the
next cell works, in every language.

Where the kernel is one process, as Python's, the server restarts it and says so.
"""

import re

import pytest

from tests.container.compiled_languages import CPP
from tests.container.containers import Containers
from tests.container.jupyter import Client
from tests.container.kernel_client import Kernel
from tests.container.kernel_ends import begin_loop, outcome, processes, wait_for_text
from tests.container.kernel_messages import (
    PATIENCE_S,
    Message,
    errors,
    is_alive,
    status,
    text_of,
)
from tests.container.language import Language
from tests.container.log_warnings import CLIENT_LEFT
from tests.container.running_container import Container
from tests.polling import eventually

pytestmark = pytest.mark.timeout(300)

# More lines than any test waits for.
ENDLESS = 2_000_000_000


@pytest.fixture(scope="module")
def lab(module_container: Containers) -> Container:
    flood = ("IOPub data rate exceeded", "IOPub message rate exceeded", "iopub messages resumed")
    gone = (*CLIENT_LEFT, *flood, r"kernel \S+ restarted")
    # Enough for the server and the largest kernel; more would take longer to fill.
    limit = ("--memory=1g", "--memory-swap=1g")
    return module_container(args=limit, expect_warnings=gone).wait_ready()


def assert_told(messages: list[Message], *expected: str) -> None:
    said = errors(messages) + text_of(messages, "stderr")
    assert status(messages) == "error", said
    for one in expected:
        assert re.search(one, said), said


def test_exit_from_a_cell(kernel: Kernel, language: Language) -> None:
    messages, has_restarted = outcome(kernel, kernel.begin(language.exits))
    if not has_restarted:
        assert_told(messages, r"\b3\b")
    assert is_alive(kernel, language)


def test_a_cell_that_takes_all_memory(kernel: Kernel, language: Language) -> None:
    messages, has_restarted = outcome(kernel, kernel.begin(language.allocates))
    if not has_restarted:
        assert_told(messages, "(?i)memory|heap")
    assert is_alive(kernel, language)


def test_a_process_that_is_killed(lab: Container, kernel: Kernel, language: Language) -> None:
    # What runs the cell; and of C++, whose cells run in a copy of the engine, the engine as well.
    for which in (-1, 1) if language is CPP else (-1,):
        request = begin_loop(kernel, language)
        lab.output("kill", "-KILL", processes(lab, kernel)[which])
        messages, has_restarted = outcome(kernel, request)
        if not has_restarted:
            assert_told(messages, "(?i)killed", "lost|as it was")
        assert is_alive(kernel, language)


def test_a_kernel_that_is_killed_is_started_again(
    lab: Container, kernel: Kernel, language: Language
) -> None:
    """Of a kernel with an engine, the process that the server has started."""
    request = begin_loop(kernel, language)
    lab.output("kill", "-KILL", processes(lab, kernel)[0])
    _, has_restarted = outcome(kernel, request)
    assert has_restarted
    assert is_alive(kernel, language)


def wait_for_activity(client: Client, model: str) -> None:
    """Return once a kernel has said something that nobody was there to hear."""
    since = client.api("GET", model)["last_activity"]

    def assert_it_goes_on() -> None:
        found = client.api("GET", model)
        assert found["connections"] == 0
        assert found["last_activity"] > since

    eventually(assert_it_goes_on)


def test_a_page_that_goes_away_while_a_cell_prints(
    lab: Container, kernel: Kernel, language: Language
) -> None:
    """The cell goes on until somebody ends it."""
    request = kernel.begin(language.lines % ENDLESS)
    wait_for_text(kernel.messages(request, PATIENCE_S), "line 9")
    kernel.close()
    model = f"/api/kernels/{kernel.id}"
    for _ in range(3):
        wait_for_activity(lab.client(), model)
    lab.client().api("POST", f"{model}/interrupt")
    kernel.reconnect()
    assert is_alive(kernel, language)

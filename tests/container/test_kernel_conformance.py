"""Every kernel of the image, held to what a cell asks of a kernel, through the real server.

The words of each language stand in languages.py. `make kernels` writes docs/kernels-table.md of
the outcomes.
"""

import json
from typing import Any

import pytest

from tests.container.containers import Containers
from tests.container.kernel_client import Kernel
from tests.container.kernel_messages import (
    PATIENCE_S,
    bundles,
    errors,
    is_alive,
    kind,
    run,
    status,
    text_in,
    text_of,
)
from tests.container.language import Language
from tests.container.log_warnings import CLIENT_LEFT
from tests.container.running_container import Container

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def lab(module_container: Containers) -> Container:
    return module_container(expect_warnings=CLIENT_LEFT).wait_ready()


@pytest.mark.row("stdout and stderr")
def test_what_is_printed_is_a_stream(kernel: Kernel, language: Language) -> None:
    assert text_of(run(kernel, language.hello)) == "hello, world\n"
    assert text_of(run(kernel, language.stderr), "stderr") == "oops\n"


@pytest.mark.row("the last value is a result")
def test_the_last_value_is_the_result(kernel: Kernel, language: Language) -> None:
    assert is_alive(kernel, language)


@pytest.mark.row("10,000 and 100,000 printed lines arrive, in few messages")
@pytest.mark.parametrize("count", [10_000, 100_000])
def test_no_line_is_lost(kernel: Kernel, language: Language, count: int) -> None:
    messages = run(kernel, language.lines % count)
    assert text_of(messages) == "".join(f"line {number}\n" for number in range(count))
    streams = sum(kind(message) == "stream" for message in messages)
    assert streams < 100 * count / 10_000
    assert status(messages) == "ok"


@pytest.mark.row("text without a newline, of a megabyte, of other scripts")
@pytest.mark.parametrize(
    ("text", "count"),
    [("tail", 1), ("x", 1_000_000), ("ü漢🙂", 100_000)],
    ids=["no newline", "a line of 1 MB", "characters of 2 to 4 bytes"],
)
def test_text_arrives_as_it_was_printed(
    kernel: Kernel, language: Language, text: str, count: int
) -> None:
    messages = run(kernel, language.repeats.replace("TEXT", text).replace("COUNT", str(count)))
    assert text_of(messages) == text * count
    assert sum(kind(message) == "stream" for message in messages) < 100


@pytest.mark.row("both streams in turns, 5,000 lines each")
def test_lines_of_two_streams_arrive(kernel: Kernel, language: Language) -> None:
    messages = run(kernel, language.mixed.replace("COUNT", "5000"))
    for name, mark in (("stdout", "o"), ("stderr", "e")):
        assert text_of(messages, name) == "".join(f"{mark} {i}\n" for i in range(5000))
    assert sum(kind(message) == "stream" for message in messages) < 100


@pytest.mark.row("10,000 printed lines through nbclient")
def test_nbclient_gets_all_lines(lab: Container, language: Language) -> None:
    cell: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
    }
    spec = {"name": language.kernel, "display_name": "", "language": language.name}
    notebook = {
        "cells": [{"id": "one", "source": language.lines % 10_000, **cell}],
        "metadata": {"kernelspec": spec},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    convert = "exec jupyter nbconvert --to=notebook --execute --stdin --stdout --log-level=ERROR"
    done = lab.exec(["labctl", "shell", "-c", convert], input=json.dumps(notebook))
    assert done.exit_code == 0, done
    outputs = json.loads(done.stdout)["cells"][0]["outputs"]
    text = "".join("".join(one["text"]) for one in outputs if one["output_type"] == "stream")
    assert text == "".join(f"line {number}\n" for number in range(10_000))


@pytest.mark.row("output appears while the cell runs")
def test_output_appears_while_the_cell_runs(kernel: Kernel, language: Language) -> None:
    printed = [m for m in run(kernel, language.slow_lines) if kind(m) == "stream"]
    assert printed[0]["content"]["text"] == "first\n"
    assert printed[0]["header"]["date"] < printed[-1]["header"]["date"]
    assert text_of(printed) == "first\nlast\n"


@pytest.mark.row("an error, with the cell's own line")
def test_an_error_is_an_error_with_the_cells_own_line(kernel: Kernel, language: Language) -> None:
    messages = run(kernel, language.fails)
    assert status(messages) == "error"
    shown = errors(messages)
    assert "line" in shown or f":{language.fails_line}" in shown, shown
    assert str(language.fails_line) in shown
    assert is_alive(kernel, language)


@pytest.mark.row("what does not compile is an error")
def test_what_does_not_compile_is_an_error(kernel: Kernel, language: Language) -> None:
    messages = run(kernel, language.does_not_compile)
    assert status(messages) == "error"
    assert errors(messages)
    assert is_alive(kernel, language)


@pytest.mark.row("an error stops the queued cells")
def test_an_error_aborts_the_queued_cells_and_no_later_one(
    kernel: Kernel, language: Language
) -> None:
    code, value = language.value
    requests = [kernel.begin(code) for code in (language.fails, code, code)]
    replies: dict[str, str] = {}
    idle: set[str] = set()
    while len(replies) < 3 or len(idle) < 3:
        message = kernel._receive(PATIENCE_S)
        parent = message["parent_header"].get("msg_id")
        if kind(message) == "execute_reply":
            replies[parent] = message["content"]["status"]
        elif message["content"].get("execution_state") == "idle" and parent in requests:
            idle.add(parent)
    assert [replies[request] for request in requests] == ["error", "aborted", "aborted"]
    assert any(value in text_in(data) for data in bundles(run(kernel, code), "execute_result"))


@pytest.mark.row("interrupt: loop, sleep, lock")
@pytest.mark.parametrize("deed", ["loop", "sleep", "lock"])
def test_an_interrupt_ends_the_cell_and_loses_nothing(
    lab: Container, kernel: Kernel, language: Language, deed: str
) -> None:
    run(kernel, language.fails.splitlines()[0])
    request = kernel.begin(getattr(language, deed))
    messages = []
    for message in kernel.messages(request, PATIENCE_S):
        messages.append(message)
        if kind(message) == "stream" and "loops" in text_of(messages):
            lab.client().api("POST", f"/api/kernels/{kernel.id}/interrupt")
    assert status(messages) == "error"
    assert is_alive(kernel, language)


@pytest.mark.row("interrupt: idle")
def test_an_interrupt_while_idle_changes_nothing(
    lab: Container, kernel: Kernel, language: Language
) -> None:
    lab.client().api("POST", f"/api/kernels/{kernel.id}/interrupt")
    assert is_alive(kernel, language)


@pytest.mark.row("input")
def test_a_cell_reads_a_line(kernel: Kernel, language: Language) -> None:
    messages = []
    for message in kernel.messages(kernel.begin(language.reads, allow_stdin=True), PATIENCE_S):
        messages.append(message)
        if kind(message) == "input_request":
            kernel.answer("Ada")
    assert "got Ada" in text_of(messages)
    assert status(messages) == "ok"


@pytest.mark.row("interrupt: waiting for input")
def test_an_interrupt_ends_the_waiting_for_a_line(
    lab: Container, kernel: Kernel, language: Language
) -> None:
    messages = []
    for message in kernel.messages(kernel.begin(language.reads, allow_stdin=True), PATIENCE_S):
        messages.append(message)
        if kind(message) == "input_request":
            lab.client().api("POST", f"/api/kernels/{kernel.id}/interrupt")
    assert status(messages) == "error"
    assert is_alive(kernel, language)

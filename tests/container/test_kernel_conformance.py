"""Every kernel of the image, held to what a notebook asks of a kernel, through the real server.

The words of each language stand in languages.py. `make kernels` writes docs/kernels-table.md of
the outcomes.
"""

import json
from pathlib import Path
from typing import Any

import jupyter_kernel_test
import pytest

from tests.container.containers import Containers
from tests.container.engine import CHECKOUT
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

SUITE = Path(jupyter_kernel_test.__file__).parent
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def lab(module_container: Containers) -> Container:
    return module_container(
        expect_warnings=CLIENT_LEFT,
        args=(
            *("--volume", f"{CHECKOUT}/tests/container/checks:/checks/own:ro"),
            *("--volume", f"{SUITE}:/checks/{SUITE.name}:ro"),
        ),
    ).wait_ready()


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


@pytest.mark.row("interrupt: loop and sleep")
@pytest.mark.parametrize("deed", ["loop", "sleep"])
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


@pytest.mark.row("history (↑ in a console)")
def test_what_was_run_is_in_the_history(kernel: Kernel, language: Language) -> None:
    code, _ = language.value
    run(kernel, code)
    found = kernel.ask(
        "history_request",
        {"hist_access_type": "tail", "n": 5, "output": False, "raw": True},
    )
    assert found["status"] == "ok"
    assert code in [entry[2] for entry in found["history"]]


@pytest.mark.row("completion (Tab)")
def test_completion(kernel: Kernel, language: Language) -> None:
    code, wanted = language.completes
    found = kernel.ask("complete_request", {"code": code, "cursor_pos": len(code)})
    assert any(match.startswith(wanted) or wanted in match for match in found["matches"]), found


@pytest.mark.row("inspection (Shift-Tab)")
def test_inspection(kernel: Kernel, language: Language) -> None:
    code, wanted = language.inspects
    run(kernel, language.hello)
    found = kernel.ask(
        "inspect_request", {"code": code, "cursor_pos": len(code), "detail_level": 0}
    )
    assert found["found"], found
    assert wanted in str(found["data"]["text/plain"]), found


@pytest.mark.row("is_complete: complete, incomplete, invalid")
def test_is_complete(kernel: Kernel, language: Language) -> None:
    def ask(code: str) -> str:
        return str(kernel.ask("is_complete_request", {"code": code})["status"])

    assert {code: ask(code) for code in language.complete} == dict.fromkeys(
        language.complete, "complete"
    )
    assert {code: ask(code) for code in language.incomplete} == dict.fromkeys(
        language.incomplete, "incomplete"
    )
    assert {code: ask(code) for code in language.invalid} == dict.fromkeys(
        language.invalid, "invalid"
    )


@pytest.mark.row("HTML, Markdown, LaTeX, SVG, PNG at any point")
def test_rich_values_are_displayed_where_they_stand(kernel: Kernel, language: Language) -> None:
    if language.setup:
        assert status(run(kernel, language.setup)) == "ok"
    for mime, shows in language.displays.items():
        messages = run(kernel, f"{shows}\n{language.between}\n{shows}")
        assert status(messages) == "ok", (mime, errors(messages))
        order = [
            "shown" if kind(message) == "display_data" else message["content"]["text"].strip()
            for message in messages
            if kind(message) in {"display_data", "stream"}
        ]
        assert order == ["shown", "between", "shown"], mime
        assert all(mime in data for data in bundles(messages, "display_data")), mime


@pytest.mark.row("update a display")
def test_a_display_is_updated_in_its_place(kernel: Kernel, language: Language) -> None:
    if not language.updates:
        pytest.skip(f"no words for an update in {language.kernel}")
    messages = run(kernel, language.updates)
    (shown,) = (m["content"] for m in messages if kind(m) == "display_data")
    (updated,) = (m["content"] for m in messages if kind(m) == "update_display_data")
    assert shown["transient"]["display_id"] == updated["transient"]["display_id"]
    assert "new" in json.dumps(updated["data"])


@pytest.mark.row("clear output")
def test_output_is_cleared(kernel: Kernel, language: Language) -> None:
    if not language.clears:
        pytest.skip(f"no words for clearing in {language.kernel}")
    kinds = [kind(message) for message in run(kernel, language.clears)]
    assert kinds.index("stream") < kinds.index("clear_output")


@pytest.mark.row("`jupyter_kernel_test`, at least 11 of 12 methods")
def test_jupyter_kernel_test(lab: Container, language: Language) -> None:
    """At least 11 of its 12 methods: that of a pager has no meaning in most languages."""
    code, value = language.exact or language.value
    mime, shows = next(iter(language.displays.items()))
    setup = f"{language.setup}\n" if language.setup else ""
    text, match = language.completes
    samples = {
        "kernel_name": language.kernel,
        "language_name": language.name,
        "file_extension": language.extension,
        "code_hello_world": language.hello,
        "code_stderr": language.stderr,
        "completion_samples": [{"text": text}],
        "complete_code_samples": language.complete,
        "incomplete_code_samples": language.incomplete,
        "invalid_code_samples": language.invalid,
        "code_page_something": language.pages,
        "code_generate_error": language.does_not_compile,
        "code_execute_result": [{"code": code, "result": value}],
        "code_display_data": [{"code": f"{setup}{shows}", "mime": mime}],
        "code_history_pattern": code[:-1] + "?",
        "supported_history_operations": ["tail", "range", "search"],
        "code_inspect_sample": language.inspects[0],
        "code_clear_output": f"{setup}{language.clears}" if language.clears else "",
    }
    assert match
    python = "PYTHONPATH=/checks exec /opt/lab/bin/python3 -W ignore /checks/own/kernel_suite.py"
    done = lab.exec(["labctl", "shell", "-c", python], input=json.dumps(samples))
    assert done.exit_code == 0, done
    outcomes = json.loads(done.stdout)
    failed = {method: why for method, why in outcomes.items() if why}
    assert len(outcomes) - len(failed) >= 11, failed

"""Every kernel of the image, held to what a page asks and shows, through the real server.

The words of each language stand in languages.py. `make kernels` writes docs/kernels-table.md of
the outcomes.
"""

import json
from pathlib import Path

import jupyter_kernel_test
import pytest

from tests.container.containers import Containers
from tests.container.engine import CHECKOUT
from tests.container.kernel_client import Kernel
from tests.container.kernel_messages import (
    bundles,
    errors,
    kind,
    run,
    status,
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

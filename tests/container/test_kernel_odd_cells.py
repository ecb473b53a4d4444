"""Cells that are odd as text: each is answered, and the next one works, in every language."""

import json
from contextlib import closing

import pytest
import websocket

from tests.container.containers import Containers
from tests.container.dynamic_languages import PYTHON
from tests.container.kernel_client import Kernel
from tests.container.kernel_ends import wait_for_text
from tests.container.kernel_messages import (
    PATIENCE_S,
    bundles,
    errors,
    is_alive,
    run,
    status,
    text_in,
)
from tests.container.language import Language
from tests.container.log_warnings import CLIENT_LEFT
from tests.container.running_container import Container

pytestmark = pytest.mark.timeout(300)

# As JupyterLab speaks: the parts of a message as bytes, which the server passes on unread.
PROTOCOL = "v1.kernel.websocket.jupyter.org"
MANY = 100_000


@pytest.fixture(scope="module")
def lab(module_container: Containers) -> Container:
    return module_container(expect_warnings=CLIENT_LEFT).wait_ready()


@pytest.mark.parametrize("text", [b"\xff", b"\\ud800"], ids=["no UTF-8", "a lone surrogate"])
def test_text_that_is_none_is_answered(
    lab: Container, kernel: Kernel, language: Language, text: bytes
) -> None:
    code = json.dumps(language.repeats.replace("COUNT", "1")).encode()
    code = code.replace(b"TEXT", b"a%sb" % text)
    content = b'{"silent": false, "allow_stdin": false, "code": ' + code + b"}"
    header = {"msg_id": "odd", "msg_type": "execute_request", "session": "odd", "version": "5.3"}
    parts = [b"shell", json.dumps(header).encode(), b"{}", b"{}", content]
    offsets = [8 * (len(parts) + 2)]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    frame = b"".join(number.to_bytes(8, "little") for number in (len(offsets), *offsets))
    client = lab.client()
    with closing(
        websocket.create_connection(
            f"{client.url.replace('http', 'ws', 1)}/api/kernels/{kernel.id}/channels"
            "?session_id=odd",
            header=[f"Authorization: token {client.token}"],
            subprotocols=[PROTOCOL],
            timeout=PATIENCE_S,
        )
    ) as channels:
        channels.send_binary(frame + b"".join(parts))
        while b'"execute_reply"' not in channels.recv():
            pass
    assert is_alive(kernel, language)


def test_a_null_byte_is_answered(kernel: Kernel, language: Language) -> None:
    for code in (f"{language.value[0]} \0", language.repeats.replace("TEXT", "a\0b")):
        run(kernel, code.replace("COUNT", "1"))
        assert is_alive(kernel, language)


@pytest.mark.parametrize("depth", [100, 20_000])
def test_brackets_in_brackets_are_answered(kernel: Kernel, language: Language, depth: int) -> None:
    opens, closes = language.nesting
    messages = run(kernel, opens * depth + "1" + closes * depth)
    assert status(messages) == "ok" or errors(messages)
    assert status(messages) == "ok" or depth > 100, errors(messages)
    assert is_alive(kernel, language)


def test_a_line_of_a_megabyte_runs(kernel: Kernel, language: Language) -> None:
    code, value = language.value
    shown = bundles(run(kernel, code.replace(" ", " " * (1 << 20), 1)), "execute_result")
    assert any(value in text_in(data) for data in shown)


def test_a_cell_of_many_lines_runs(kernel: Kernel, language: Language) -> None:
    code, value = language.value
    lines = "".join(f"{language.comment} line {number}\n" for number in range(MANY))
    shown = bundles(run(kernel, lines + code), "execute_result")
    assert any(value in text_in(data) for data in shown)


def test_a_cell_of_50_megabytes_is_refused_in_one_line(kernel: Kernel, language: Language) -> None:
    if language is PYTHON:
        pytest.skip("its kernel is not behind the front: it has no limit, and takes a minute")
    (line,) = errors(run(kernel, language.comment + "x" * 50_000_000)).split("\n")[1:]
    assert "characters" in line
    assert "file" in line
    assert is_alive(kernel, language)


def test_bytes_that_are_no_text_are_printed(kernel: Kernel, language: Language) -> None:
    request = kernel.begin(language.prints_bytes)
    wait_for_text(kernel.messages(request, PATIENCE_S), "a\ufffdb")
    assert is_alive(kernel, language)


def test_a_cell_with_nothing_to_run_shows_nothing(kernel: Kernel, language: Language) -> None:
    for code in ("", " \n\t\n", f"{language.comment} a comment", f"\n{language.comment} é\n\n"):
        messages = run(kernel, code)
        assert status(messages) == "ok", (code, errors(messages))
        assert not bundles(messages, "execute_result", "display_data"), code


def test_lines_may_end_as_on_windows(kernel: Kernel, language: Language) -> None:
    code, value = language.value
    shown = bundles(run(kernel, f"\r\n{code}\r\n"), "execute_result")
    assert any(value in text_in(data) for data in shown)
    messages = run(kernel, language.fails.replace("\n", "\r\n"))
    assert status(messages) == "error"
    assert str(language.fails_line) in errors(messages)

"""History, completion, inspection and the rest of the protocol."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys

import pytest
from driver import FRONT, LIMIT_S, Cell, write_spec


def tail(kernel, count):
    reply = kernel.ask("history", hist_access_type="tail", n=count)
    return [code for _, _, code in reply["history"]]


def test_kernel_info_names_the_language(kernel):
    info = kernel.ask("kernel_info")
    assert info["language_info"]["name"] == "toy"
    assert info["status"] == "ok"


def test_kernel_info_is_answered_before_the_engine_is_ready(start, tmp_path):
    slow = [
        "/bin/sh",
        "-c",
        f"sleep 3; exec {sys.executable} {os.path.dirname(__file__)}/toy_engine.py",
    ]
    spec = write_spec(tmp_path / "e.json", argv=slow, language_info={"name": "slow"})
    kernel = start(spec)
    assert kernel.ask("kernel_info")["language_info"]["name"] in {"slow", "toy"}
    assert kernel.value("1 + 1") == "2"


def test_names_are_completed(kernel):
    kernel.run("alpha_one = alpha_two = 1")
    reply = kernel.ask("complete", "🦀 alpha_", 8)
    assert reply["matches"] == ["alpha_one", "alpha_two"]
    assert (reply["cursor_start"], reply["cursor_end"]) == (2, 8)
    assert reply["metadata"]["_jupyter_types_experimental"][0]["type"] == "name"
    assert kernel.ask("complete", "none_such", 99)["matches"] == []


def test_a_value_is_inspected(kernel):
    kernel.run("shown = 5")
    assert kernel.ask("inspect", "shown", 5, 1)["data"] == {"text/plain": "5 5 1"}
    assert kernel.ask("inspect", "nothing", 1)["found"] is False


@pytest.mark.parametrize(
    ("code", "reply"),
    [
        ("1", {"status": "complete"}),
        ("if 1:", {"status": "incomplete", "indent": "    "}),
        ("if )", {"status": "invalid"}),
    ],
)
def test_is_complete(kernel, code, reply):
    assert kernel.ask("is_complete", code) == reply


def test_history_has_tail_range_and_search(start):
    kernel = start()
    for code in ("a1 = 1", "a2 = 2", "b = 3", "a1 = 1"):
        kernel.run(code)
    kernel.run("hidden = 1", store_history=False)
    assert tail(kernel, 2) == ["b = 3", "a1 = 1"]
    found = kernel.ask("history", hist_access_type="range", session=0, start=2, stop=4)
    assert [(line, code) for _, line, code in found["history"]] == [(2, "a2 = 2"), (3, "b = 3")]
    search = {"hist_access_type": "search", "pattern": "a?*", "n": 5}
    assert [c for *_, c in kernel.ask("history", **search)["history"]] == [
        "a1 = 1",
        "a2 = 2",
        "a1 = 1",
    ]
    unique = kernel.ask("history", **search, unique=True)["history"]
    assert [code for *_, code in unique] == ["a2 = 2", "a1 = 1"]
    output = kernel.ask("history", hist_access_type="tail", n=1, output=True)["history"]
    assert output[0][2] == ["a1 = 1", None]


def test_history_outlives_the_kernel_and_belongs_to_the_user(start, tmp_path):
    first = start()
    first.run("yesterday = '漢'")
    second = start()
    second.run("today = 2")
    assert tail(second, 2) == ["yesterday = '漢'", "today = 2"]
    (file,) = tmp_path.glob("**/*.history")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    sessions = [json.loads(line)[0] for line in file.read_text().splitlines()]
    assert sessions == [1, 2]


@pytest.mark.parametrize("home", ["/proc/none", "/dev/null/x"])
def test_history_lasts_for_the_session_where_it_cannot_be_written(start, home):
    kernel = start(env={"XDG_DATA_HOME": home})
    kernel.run("a = 1")
    assert tail(kernel, 5) == ["a = 1"]


def test_a_damaged_history_is_read_as_far_as_it_goes(start, tmp_path):
    folder = tmp_path / "kernel-front"
    folder.mkdir()
    (folder / "toy.history").write_bytes(b'[3, 1, "good"]\n[3, 2, "cut o\n\xff\n{}\n[1,2]\n7\n')
    kernel = start()
    kernel.run("a = 1")
    history = kernel.ask("history", hist_access_type="tail", n=5)["history"]
    assert history == [[3, 1, "good"], [4, 1, "a = 1"]]


def test_a_large_history_is_halved(tmp_path):
    from kernel_front.history import History

    path = tmp_path / "toy.history"
    path.write_text("".join(json.dumps([1, n, "x" * 9000]) + "\n" for n in range(1000)))
    history = History(str(path))
    history.add(1, "new")
    kept = history.request({"hist_access_type": "tail", "n": 1000})
    assert len(kept) == 501
    assert kept[-1] == [2, 1, "new"]


def send(kernel, msg_type, content, channel="shell"):
    message = kernel.client.session.msg(msg_type, content)
    getattr(kernel.client, f"{channel}_channel").send(message)
    kernel.cells[message["header"]["msg_id"]] = Cell()
    return kernel.cells[message["header"]["msg_id"]]


@pytest.mark.parametrize(
    ("msg_type", "content"),
    [
        ("execute_request", {}),
        ("execute_request", {"code": 5}),
        ("complete_request", {"code": "a", "cursor_pos": "x"}),
        ("history_request", {"hist_access_type": "tail", "n": "many"}),
        ("no_such_request", {}),
    ],
)
def test_a_request_that_makes_no_sense_is_answered_with_an_error(kernel, msg_type, content):
    cell = send(kernel, msg_type, content)
    kernel.collect(until=lambda: cell.reply and cell.is_idle)
    assert cell.reply["status"] == "error"
    assert kernel.value("6 * 7") == "42"


def test_comms_have_no_target_and_are_closed(kernel):
    cell = send(kernel, "comm_open", {"comm_id": "c", "target_name": "widget", "data": {}})
    kernel.collect(until=lambda: cell.is_idle)
    assert cell.contents("comm_close")[0]["comm_id"] == "c"
    gone = send(kernel, "comm_msg", {"comm_id": "c", "data": {}})
    kernel.collect(until=lambda: gone.is_idle)
    assert gone.messages == []
    assert kernel.ask("comm_info")["comms"] == {}


def test_what_is_not_signed_with_the_key_is_ignored(kernel):
    session, key = kernel.client.session, kernel.client.session.key
    session.key = b"another key"
    try:
        kernel.client.execute("forged = 1")
    finally:
        session.key = key
    kernel.client.shell_channel.socket.send_multipart([b"no", b"message"])
    assert kernel.run("forged").status == "error"


@pytest.mark.parametrize("code", [b'"a\xffb"', b'"a\\ud800b"'])
def test_a_cell_that_is_no_utf8_runs_with_replacement_characters(kernel, code):
    session = kernel.client.session
    header = session.msg_header("execute_request")
    parts = [
        json.dumps({**header, "date": ""}).encode(),
        b"{}",
        b"{}",
        b'{"code": ' + _quoted(code) + b"}",
    ]
    cell = kernel.cells[header["msg_id"]] = Cell()
    frames = [b"<IDS|MSG>", session.sign(parts), *parts]
    kernel.client.shell_channel.socket.send_multipart(frames)
    kernel.collect(until=lambda: cell.reply and cell.is_idle)
    assert cell.value == "'a\ufffdb'"


def _quoted(code: bytes) -> bytes:
    return b'"' + code.replace(b'"', b'\\"') + b'"'


def test_the_control_channel_is_answered_while_a_cell_runs(kernel):
    request = kernel.run_until_printed("print('begun', flush=True); time.sleep(60)", "begun")
    message = kernel.client.session.msg("kernel_info_request", {})
    kernel.client.control_channel.send(message)
    reply = kernel.client.control_channel.get_msg(timeout=LIMIT_S)
    assert reply["content"]["language_info"]["name"] == "toy"
    assert not kernel.cells[request].is_idle
    kernel.interrupt(request)


def test_messages_can_be_encrypted(start):
    kernel = start(manager={"transport_encryption": "required"})
    assert kernel.value("6 * 7") == "42"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "usage"),
        (["/no/such.json", "-f", "x"], "/no/such.json"),
    ],
)
def test_wrong_arguments_are_named(arguments, problem):
    done = subprocess.run(
        [sys.executable, "-I", str(FRONT), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 64
    assert problem in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"name": "a", "argv": ["relative"]}, "absolute"),
        ({"name": "a/b", "argv": ["/bin/true"]}, "name"),
        ({"name": "a", "argv": ["/bin/true"], "typo": 1}, "typo"),
        ([], "object"),
    ],
)
def test_a_wrong_engine_json_is_named(tmp_path, content, problem):
    from kernel_front.spec import SpecError, load_spec

    path = tmp_path / "engine.json"
    path.write_text(json.dumps(content))
    with pytest.raises(SpecError, match=problem):
        load_spec(str(path), [])

"""labctl before a server, and files, that the user has made to hurt root: a bounded answer in time,
never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from argparse import Namespace
from typing import TYPE_CHECKING, Any

import pytest

from labinit.ctl import health, status
from labinit.ctl.ask import MAX_LETTERS, MAX_ROWS, ask
from labinit.ctl.running import Running, get
from labinit.ctl.sessions import find_kernels
from tests.unit.test_ctl import REPORT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


# Answers each request with the file beside it of that name: kernels, sessions, else nothing.
SERVER = """
import http.server, pathlib, sys, time
root = pathlib.Path(sys.argv[1])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.rpartition("/")[2]
        if (root / "trickle").exists():
            self.wfile.write(b"HTTP/1.1 200 OK\\r\\n")
            while True:
                self.wfile.write(b"x")
                time.sleep(0.05)
        body = (root / name).read_bytes() if (root / name).exists() else b"{}"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""
HOSTILE_ANSWERS = {
    "deep": "[" * 60000,
    "deep objects": '{"a":' * 60000,
    "number for a kernel": '[{"kernel": 1}]',
    "list for an object": '[["id"], 1, null, "x"]',
    "object for a list": '{"kernel": 1}',
    "list for a text": (
        '[{"id": ["x"], "name": {}, "execution_state": 1, "kernel": {"id": []}, "path": []}]'
    ),
    "lone surrogate": (
        '[{"id": "\\ud800", "name": "\\udfff", "kernel": {"id": "\\ud800"}, "path": "\\ud800"}]'
    ),
    "controls": '[{"id": "\\u001b]0;x\\u0007", "name": "\\u202e\\u009b2J", "kernel": {"id": 1}}]',
    "long texts": json.dumps([{"id": "x" * 100000, "name": "y" * 100000}]),
    "many": json.dumps([{"id": f"{number}", "name": "n"} for number in range(10000)]),
    "over 1 MiB": json.dumps(["x" * (1 << 21)]),
    "no JSON": "\xff\x00<html>",
    "nothing": "",
    "a number beyond any": "[1e999999, " + "9" * 5000 + "]",
}
HOSTILE_FILES: dict[str, Any] = {
    "deep": "[" * 60000,
    "a long host": {"hostname": "a" * 300, "port": 8080, "base_url": "/"},
    "a host that is a list": {"hostname": ["x"], "port": 8080, "base_url": "/"},
    "a lone surrogate": '{"hostname": "\\ud800", "port": 8080, "base_url": "/\\ud800"}',
    "a base that is an object": {"hostname": "", "port": 8080, "base_url": {}},
    "a port beyond": {"hostname": "", "port": 1 << 70, "base_url": "/"},
    "a header in the base": {"hostname": "", "port": 1, "base_url": "/ HTTP/1.1\r\nX: y\r\n/"},
    "a host of dots": {"hostname": "...", "port": 8080, "base_url": "/"},
    "a null in the host": {"hostname": "a\0b", "port": 8080, "base_url": "/"},
    "a list": [1],
    "nothing": "",
}


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Makes what runs: this process, whose server answers from the files in `tmp_path`."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", SERVER, tmp_path], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    port = int(process.stdout.readline())
    (tmp_path / "jupyter").mkdir()

    def make(said: Any = None) -> Running:
        said = {"hostname": "", "port": port, "base_url": "/"} if said is None else said
        text = said if isinstance(said, str) else json.dumps(said)
        (tmp_path / "jupyter" / "jpserver-42.json").write_text(text)
        identity = REPORT["identity"] | {"uid": os.geteuid(), "gid": os.getegid()}
        return Running(str(tmp_path), REPORT | {"port": 1, "identity": identity})

    yield make
    process.kill()
    process.communicate()


@pytest.mark.parametrize("answer", HOSTILE_ANSWERS.values(), ids=HOSTILE_ANSWERS)
def test_whatever_a_server_answers_is_a_bounded_table(
    lab: Callable[..., Running], tmp_path: Path, answer: str
) -> None:
    for name in ("kernels", "sessions"):
        (tmp_path / name).write_text(answer, encoding="latin-1")
    table = find_kernels(lab(), {})
    assert len(table["kernels"]) <= MAX_ROWS
    for kernel in table["kernels"]:
        texts = [kernel[name] for name in ("id", "name", "notebook", "state")]
        assert all(len(text) <= MAX_LETTERS for text in texts)


def test_what_is_left_out_is_counted(lab: Callable[..., Running], tmp_path: Path) -> None:
    (tmp_path / "kernels").write_text(HOSTILE_ANSWERS["many"])
    (tmp_path / "sessions").write_text("[]")
    # A kernel of this very machine may be among them.
    assert 10000 - MAX_ROWS <= find_kernels(lab(), {})["kernels_left_out"] < 10000


@pytest.mark.parametrize("said", HOSTILE_FILES.values(), ids=HOSTILE_FILES)
def test_whatever_a_server_says_of_itself_is_one_printable_sentence(
    lab: Callable[..., Running], said: Any
) -> None:
    judged = health.judge(lab(said), {})
    assert judged.sentence.isprintable()
    assert len(judged.sentence) < 600
    judged.sentence.encode()


def test_a_base_beyond_ascii_is_asked_as_a_browser_asks(
    lab: Callable[..., Running], tmp_path: Path
) -> None:
    lab()
    said = json.loads((tmp_path / "jupyter" / "jpserver-42.json").read_text())
    judged = health.judge(lab(said | {"base_url": "/é"}), {})
    assert judged.is_well, judged
    assert "/%C3%A9/api answers" in judged.sentence


def test_a_server_that_never_ends_its_answer_holds_nobody_up(
    lab: Callable[..., Running], tmp_path: Path
) -> None:
    (tmp_path / "trickle").touch()
    began = time.monotonic()
    answer = ask(lab(), {}, lambda server: (get(server, "api")[0], []), deadline_s=0.5)
    assert (answer.status, answer.problem) == (0, "timed out")
    # Far from the minutes that such a server could go on.
    assert time.monotonic() - began < 30


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_the_server_is_asked_as_the_lab_user(lab: Callable[..., Running]) -> None:
    running = lab()
    identity = REPORT["identity"] | {"uid": 4321, "gid": 4322, "groups": [4322]}
    running = Running(running.directory, running.report | {"identity": identity})
    answer = ask(running, {}, lambda _: (os.getuid(), [(str(os.getgroups()),)]))
    assert (answer.status, answer.rows) == (4321, (("[4322]",),)), answer


@pytest.mark.parametrize("answer", HOSTILE_ANSWERS.values(), ids=HOSTILE_ANSWERS)
def test_the_status_can_be_shown_whatever_is_in_it(
    lab: Callable[..., Running],
    tmp_path: Path,
    answer: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("kernels", "sessions"):
        (tmp_path / name).write_text(answer, encoding="latin-1")
    running = lab()
    monkeypatch.setattr(status, "find_running", lambda _: running)
    for as_json in (True, False):
        status.run(Namespace(json=as_json), {"LABPASSWD_FILE": str(tmp_path)})
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    shown.encode()

"""An interrupt ends the cell, not the session."""

from __future__ import annotations

import os

import pytest
from conftest import LIMIT_S

HEADERS = """
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unistd.h>
#include <vector>
#include <cstdlib>
int state = 5;
int turns = 0;
struct Loud { ~Loud() { std::cout << "destroyed\\n"; } };
"""


@pytest.fixture(scope="module", autouse=True)
def _headers(cpp):
    assert cpp.run(HEADERS).status == "ok"


@pytest.fixture(autouse=True)
def _state_is_kept(cpp):
    yield
    assert cpp.value("state") == "5"


def begun(code: str) -> str:
    return f'std::cout << "begun" << std::endl;\n{code}'


@pytest.mark.parametrize(
    "code",
    [
        "for (;;) { ++turns; }",
        "while (true) { }",
        "while (true) { std::vector<int> v(100); turns += v.size(); }",
        "while (true) { std::cout << 1; }",
        "sleep(1000);",
        "std::this_thread::sleep_for(std::chrono::hours(1));",
        'system("sleep 1000");',
        "int pipe_ends[2]; pipe(pipe_ends); char byte; read(pipe_ends[0], &byte, 1);",
        "try { for (;;) { } } catch (const std::exception &) { }",
    ],
)
def test_what_was_done_stays_where_the_cell_can_be_left(cpp, code):
    cpp.run("turns = 0;")
    outcome = cpp.run_and_interrupt(begun(f"turns = 1; {code}"))
    assert outcome.error == ("KeyboardInterrupt", "what the cell had done until then stays")
    assert cpp.value("turns > 0") == "true"


@pytest.mark.parametrize(
    "code",
    [
        "std::mutex m; m.lock(); m.lock();",
        "std::mutex m; std::unique_lock<std::mutex> lock(m); std::condition_variable().wait(lock);",
        "std::thread([] { for (;;) pause(); }).join();",
    ],
)
def test_the_cell_is_undone_where_it_cannot_be_left(cpp, code):
    cpp.run("turns = 0;")
    outcome = cpp.run_and_interrupt(begun(f"turns = 1; {code}"))
    assert outcome.error[0] == "KeyboardInterrupt"
    assert outcome.error[1].endswith("the session is as it was before this cell")
    assert cpp.value("turns") == "0"


def test_destructors_of_the_callers_run(cpp):
    cpp.run("void spin() { for (;;) { } }")
    assert (
        cpp.run_and_interrupt(begun("{ Loud loud; spin(); }")).stream("stdout")
        == "begun\ndestroyed\n"
    )


def test_a_command_that_the_cell_waits_for_ends_too(cpp, tmp_path):
    mark = tmp_path / "mark"
    cpp.run_and_interrupt(begun(f'system("sleep 1000; touch {mark}");'))
    assert not mark.exists()


def test_a_thread_of_the_users_is_not_hit(cpp):
    cpp.run("""
        #include <atomic>
        std::atomic<bool> stop{false};
        std::atomic<long> rounds{0};
        std::thread worker([] {
            while (!stop) { ++rounds; std::this_thread::sleep_for(std::chrono::milliseconds(1)); }
        });
    """)
    assert cpp.run_and_interrupt(begun("for (;;) { }")).error[0] == "KeyboardInterrupt"
    assert (
        cpp.value(
            "long seen = rounds; while (rounds == seen) { } stop = true; worker.join(); "
            "rounds > seen"
        )
        == "true"
    )


def test_a_compilation_can_be_interrupted(cpp, tmp_path):
    # A header that is never complete: the compiler reads it until it is told to stop.
    header = tmp_path / "endless.h"
    os.mkfifo(header)
    asked = cpp.client.execute(f'#include "{header}"', stop_on_error=False)
    writer = os.open(header, os.O_WRONLY)  # returns when the compiler has opened it
    cpp.manager.interrupt_kernel()
    while (reply := cpp.client.get_shell_msg(timeout=LIMIT_S))["parent_header"]["msg_id"] != asked:
        pass
    os.close(writer)
    assert reply["content"]["ename"] == "KeyboardInterrupt"


def test_waiting_for_input_can_be_interrupted(fresh):
    notebook = fresh()
    asked = notebook.client.execute("int n; std::cin >> n;", allow_stdin=True, stop_on_error=False)
    assert notebook.client.get_stdin_msg(timeout=LIMIT_S)["msg_type"] == "input_request"
    notebook.manager.interrupt_kernel()
    while (reply := notebook.client.get_shell_msg(timeout=LIMIT_S))["parent_header"][
        "msg_id"
    ] != asked:
        pass
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    assert notebook.value("1 + 1") == "2"


def test_an_interrupt_between_cells_does_nothing(cpp):
    cpp.manager.interrupt_kernel()
    assert cpp.value("state") == "5"


def test_an_interrupt_during_a_completion_gives_no_request_the_reply_of_another(cpp):
    for number in range(20):
        asked = cpp.client.complete("std::vec", 8)
        cpp.manager.interrupt_kernel()
        while (reply := cpp.client.get_shell_msg(timeout=LIMIT_S))["parent_header"][
            "msg_id"
        ] != asked:
            pass
        assert "vector" in reply["content"]["matches"] or not reply["content"]["matches"]
        assert cpp.value(f"{number}") == f"{number}"

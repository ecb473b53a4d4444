"""Interrupts, the end of the engine, and the end of the kernel."""

from __future__ import annotations

import os
import signal
import time

import pytest
from driver import LIMIT_S, eventually, is_running, write_spec

LOOP = "print('begun', flush=True)\nwhile True: pass"
SLEEP = "print('begun', flush=True)\ntime.sleep(60)"
DEAF = "signal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('begun', flush=True)\ntime.sleep(60)"


@pytest.mark.parametrize("code", [LOOP, SLEEP, "print('begun', flush=True)\nos.system('sleep 60')"])
def test_an_interrupt_ends_the_cell_and_loses_nothing(kernel, code):
    kernel.run("kept = 5")
    cell = kernel.interrupt(kernel.run_until_printed(code + "\nraise KeyboardInterrupt", "begun"))
    assert cell.reply["ename"] == "KeyboardInterrupt"
    assert kernel.value("kept") == "5"


def test_an_engine_that_sends_faster_than_the_front_reads_is_interrupted(kernel):
    # As much as a pipe takes whole: the interrupt cuts no message in two.
    code = "print('begun', flush=True)\nwhile True: os.write(4, b'{}\\n' * 1000)"
    cell = kernel.interrupt(kernel.run_until_printed(f"import os\n{code}", "begun"))
    assert cell.reply["ename"] == "KeyboardInterrupt"
    assert kernel.value("6 * 7") == "42"


def test_an_interrupt_by_signal_is_one_too(start):
    kernel = start(interrupt_mode="signal")
    kernel.run("import time")
    cell = kernel.interrupt(kernel.run_until_printed(SLEEP, "begun"))
    assert cell.reply["ename"] == "KeyboardInterrupt"


def test_an_interrupt_while_idle_does_nothing(kernel):
    kernel.run("kept = 6")
    kernel.manager.interrupt_kernel()
    os.kill(kernel.pid, signal.SIGINT)
    assert kernel.value("kept") == "6"


def test_an_interrupt_ends_the_wait_for_input_and_a_late_line_is_dropped(kernel):
    request = kernel.submit("print('begun', flush=True); read()", allow_stdin=True)
    kernel.client.stdin_channel.get_msg(timeout=LIMIT_S)
    cell = kernel.interrupt(request)
    assert cell.reply["ename"] == "KeyboardInterrupt"
    kernel.client.input("late")
    assert kernel.run("read()", typed=["in time"]).value == "'in time'"


def test_an_interrupt_aborts_the_queue(kernel):
    first = kernel.run_until_printed(SLEEP, "begun")
    second = kernel.submit("1 + 1")
    cell = kernel.interrupt(first)
    assert (cell.status, kernel.collect(second)[0].status) == ("error", "aborted")


def test_a_cell_that_ignores_an_interrupt_is_ended_by_a_second_one(kernel):
    request = kernel.run_until_printed(DEAF, "begun")
    cell = kernel.cells[request]
    kernel.manager.interrupt_kernel()
    kernel.collect(until=lambda: "second" in cell.stream("stderr"))
    kernel.interrupt(request)
    assert "did not react" in cell.reply["evalue"]
    assert "variables are lost" in cell.reply["evalue"]
    assert kernel.value("6 * 7") == "42"
    kernel.run("import os, sys, time, signal, subprocess")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("os._exit(3)", "exit code 3"),
    ],
)
def test_an_engine_that_ends_is_started_again_and_the_reason_is_said(kernel, code, reason):
    cell = kernel.run("print('before', flush=True)\nimport os, signal\n" + code)
    assert cell.stream("stdout") == "before\n"
    assert reason in cell.reply["evalue"]
    assert "variables are lost" in cell.reply["evalue"]
    assert kernel.value("6 * 7") == "42"
    kernel.run("import os, sys, time, signal, subprocess")


def test_an_engine_that_ends_between_two_cells_is_told_below_the_last(kernel):
    request = kernel.submit("os.getpid()")
    pid = int(kernel.collect(request)[0].value)
    os.kill(pid, signal.SIGTERM)
    kernel.collect(until=lambda: "SIGTERM" in kernel.cells[request].stream("stderr"))
    assert kernel.value("6 * 7") == "42"
    kernel.run("import os, sys, time, signal, subprocess")


def test_an_engine_that_cannot_start_says_why_and_the_next_cell_tries_again(start, tmp_path):
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho not today >&2\nexit 9\n")
    program.chmod(0o755)
    spec = write_spec(tmp_path / "engine.json", argv=[str(program)])
    kernel = start(spec)
    for _ in range(2):
        cell = kernel.run("1")
        assert "exit code 9" in cell.reply["evalue"] or "Error" in cell.reply["ename"]
    assert "not today" in cell.stream("stderr")


def test_a_program_that_is_not_there_is_named(start, tmp_path):
    kernel = start(write_spec(tmp_path / "engine.json", argv=["/no/such/program"]))
    cell = kernel.run("1")
    assert cell.status == "error"
    assert "/no/such/program" in cell.reply["evalue"] + cell.stream("stderr")


def test_a_shutdown_ends_the_engine_and_what_cells_have_started(start):
    kernel = start()
    kernel.run("import os, subprocess")
    child = int(kernel.value("subprocess.Popen(['sleep', '300']).pid"))
    engine = kernel.engine_pid()
    began = time.monotonic()
    kernel.manager.shutdown_kernel()
    assert time.monotonic() - began < 3  # jupyter_client kills after 5 s
    assert eventually(lambda: not is_running(child))
    assert not is_running(engine)


def test_a_shutdown_ends_an_engine_that_runs_a_cell_and_ignores_signals(start):
    kernel = start()
    kernel.run("import os, signal, time")
    engine = kernel.engine_pid()
    kernel.run_until_printed(DEAF, "begun")
    kernel.manager.shutdown_kernel()
    assert not is_running(engine)


def test_an_engine_does_not_outlive_a_killed_front(start):
    kernel = start()
    kernel.run("import os")
    engine = kernel.engine_pid()
    kernel.run_until_printed("import time\n" + SLEEP, "begun")
    os.kill(kernel.pid, signal.SIGKILL)
    assert eventually(lambda: not is_running(engine))


def test_a_termination_ends_the_engine_too(start):
    kernel = start()
    kernel.run("import os")
    engine = kernel.engine_pid()
    os.kill(kernel.pid, signal.SIGTERM)
    assert eventually(lambda: not is_running(engine) and not is_running(kernel.pid))


def test_a_restart_forgets_everything(start):
    kernel = start()
    kernel.run("x = 1")
    kernel.client.stop_channels()
    kernel.manager.restart_kernel()
    kernel.connect()
    assert kernel.run("x").status == "error"
    assert kernel.run("1").reply["execution_count"] == 2


def test_a_client_that_goes_away_leaves_the_kernel_as_it_was(start, tmp_path):
    kernel = start()
    code = f"print('begun' * 200_000)\nx = 2\nopen('{tmp_path}/asks', 'w')\nread()"
    kernel.run_until_printed(code, "begun", allow_stdin=True)
    kernel.client.stop_channels()
    assert eventually((tmp_path / "asks").exists)
    kernel.manager.interrupt_kernel()
    kernel.connect()
    assert kernel.value("x") == "2"


def test_a_subreaper_or_a_stray_child_does_not_confuse_the_front(start):
    kernel = start()
    kernel.run("import os")
    assert kernel.run("os.system('(setsid sleep 0.1 &) ; exit 3')").status == "ok"
    assert kernel.value("6 * 7") == "42"

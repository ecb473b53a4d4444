"""What cells print, show, ask for and fail with."""

from __future__ import annotations

import pytest


def lines(count: int) -> str:
    return "".join(f"line {number}\n" for number in range(count))


@pytest.mark.parametrize("count", [10_000, 100_000])
def test_many_lines_arrive_whole_in_order_and_in_few_messages(kernel, count):
    cell = kernel.run(f"for i in range({count}): print('line', i)")
    assert cell.stream("stdout") == lines(count)
    assert len(cell.messages) < 100


def test_lines_that_come_slowly_are_joined_too(kernel):
    cell = kernel.run("for i in range(2000): print('line', i, flush=True); time.sleep(0.001)")
    assert cell.stream("stdout") == lines(2000)
    assert len(cell.messages) < 100


def test_what_is_printed_appears_while_the_cell_runs(kernel):
    request = kernel.run_until_printed("print('first', flush=True); time.sleep(60)", "first")
    assert not kernel.cells[request].is_idle
    kernel.interrupt(request)


def test_both_streams_and_displays_keep_their_order(kernel):
    cell = kernel.run(
        "for i in range(3):\n print('out', i)\n display('text/html', f'<b>{i}</b>')\n"
        " print('err', i, file=sys.stderr)\n display('text/plain', '')"
    )
    assert cell.status == "ok", cell
    assert [c["name"] for c in cell.contents("stream")] == ["stdout", "stderr"] * 3
    kinds = ["stream", "display_data"] * 6
    assert cell.kinds() == ["execute_input", *kinds]


def test_lines_that_alternate_between_the_streams_come_in_few_messages(kernel):
    cell = kernel.run(
        "for i in range(5000):\n"
        " send(type='stream', name=('stdout', 'stderr')[i % 2], text=f'line {i}\\n')"
    )
    both = [line for name in ("stdout", "stderr") for line in cell.stream(name).splitlines()]
    assert both == [f"line {i}" for start in (0, 1) for i in range(start, 5000, 2)]
    assert len(cell.messages) < 100


def test_what_the_engine_captures_itself_keeps_its_order(kernel):
    cell = kernel.run(
        "for i in range(1000): send(type='stream', name='stdout', text=f'line {i}\\n')\n"
        "send(type='stream', name='stderr', text='e')"
    )
    assert cell.stream("stdout") == lines(1000)
    assert cell.kinds()[-1] == "stream"
    assert len(cell.messages) < 20


def test_what_child_processes_print_is_shown(kernel):
    cell = kernel.run("os.system('echo out; echo err >&2')")
    assert (cell.stream("stdout"), cell.stream("stderr")) == ("out\n", "err\n")


def test_invalid_utf8_is_replaced_and_split_characters_are_joined(kernel):
    cell = kernel.run(
        "for byte in 'é漢🦀'.encode():\n os.write(1, bytes([byte])); time.sleep(0.03)\n"
        "os.write(1, b'a\\xffb')\nos.write(2, b'half \\xe6')"
    )
    assert cell.stream("stdout") == "é漢🦀a\ufffdb"
    assert cell.stream("stderr") == "half \ufffd"


def test_a_lone_surrogate_does_no_harm(kernel):
    cell = kernel.run("send(type='stream', name='stdout', text='a\\ud800b')")
    assert cell.stream("stdout") == "a\ufffdb"
    assert cell.status == "ok"


def test_a_message_that_is_none_is_said_and_ends_nothing(kernel):
    cell = kernel.run("os.write(4, b'no json\\n[1]\\n')\n")
    assert "no json" in cell.stream("stderr")
    assert kernel.value("1 + 1") == "2"


def test_displays_are_updated_and_cleared(kernel):
    cell = kernel.run(
        "display('text/plain', 'a', display_id='x')\n"
        "display('text/plain', 'b', display_id='x', update=True)\nsend(type='clear', wait=True)"
    )
    assert cell.kinds() == ["execute_input", "display_data", "update_display_data", "clear_output"]
    display, update = cell.messages[1]["content"], cell.messages[2]["content"]
    assert display["transient"] == update["transient"] == {"display_id": "x"}
    assert cell.contents("clear_output") == [{"wait": True}]


def test_numbers_that_json_does_not_have_become_null(kernel):
    cell = kernel.run("send(type='display', data={'application/json': float('nan')})")
    assert cell.contents("display_data")[0]["data"] == {"application/json": None}


def test_an_error_is_told_in_the_reply_and_to_everybody(kernel):
    cell = kernel.run("x = 1\n1 / 0")
    error = cell.contents("error")[0]
    assert error["ename"] == cell.reply["ename"] == "ZeroDivisionError"
    assert any("line 2" in line for line in cell.reply["traceback"])
    assert cell.reply["status"] == "error"


def test_an_error_aborts_the_queue_and_nothing_that_comes_after_the_reply(kernel):
    requests = [kernel.submit(code) for code in ("1 / 0", "aborted = 1", "1 + 1")]
    cells = kernel.collect(*requests)
    assert [cell.status for cell in cells] == ["error", "aborted", "aborted"]
    assert kernel.run("aborted").status == "error"
    assert kernel.value("1 + 1") == "2"


def test_an_error_that_shall_not_stop_the_queue_does_not(kernel):
    requests = [kernel.submit("1 / 0", stop_on_error=False), kernel.submit("1 + 1")]
    assert [cell.status for cell in kernel.collect(*requests)] == ["error", "ok"]


def test_requests_of_other_kinds_survive_an_abort(kernel):
    failing = kernel.submit("1 / 0")
    info = kernel.client.kernel_info()
    kernel.cells[info] = type(kernel.cells[failing])()
    assert kernel.collect(failing, info)[1].status == "ok"


def test_cells_run_one_after_the_other(kernel):
    requests = [kernel.submit(code) for code in ("time.sleep(0.2); n = 1", "n += 1", "n")]
    assert kernel.collect(*requests)[2].value == "2"


def test_a_silent_cell_shows_nothing_and_is_not_counted(kernel):
    before = kernel.run("1").reply["execution_count"]
    cell = kernel.run("print('x'); display('text/plain', 'y'); quiet = 5", silent=True)
    assert cell.messages == []
    assert kernel.value("quiet") == "5"
    assert kernel.run("1").reply["execution_count"] == before + 2


def test_an_empty_cell_is_nothing(kernel):
    before = kernel.run("1").reply["execution_count"]
    assert kernel.run(" \n").status == "ok"
    assert kernel.run("1").reply["execution_count"] == before + 1


def test_input_is_asked_for_in_the_notebook(kernel):
    cell = kernel.run("(read('name? '), read('pw', password=True))", typed=["Ann", "\x04"])
    assert cell.value == "('Ann', None)"


def test_input_where_there_is_none_is_an_error_at_once(kernel):
    cell = kernel.run("read('name? ')")
    assert cell.status == "error"
    assert "input" in cell.reply["evalue"]


def test_a_cell_of_100000_lines_and_one_of_20_mb(kernel):
    assert kernel.run("\n".join(f"n = {n}" for n in range(100_000))).status == "ok"
    assert kernel.value("n") == "99999"
    assert kernel.value(f"len('{'x' * 19_999_993}')") == "19999993"


def test_a_larger_cell_is_refused_in_one_line_and_the_next_one_runs(kernel):
    cell = kernel.run(f"len('{'x' * 19_999_994}')")
    assert cell.status == "error"
    (shown,) = cell.contents("error")
    (line,) = shown["traceback"]
    assert "20,000,001 characters" in line
    assert "file" in line
    assert kernel.value("1 + 1") == "2"


def test_output_of_50_mb_arrives_whole(kernel):
    cell = kernel.run("for _ in range(50): sys.stdout.write('x' * 999_999 + '\\n')")
    assert len(cell.stream("stdout")) == 50_000_000
    assert kernel.value("1 + 1") == "2"


def test_what_a_thread_prints_between_cells_is_shown_below_the_last(kernel):
    request = kernel.submit(
        "import threading; threading.Timer(0.3, print, ['late'], {'flush': True}).start()"
    )
    kernel.collect(request)
    assert kernel.cells[request].stream("stdout") == ""
    kernel.collect(until=lambda: "late" in kernel.cells[request].stream("stdout"))

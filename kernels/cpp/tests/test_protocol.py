"""Completion, inspection, consoles, and the end."""

from __future__ import annotations

import os
import signal

import pytest
from conftest import LIMIT_S, eventually, processes


def complete(cpp, code, at=None):
    return cpp.client.complete(code, len(code) if at is None else at, reply=True, timeout=LIMIT_S)[
        "content"
    ]


def test_members_names_and_namespaces_are_completed(cpp):
    cpp.run("#include <vector>\nstruct Thing { int alpha; void beta(); private: int hidden; };")
    cpp.run("Thing thing; int thing_count;")
    assert set(complete(cpp, "thing.")["matches"]) >= {"alpha", "beta"}
    assert "hidden" not in complete(cpp, "thing.")["matches"]
    assert set(complete(cpp, "int x = 1;\nthi")["matches"]) >= {"thing", "thing_count"}
    assert "vector" in complete(cpp, "std::vec")["matches"]
    assert complete(cpp, "std::vector<int> local; local.push_b")["matches"] == ["push_back"]


def test_the_place_of_a_completion_counts_characters(cpp):
    code = 'auto s = "漢字🙂"; std::vec'
    reply = complete(cpp, code)
    assert (reply["cursor_start"], reply["cursor_end"]) == (len(code) - 3, len(code))


def test_headers_and_magics_are_completed(cpp):
    assert "vector>" in complete(cpp, "#include <vec")["matches"]
    assert "vector" in complete(cpp, "#include <vec>", 13)["matches"]
    reply = complete(cpp, "#include <sys/soc")
    assert ("socket.h>" in reply["matches"], reply["cursor_start"]) == (True, 14)
    assert complete(cpp, "%%tim")["matches"] == ["%%timeit"]
    assert "vector" in complete(cpp, "%timeit 1;\nstd::vec")["matches"]


def test_completions_tell_what_they_are(cpp):
    cpp.run("struct Known { int member; int method(int n); };\nKnown known;")
    found = complete(cpp, "known.me")["metadata"]["_jupyter_types_experimental"]
    assert {(one["text"], one["type"]) for one in found} == {
        ("member", "property"),
        ("method", "function"),
    }
    assert "int method(int n)" in {one["signature"] for one in found}


def test_completion_leaves_no_trace(cpp):
    complete(cpp, "int only_completed = 1; only_")
    assert cpp.run("only_completed").status == "error"


def test_a_word_is_explained(cpp):
    cpp.run("/// Adds one.\nint add_one(int n) { return n + 1; }\nint add_one(double);")
    content = cpp.client.inspect("add_one(1)", 3, reply=True, timeout=LIMIT_S)["content"]
    assert "int add_one(int n)" in content["data"]["text/plain"]
    assert "int add_one(double)" in content["data"]["text/plain"]
    assert (
        cpp.client.inspect("no_such_word", 3, reply=True, timeout=LIMIT_S)["content"]["found"]
        is False
    )


def test_within_the_bracket_of_a_call_the_function_is_explained(cpp):
    cpp.run(
        "// An ordinary comment.\ndouble scaled(double value, double by) { return value * by; }"
    )
    code = "scaled(1, "
    text = cpp.client.inspect(code, len(code), reply=True, timeout=LIMIT_S)["content"]["data"][
        "text/plain"
    ]
    assert "double scaled(double value, double by)" in text


def test_a_console_indents_what_goes_on(cpp):
    cpp.client.is_complete("if (true) {\n    f(1,")
    content = cpp.client.get_shell_msg(timeout=LIMIT_S)["content"]
    assert content == {"status": "incomplete", "indent": " " * 8}


def test_the_history_is_kept(cpp):
    cpp.run("int remembered = 1;")
    content = cpp.client.history(hist_access_type="tail", n=1, reply=True, timeout=LIMIT_S)[
        "content"
    ]
    assert content["history"][-1][2] == "int remembered = 1;"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("int a;", "complete"),
        ("1 + 1", "complete"),
        ("void f() {", "incomplete"),
        ("f(1,", "incomplete"),
        ("/* no end", "incomplete"),
        ('auto s = R"(no end', "incomplete"),
        ("#define A \\", "incomplete"),
        ("}", "invalid"),
        ("f(]", "invalid"),
        ("int = 5;", "invalid"),
        ("unknown_function(1);", "complete"),
        ("unknown_template<int> v;", "complete"),
        ('auto s = "{ ( ["; // {', "complete"),
        ("1'000'000", "complete"),
    ],
)
def test_a_console_knows_when_to_run(cpp, code, status):
    cpp.client.is_complete(code)
    assert cpp.client.get_shell_msg(timeout=LIMIT_S)["content"]["status"] == status


def test_the_kernel_describes_itself(cpp):
    info = cpp.client.kernel_info(reply=True, timeout=LIMIT_S)["content"]
    assert info["language_info"]["file_extension"] == ".cpp"
    assert info["language_info"]["version"] == "17"


# --- the end
# ------------------------------------------------------------------------------------------


def family(pid: int) -> set[int]:
    found, table = {pid}, processes()
    while more := {child for child, (parent, _) in table.items() if parent in found} - found:
        found |= more
    return found


def start_company(notebook) -> set[int]:
    """Have it start processes that would stay. Returns all of its processes."""
    notebook.run(
        '#include <cstdlib>\nsystem("sleep 1001 &"); system("setsid sleep 1002 &"); '
        "int started = 1;"
    )
    assert notebook.value("started") == "1"
    members = family(notebook.pid)
    assert len(members) >= 5
    return members


def test_a_shutdown_leaves_no_process(fresh):
    notebook = fresh()
    members = start_company(notebook)
    notebook.manager.shutdown_kernel()
    assert eventually(lambda: not members & set(processes()))


def test_a_shutdown_in_the_middle_of_a_cell_leaves_no_process(fresh):
    notebook = fresh()
    members = start_company(notebook)
    notebook.client.execute("for (;;) { }")
    notebook.manager.shutdown_kernel()
    assert eventually(lambda: not members & set(processes()))


def test_the_death_of_the_kernel_ends_the_interpreter(fresh):
    notebook = fresh()
    members = start_company(notebook)
    notebook.client.execute("for (;;) { }")
    os.kill(notebook.pid, signal.SIGKILL)
    assert eventually(lambda: not (members - {notebook.pid}) & set(processes()))


def test_a_shutdown_runs_the_destructors_of_global_variables(fresh, tmp_path):
    notebook = fresh()
    notebook.run(
        f'#include <fstream>\nstd::ofstream kept("{tmp_path}/kept"); kept << "not flushed";'
    )
    notebook.manager.shutdown_kernel()
    assert eventually(lambda: (tmp_path / "kept").read_text() == "not flushed")


def test_a_restart_forgets_everything(fresh):
    notebook = fresh()
    notebook.run("int forgotten = 1;")
    notebook.manager.restart_kernel()
    notebook.client.wait_for_ready(timeout=LIMIT_S)
    assert notebook.run("forgotten").error[0] == "CompileError"


def test_the_notebooks_folder_cannot_replace_the_kernels_modules(fresh, tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text("raise SystemExit('mine')\n")
    (tmp_path / "cpp_kernel.py").write_text("raise SystemExit('mine')\n")
    monkeypatch.chdir(tmp_path)
    assert fresh(PYTHONPATH=str(tmp_path)).value("6 * 7") == "42"


def test_home_may_be_anything(fresh):
    assert fresh(HOME="/nonexistent").value("6 * 7") == "42"

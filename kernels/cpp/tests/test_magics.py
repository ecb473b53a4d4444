"""What a cell says to the kernel rather than to the compiler."""

from __future__ import annotations

import re
from pathlib import Path

import pytest


def test_a_cell_becomes_a_file_or_the_end_of_one(cpp, tmp_path):
    path = tmp_path / "made.h"
    assert "Writing" in cpp.run(f"%%file {path}\nint made = 1; // %%\n").stream("stdout")
    assert path.read_text() == "int made = 1; // %%\n"
    assert "Appending" in cpp.run(f"%%file -a {path}\nint more = 2;").stream("stdout")
    assert path.read_text() == "int made = 1; // %%\nint more = 2;"
    assert cpp.value(f'#include "{path}"\nmade + more') == "3"
    assert "Overwriting" in cpp.run(f"%%file {path}\nint made;").stream("stdout")


def test_a_file_that_cannot_be_written_is_named(cpp, tmp_path):
    (tmp_path / "file").touch()
    outcome = cpp.run(f"%%file {tmp_path}/file/below\ntext")
    assert outcome.error[0] == "MagicError"
    assert "file/below: Not a directory" in outcome.error[1]


TIMED = re.compile(
    r"[\d.]+ (ns|µs|ms|s) ± .* per loop \(mean ± std\. dev\. of (\d+) runs?, (\d+) loops? each\)\n"
)


def test_statements_are_timed(cpp):
    cpp.run("#include <vector>\nint times = 0; std::vector<int> v{3, 1, 2};")
    runs, loops = TIMED.fullmatch(
        cpp.run("%timeit -n 10 -r3 ++times; // a comment").stream("stdout")
    ).group(2, 3)
    assert (runs, loops, cpp.value("times")) == ("3", "10", "30")
    outcome = cpp.run("%%timeit -n5 -r 1\nfor (int i = 0; i < 2; ++i) {\n    ++times;\n}")
    assert TIMED.fullmatch(outcome.stream("stdout")).group(2, 3) == ("1", "5")
    assert cpp.value("times") == "40"


def test_what_follows_a_timed_line_keeps_its_line(cpp):
    outcome = cpp.run("%timeit -n1 -r1 1;\nint fine;\nundeclared_thing;")
    assert ":3:1: error: use of undeclared identifier" in outcome.traceback


def test_a_wrong_option_is_named(cpp):
    assert "-x: no such option" in cpp.run("%timeit -x 1;").error[1]
    assert '-n: "many" is no number' in cpp.run("%%timeit -n many\n1;").error[1]


def test_a_command_of_the_shell_runs_and_its_output_is_in_order(cpp, tmp_path):
    outcome = cpp.run(f'!cd {tmp_path} && echo out; echo err >&2\nstd::cout << "after\\n";')
    assert outcome.stream("stdout") == "out\nerr\nafter\n"
    assert "exit code 3" in cpp.run("!exit 3").stream("stderr")


def test_an_exclamation_mark_of_cpp_stays_one(cpp):
    cpp.run("bool done = false;")
    assert cpp.value("!done") == "true"
    assert cpp.value("!(done || false)") == "true"


def test_a_name_is_explained_in_the_pager(cpp):
    cpp.run(
        "#include <vector>\n/// Adds one.\n/// And no more.\nint add_one(int n) { return n + 1; }"
    )
    page = cpp.run("?add_one").payload[0]
    assert (page["source"], page["start"]) == ("page", 0)
    text = page["data"]["text/plain"]
    assert "int add_one(int n)" in text
    assert "Adds one." in text
    assert "And no more." in text
    assert cpp.run("add_one?").payload == [page]
    assert "vector" in cpp.run("?std::vector").payload[0]["data"]["text/plain"]
    assert "no_such_name" in cpp.run("?no_such_name").error[1]


def test_clings_pragmas_work_anywhere(cpp, tmp_path):
    (tmp_path / "there.h").write_text("inline int there() { return 7; }\n")
    outcome = cpp.run(
        f'int before = 1;\n#pragma cling add_include_path("{tmp_path}")\n#include '
        "<there.h>\nthere()"
    )
    assert outcome.value == "7"
    cpp.run('extern "C" const char *zlibVersion();')
    assert cpp.run('#pragma cling load("z")').status == "ok"
    assert cpp.value("zlibVersion()").startswith('"1.')
    outcome = cpp.run('#pragma cling load("no_such_library")')
    assert outcome.error[0] == "MagicError"
    assert "no_such_library" in outcome.error[1]


def test_a_library_is_found_in_an_added_directory_by_its_short_name(cpp, tmp_path):
    library = next(Path("/lib").glob("*-linux-gnu/libz.so.1"))
    (tmp_path / "libown.so.5").write_bytes(library.read_bytes())
    assert (
        cpp.run(f'#pragma cling add_library_path("{tmp_path}")\n#pragma cling load("own")').status
        == "ok"
    )


def test_a_library_is_loaded(cpp):
    assert (
        cpp.value('%lib libz.so.1\nextern "C" const char *zlibVersion();\nzlibVersion()[0]')
        == "'1'"
    )


def test_an_include_directory_is_added(cpp, tmp_path):
    (tmp_path / "of_mine.h").write_text("inline int of_mine() { return 8; }\n")
    assert cpp.value(f"%include {tmp_path}\n#include <of_mine.h>\nof_mine()") == "8"


@pytest.mark.parametrize("line", ["%lib no_such_thing", "%include /no/such", "%nonsense", "%lib"])
def test_a_directive_that_fails_says_its_line(cpp, line):
    name, value = cpp.run(f"\n{line}\n1").error
    assert name == "MagicError"
    assert value.startswith("line 2: %")


def test_clings_own_commands_load_and_look_elsewhere(cpp, tmp_path):
    (tmp_path / "commanded.hpp").write_text("inline int commanded() { return 9; }\n")
    assert cpp.value(f".I {tmp_path}\n.L commanded.hpp\ncommanded()") == "9"
    assert cpp.run(".L z").status == "ok"
    assert "no_such_library" in cpp.run(".L no_such_library").error[1]


def test_cells_can_be_optimised_from_here_on(cpp):
    optimised = "#pragma cling optimize(2)\n"
    loop = "long sum_of(long n) { long s = 0; for (long i = 0; i < n; ++i) s += i % 7; return s; }"
    assert cpp.value(optimised + loop + "\nsum_of(1000)") == "2997"
    assert cpp.run("#pragma cling optimize(many)\n1").status == "ok", "clang knows no such pragma"
    assert cpp.run("#pragma cling optimize(7)").error[0] == "MagicError"
    assert cpp.run("#pragma cling optimize(0)").status == "ok"


def test_the_magics_are_listed(cpp):
    assert "%%timeit" in cpp.run("%lsmagic").stream("stdout")


@pytest.mark.parametrize(
    "code", ["%nonsense", ".nonsense", "%%nonsense\n1", "%lib", '#pragma cling nonsense("x")']
)
def test_an_unknown_magic_names_the_known_ones_or_what_is_missing(cpp, code):
    outcome = cpp.run(f"{code}")
    assert outcome.error[0] == "MagicError"
    assert "%%file" in outcome.error[1] or "is missing" in outcome.error[1]

"""Cells that fail leave the session sound."""

from __future__ import annotations

import re

import pytest

KEPT = "the session is as it was before this cell"


@pytest.fixture(scope="module", autouse=True)
def _state(cpp):
    assert (
        cpp.run("#include <stdexcept>\n#include <thread>\n#include <vector>\nint state = 5;").status
        == "ok"
    )


@pytest.fixture(autouse=True)
def _state_is_kept(cpp):
    yield
    assert cpp.value("state") == "5"


# --- that do not compile
# ------------------------------------------------------------------------------------------


def test_a_compile_error_names_the_line_of_the_cell(cpp):
    outcome = cpp.run("int fine = 1;\n\nint wrong = undeclared_name + 1;\n")
    assert outcome.error[0] == "CompileError"
    assert ":3:13: error: use of undeclared identifier 'undeclared_name'" in outcome.traceback
    assert "undeclared_name" in outcome.error[1]
    assert "fine" not in outcome.error[1]


@pytest.mark.parametrize(
    ("code", "place"), [("undeclared_a + 1", ":1:1:"), ("int ok1;\n  undeclared_b(1);", ":2:3:")]
)
def test_the_place_is_right_in_expressions_and_statements(cpp, code, place):
    assert place in cpp.run(code).traceback


def test_a_missing_semicolon_is_called_so(cpp):
    assert "expected ';'" in cpp.run("int unfinished = 3\nint other = 4;").traceback


def test_nothing_of_a_cell_that_does_not_compile_is_left(cpp):
    cpp.run("int left_over = 1; int bad = nowhere_declared;")
    assert "undeclared identifier 'left_over'" in cpp.run("left_over").traceback
    assert cpp.value('std::string left_over = "new"; left_over') == '"new"'


def test_instances_of_templates_survive_a_cell_that_does_not_compile(cpp):
    cpp.run("template <class T> struct Box { T value; T get() { return value; } };")
    assert cpp.run("Box<int> box{3}; box.get(); box.missing();").status == "error"
    assert cpp.value("Box<int> box{3}; box.get()") == "3"


def test_a_body_that_fails_when_it_is_instantiated_is_a_compile_error(cpp):
    cpp.run("template <class T> int length_of(T t) { return t.length(); }")
    assert "CompileError" in cpp.run("length_of(1)").error
    assert cpp.value('length_of(std::string("four"))') == "4"


def test_a_missing_symbol_is_named_and_does_not_spoil_the_next_cell(cpp):
    name, value = cpp.run("int never_defined(); never_defined();").error
    assert name == "LinkError"
    assert "never_defined()" in value
    assert cpp.value("state + 1") == "6"


def test_a_warning_is_shown_and_is_no_error(cpp):
    outcome = cpp.run("[[deprecated]] int old_function() { return 1; }\nold_function();")
    assert outcome.status == "ok"
    assert "is deprecated" in outcome.stream("stderr")


# --- exceptions
# ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ('throw std::runtime_error("boom");', ("std::runtime_error", "boom")),
        (
            "std::vector<int>().at(1);",
            (
                "std::out_of_range",
                "vector::_M_range_check: __n (which is 1) >= this->size() (which is 0)",
            ),
        ),
        ("throw 42;", ("int", "")),
        ('throw "text";', ("char const*", "text")),
        (
            'throw std::string("text");',
            (
                "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >",
                "text",
            ),
        ),
        (
            'int thrown_at_start = [] () -> int { throw std::logic_error("init"); }();',
            ("std::logic_error", "init"),
        ),
    ],
)
def test_an_exception_is_named_with_its_message(cpp, code, error):
    assert cpp.run(code).error == error


def test_an_exception_names_the_line_of_the_cell_that_threw(cpp):
    place = cpp.run('int first = 1;\n\n  throw std::runtime_error("here");').traceback
    assert re.search(r"In\[\d+\], line 3: throw std::runtime_error", place)
    assert (
        "line 2: std::vector<int>().at(1);"
        in cpp.run("int i;\nstd::vector<int>().at(1);").traceback
    )


def test_an_exception_from_a_function_of_an_earlier_cell_names_that_one(cpp):
    cpp.run("int calls = 0;\nvoid thrower() {\n    ++calls;\n    throw 1;\n}")
    earlier = re.search(r"(In\[\d+\]), line 4", cpp.run("thrower();").traceback).group(1)
    assert earlier in cpp.run("try { thrower(); } catch (int) { }\nthrower();").traceback
    # What was caught, and what ran on the same line, is no place of the exception that leaves the
    # cell.
    outcome = cpp.run("auto quiet = [] {\n  ++calls;\n};\nquiet(); throw 2;")
    assert ", line 4: quiet(); throw 2;" in outcome.traceback


def test_a_crash_names_the_line(cpp):
    outcome = cpp.run("int *nothing = nullptr;\n*(volatile int *)nothing = 1;")
    assert re.search(r"in In\[\d+\], line 2", outcome.error[1])


def test_what_a_cell_did_before_its_exception_stays(cpp):
    cpp.run("int progress = 0;")
    cpp.run('progress = 7; throw std::runtime_error("later");')
    assert cpp.value("progress") == "7"


def test_exceptions_work_after_a_cell_that_did_not_link(cpp):
    cpp.run("int also_never_defined(); also_never_defined();")
    assert cpp.value("int caught = 0; try { throw 3; } catch (int e) { caught = e; } caught") == "3"


def test_destructors_run_before_an_exception_is_reported(cpp):
    cpp.run('struct Loud { ~Loud() { std::cout << "gone\\n"; } };')
    assert cpp.run('{ Loud loud; throw std::runtime_error("x"); }').stream("stdout") == "gone\n"


# --- the death of the process
# ------------------------------------------------------------------------------------------

DEATHS = {
    "int *nowhere = nullptr; volatile int read_it = *nowhere;": ("Segmentation fault", "address"),
    "abort();": ("Aborted", ""),
    (
        "int deep(int n) { volatile char room[4096]; room[0] = n; return deep(n + 1) + room[0]; "
        "} deep(0);"
    ): (
        "Stack overflow",
        "",
    ),
    "volatile int zero = 0; volatile int quotient = 1 / zero;": ("Arithmetic exception", ""),
    "exit(3);": ("Exit", "code 3"),
    "_exit(4);": ("Exit", "code 4"),
    'std::thread([] { throw std::runtime_error("in thread"); }).join();': (
        "std::terminate",
        "std::runtime_error: in thread",
    ),
    "std::thread([] { int *n = nullptr; *(volatile int *)n = 1; }).join();": (
        "Segmentation fault",
        "",
    ),
    "std::thread unjoined([] {}); { std::thread dropped([] {}); }": ("std::terminate", ""),
    "int *freed = new int; delete freed; delete freed; std::string(1000, 'x');": ("Aborted", ""),
    "raise(SIGKILL);": ("Killed", ""),
}


@pytest.mark.parametrize("code", DEATHS)
def test_the_session_survives(cpp, code):
    cpp.run("#include <csignal>\n#include <cstdlib>\n#include <unistd.h>\nstate = 5;")
    name, value = DEATHS[code]
    outcome = cpp.run("state = 6;\n" + code)
    if "delete freed" in code and outcome.status == "ok":
        pytest.skip("this C library did not notice")
    assert outcome.error[0] == name
    assert value in outcome.error[1]
    assert outcome.error[1].endswith(KEPT)
    assert cpp.value("state") == "5"


def test_what_was_printed_before_the_death_is_shown(cpp):
    assert cpp.run('std::cout << "last words"; abort();').stream("stdout") == "last words"


def test_definitions_and_exceptions_work_after_a_death(cpp):
    cpp.run("abort();")
    assert cpp.value("int after_death(int n) { return n * 2; } after_death(4)") == "8"
    assert cpp.run('throw std::runtime_error("still");').error == ("std::runtime_error", "still")
    assert cpp.run("abort();").error[0] == "Aborted"


def test_a_fork_in_a_cell_gives_no_second_kernel(cpp):
    outcome = cpp.run(
        "#include <sys/wait.h>\n#include <unistd.h>\n"
        'if (fork() == 0) { std::cout << "child "; } else { wait(nullptr); std::cout << "parent"; }'
    )
    assert outcome.stream("stdout") == "child parent"


def test_a_session_too_big_to_copy_starts_anew_and_says_so(fresh):
    big = fresh(CPP_KERNEL_CHECKPOINT_MB="0")
    big.run("int lost = 1;")
    name, value = big.run("abort();").error
    assert (name, "all variables and definitions are lost" in value) == ("Aborted", True)
    assert big.value("int lost = 2; lost") == "2"


def test_threads_that_are_lost_are_mentioned(fresh):
    notebook = fresh()
    notebook.run(
        "#include <thread>\n#include <unistd.h>\nstd::thread background([] { for (;;) pause(); });"
    )
    assert "threads that cells had started: they are gone" in notebook.run("abort();").error[1]

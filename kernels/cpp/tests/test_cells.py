"""Cells that work: state, values, redefinition, libraries."""

from __future__ import annotations

import pytest


def test_state_and_includes_stay_across_cells(cpp):
    assert cpp.run("#include <vector>\nstd::vector<int> numbers{1, 2};").status == "ok"
    assert cpp.run("numbers.push_back(3);").value is None
    assert cpp.value("numbers") == "{ 1, 2, 3 }"


def test_templates_and_their_instances_work_across_cells(cpp):
    assert cpp.value("template <class T> T twice(T x) { return x + x; }\ntwice(2)") == "4"
    assert cpp.value('twice(std::string("ab"))') == '"abab"'


VALUES = {
    "1 + 1": "2",
    "0.1": "0.1",
    "1.0 / 3": "0.333333333333333",
    "true": "true",
    "'c'": "'c'",
    r"'\n'": r"'\n'",
    '"text"': '"text"',
    r'std::string("a\"b\n")': r'"a\"b\n"',
    "std::string()": '""',
    "(const char *)nullptr": "nullptr",
    "nullptr": "nullptr",
    'std::make_pair(1, std::string("x"))': '(1, "x")',
    "std::make_tuple(1, 'c', 2.5, true)": "(1, 'c', 2.5, true)",
    "std::tuple<>()": "()",
    'std::map<std::string, std::vector<int>>{{"a", {1}}, {"b", {}}}': '{ ("a", { 1 }), ("b", {}) }',
    'std::vector<std::string>{"a", "b"}': '{ "a", "b" }',
    "std::vector<bool>{true, false}": "{ true, false }",
    "std::set<char>{'a'}": "{ 'a' }",
    "std::array<int, 2>{{1, 2}}": "{ 1, 2 }",
    "std::optional<int>(4)": "4",
    "std::optional<int>()": "nullopt",
    'std::variant<int, std::string>(std::string("v"))': '"v"',
    'std::string_view("view")': '"view"',
    "[](int i) { return i + 1; }(3)": "4",
    "[&] { return 5; }()": "5",
    "(std::uint8_t)65": "65",
    "L'A'": "L'A'",
    "U'漢'": "U'漢'",
    'L"größe"': 'L"größe"',
    'std::u16string(u"é🙂")': 'u"é🙂"',
    'u8"A"': '"A"',
    "std::chrono::milliseconds(5)": "5ms",
    "std::chrono::duration<int, std::ratio<7, 2>>(3)": "3[7/2]s",
    "std::chrono::steady_clock::time_point(std::chrono::seconds(2))": "2000000000ns",
}


@pytest.fixture(scope="module")
def headers(cpp):
    names = [
        "array",
        "chrono",
        "cstdint",
        "map",
        "optional",
        "set",
        "string",
        "string_view",
        "tuple",
        "variant",
        "vector",
    ]
    assert cpp.run("\n".join(f"#include <{name}>" for name in names)).status == "ok"


@pytest.mark.parametrize("code", VALUES)
@pytest.mark.usefixtures("headers")
def test_the_last_expression_is_shown(cpp, code):
    assert cpp.value(code) == VALUES[code]


@pytest.mark.parametrize(
    "code",
    [
        "1 + 1;",
        "(void)0",
        "int unshown = 3;",
        "// nothing",
        "std::cout << 1",
        "",
        "#define NOTHING",
    ],
)
def test_other_cells_show_nothing(cpp, code):
    outcome = cpp.run(code)
    assert (outcome.status, outcome.data) == ("ok", {})


def test_types_of_the_user_are_shown_by_what_they_have(cpp):
    cpp.run("""
        struct Streamed { int a; };
        std::ostream &operator<<(std::ostream &out, const Streamed &s) {
            return out << "Streamed " << s.a;
        }
        enum class Colour { red = 3 };
        enum Old { one = 1 };
        struct Plain { int a; } plain;
    """)
    assert cpp.value("Streamed{4}") == "Streamed 4"
    assert cpp.value("std::vector<Streamed>{{1}, {2}}") == "{ Streamed 1, Streamed 2 }"
    assert cpp.value("Colour::red") == "3"
    assert cpp.value("one") == "1"
    assert cpp.value("plain").startswith("@0x")
    assert cpp.value("&plain").startswith("0x")


def test_a_type_may_bring_its_own_rich_display(cpp):
    cpp.run("""
        namespace mine {
        struct Heading { std::string text; };
        std::map<std::string, std::string> mime_bundle(const Heading &h) {
            return {{"text/html", "<h1>" + h.text + "</h1>"}};
        }
        std::ostream &operator<<(std::ostream &out, const Heading &h) { return out << h.text; }
        }
    """)
    assert cpp.run('mine::Heading{"Hi"}').data == {"text/html": "<h1>Hi</h1>", "text/plain": "Hi"}


def test_an_array_of_characters_ends_where_it_ends(cpp):
    assert cpp.value("char letters[] = {'a', 'b'};\nletters") == '"ab"'
    assert cpp.value('wchar_t wide[9] = L"w";\nwide') == 'L"w"'


def test_a_last_semicolon_may_be_missing(cpp):
    assert cpp.run("int unended = 5 // five").status == "ok"
    assert cpp.run("struct Unended { int n = 6; }").status == "ok"
    assert cpp.value("unended + Unended().n") == "11"
    assert "expected ';'" in cpp.run("int first_one = 5\nint second_one = 6;").traceback


def test_a_deduction_guide_stands_at_the_top(cpp):
    cpp.run(
        "template <class T> struct Guided { T held; Guided(T t) : held(t) {} };\n"
        "Guided(const char *) -> Guided<std::string>;"
    )
    assert cpp.value('Guided("abc").held.size()') == "3"


def test_an_endless_sequence_is_cut(cpp):
    value = cpp.value("std::vector<int>(5000, 1)")
    assert value.count("1") == 1000
    assert value.endswith(", ... }")


def test_statements_of_all_kinds_stand_at_the_top(cpp):
    outcome = cpp.run("""
        int total = 0;
        for (int i = 0; i < 3; ++i) { total += i; }
        if (total == 3) std::cout << "if ";
        else std::cout << "else ";
        do { --total; } while (total > 0);
        switch (total) { case 0: std::cout << "zero "; }
        try { throw 1; } catch (int e) { std::cout << "caught " << e; }
        std::vector<int>{3, 1, 2}.size(), total += 7;
        total
    """)
    assert (outcome.stream("stdout"), outcome.value) == ("if zero caught 1", "7")


def test_threads_and_lambdas_work_at_the_top(cpp):
    assert (
        cpp.run('#include <thread>\nstd::thread([] { std::cout << "there\\n"; }).join();').stream(
            "stdout"
        )
        == "there\n"
    )
    assert cpp.value("thread_local int of_thread = 4; of_thread") == "4"


def test_what_starts_a_task_or_does_something_once_works(cpp):
    assert (
        cpp.value("#include <future>\nstd::async(std::launch::async, [] { return 42; }).get()")
        == "42"
    )
    cpp.run("std::once_flag flag; int times = 0;")
    cpp.run("for (int i = 0; i < 3; ++i) std::call_once(flag, [] { ++times; });")
    assert cpp.value("times") == "1"


# --- redefinition
# ------------------------------------------------------------------------------------------


def test_a_variable_may_be_defined_again_with_another_type(cpp):
    cpp.run("int again = 1;\nint read_again() { return again; }")
    assert cpp.value('std::string again = "new"; again') == '"new"'
    assert cpp.value("read_again()") == "1", "what is compiled keeps what it was compiled with"
    assert cpp.value("again + again") == '"newnew"'


def test_a_cell_may_be_run_again(cpp):
    cell = """
        #include <string>
        struct Point { int x; int sum() const { return x + 1; } };
        template <class T> T same(T t) { return t; }
        using Number = int;
        enum Kind { first_kind, second_kind };
        int free_function(Point p) { return p.sum(); }
        Point point{4};
        same(free_function(point))
    """
    assert [cpp.value(cell) for _ in range(3)] == ["5"] * 3


# --- files
# ------------------------------------------------------------------------------------------


def test_files_are_read_and_written(cpp, tmp_path):
    path = tmp_path / "file"
    cpp.run(f'#include <fstream>\n{{ std::ofstream file("{path}"); file << 42; }}')
    assert path.read_text() == "42"
    assert cpp.value(f'int content; std::ifstream("{path}") >> content; content') == "42"


@pytest.mark.parametrize(
    ("kernel", "version"),
    [
        ("xcpp11", 201103),
        ("xcpp14", 201402),
        ("xcpp17", 201703),
        ("xcpp20", 202002),
        ("xcpp23", 202302),
    ],
)
def test_each_standard_is_spoken(fresh, kernel, version):
    notebook = fresh(kernel)
    assert notebook.value("__cplusplus") == f"{version}"
    assert notebook.value('#include <map>\nstd::map<int, std::string>{{1, "a"}}') == '{ (1, "a") }'
    notebook.run("int n = 1;")
    assert notebook.value("double n = 2.5; n") == "2.5"
    if version > 202000:
        notebook.run("#include <ranges>\nint some[] = {1, 2, 3};")
        views = "some | std::views::filter([](int i) { return i > 1; })"
        assert notebook.value(views) == "{ 2, 3 }"
    if version > 202300:
        assert notebook.value("#include <expected>\nstd::expected<int, int>(4)") == "4"
        assert notebook.value("std::expected<void, int>(std::unexpected(5))") == "unexpected(5)"

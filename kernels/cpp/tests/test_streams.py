"""What cells print and read."""

from __future__ import annotations


def test_all_that_was_printed_is_there_when_the_cell_has_ended_and_in_order(cpp):
    for _ in range(20):
        outcome = cpp.run(
            '#include <cstdio>\nfor (int i = 0; i < 300; ++i) { std::cout << i << "\\n"; '
            'printf("p%d\\n", i); }'
        )
        assert outcome.stream("stdout") == "".join(f"{i}\np{i}\n" for i in range(300))


def test_both_streams_keep_their_order(cpp):
    # Up to 16 turns at once; beyond that, the front joins each stream, or the server would drop
    # some.
    code = (
        'std::cout << "o" << i << "\\n"; std::cerr << "e" << i << "\\n"; fprintf(stderr, "f\\n");'
    )
    joined = "".join(
        text for _, text in cpp.run(f"for (int i = 0; i < 7; ++i) {{ {code} }}").streams
    )
    assert joined == "".join(f"o{i}\ne{i}\nf\n" for i in range(7))


def test_large_output_is_complete(cpp):
    assert len(cpp.run("std::cout << std::string(5000000, 'x');").stream("stdout")) == 5_000_000


def test_text_without_a_newline_and_beyond_ascii_is_whole(cpp):
    assert cpp.run('std::cout << "größe 漢字 🙂";').stream("stdout") == "größe 漢字 🙂"
    assert cpp.value('std::string("größe 漢字")') == '"größe 漢字"'
    assert cpp.run('std::cout << "\\xff!";').stream("stdout") == "�!"


def test_what_goes_around_the_streams_is_shown_too(cpp):
    outcome = cpp.run(
        '#include <cstdlib>\n#include <unistd.h>\nsystem("echo out; echo err >&2"); '
        'write(1, "raw\\n", 4);'
    )
    assert outcome.stream("stdout") == "out\nraw\n"
    assert outcome.stream("stderr") == "err\n"


def test_wide_characters_are_shown(cpp):
    assert cpp.run('std::wcout << L"wide" << std::endl;').stream("stdout") == "wide\n"


def test_cin_and_scanf_read_what_is_typed(cpp):
    outcome = cpp.run('int a, b; std::cout << "two: "; std::cin >> a >> b; a * b', typed=["6", "7"])
    assert (outcome.stream("stdout"), outcome.value) == ("two: ", "42")
    assert (
        cpp.run(
            'char word[20]; int got = scanf("%19s", word); std::string(word)', typed=["hello"]
        ).value
        == '"hello"'
    )
    outcome = cpp.run(
        "#include <string>\nstd::string line; std::getline(std::cin >> std::ws, line); line",
        typed=["a b c"],
    )
    assert outcome.value == '"a b c"'


def test_the_habit_of_fast_input_works(cpp):
    code = (
        "std::ios::sync_with_stdio(false); std::cin.tie(nullptr); int fast; std::cin >> fast; fast"
    )
    assert cpp.run(code, typed=["9"]).value == "9"
    assert (
        cpp.run('std::cout << "still\\n"; printf("here\\n");').stream("stdout") == "still\nhere\n"
    )


def test_a_front_end_without_input_gives_the_end_of_the_file(cpp):
    cpp.run("std::cin.ignore(std::cin.rdbuf()->in_avail());")
    outcome = cpp.run("int none = 1; std::cin >> none; std::cin.eof()")
    assert outcome.value == "true"
    assert "gives no input" in outcome.stream("stderr")
    assert cpp.run("std::cin >> none; none", typed=["3"]).value == "3"


def test_a_thread_may_print_after_its_cell(cpp):
    cpp.run("#include <thread>\n#include <atomic>\nstd::atomic<bool> go{false};")
    cpp.run('std::thread later([] { while (!go) { } std::cout << "later\\n"; });')
    assert cpp.run("go = true; later.join();").stream("stdout") == "later\n"


def test_the_streams_can_be_redirected(cpp):
    cpp.run(
        "#include <sstream>\nstd::ostringstream caught; "
        "auto *own = std::cout.rdbuf(caught.rdbuf());"
    )
    cpp.run("std::cout << 5; std::cout.rdbuf(own);")
    assert cpp.value("caught.str()") == '"5"'

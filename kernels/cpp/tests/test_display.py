"""What cells show beyond their last value."""

from __future__ import annotations

import base64

import pytest


@pytest.fixture(scope="module", autouse=True)
def _types(cpp):
    assert (
        cpp.run("""
        #include <string>
        #include "nlohmann/json.hpp"
        #include "xcpp/xdisplay.hpp"
        namespace shapes {
        struct Disc { std::string colour; };
        nlohmann::json mime_bundle_repr(const Disc &disc) {
            auto bundle = nlohmann::json::object();
            bundle["text/html"] = "<i>" + disc.colour + "</i>";
            bundle["application/json"] = {{"colour", disc.colour}, {"sizes", {1, 2}}};
            return bundle;
        }
        }
        shapes::Disc disc{"red"};
        """).status
        == "ok"
    )


def test_a_value_is_shown_at_any_point_of_a_cell_in_order(cpp):
    outcome = cpp.run(
        'std::cout << "a\\n"; xcpp::display(disc); std::cout << "b\\n"; xcpp::display(42); disc'
    )
    assert outcome.order == ["a\n", "display_data", "b\n", "display_data", "execute_result"]
    assert outcome.displays[0]["data"] == {
        "text/html": "<i>red</i>",
        "application/json": {"colour": "red", "sizes": [1, 2]},
    }
    assert outcome.displays[1]["data"] == {"text/plain": "42"}
    assert outcome.data == outcome.displays[0]["data"]


def test_a_display_is_updated_by_its_identifier(cpp):
    first = cpp.run('xcpp::display(disc, "place");').displays[0]
    second = cpp.run('disc.colour = "blue"; xcpp::display(disc, "place", true);').displays[0]
    assert (first["transient"], first["update"]) == ({"display_id": "place"}, False)
    assert (second["transient"], second["update"]) == ({"display_id": "place"}, True)
    assert second["data"]["text/html"] == "<i>blue</i>"


def test_output_is_cleared_for_progress_bars(cpp):
    outcome = cpp.run("""
        for (int i = 0; i < 3; ++i) { xcpp::clear_output(true); std::cout << i << "\\n"; }
        xcpp::clear_output();
    """)
    assert outcome.cleared == [True, True, True, False]
    assert outcome.order == [
        "clear_output",
        "0\n",
        "clear_output",
        "1\n",
        "clear_output",
        "2\n",
        "clear_output",
    ]


def test_the_functions_need_neither_header_nor_namespace(fresh):
    notebook = fresh("xcpp11")
    outcome = notebook.run('display(1); clear_output(); display(2, "x"); display(3, "x", true);')
    assert outcome.order == ["display_data", "clear_output", "display_data", "update_display_data"]


def test_a_cell_may_have_a_function_of_that_name(fresh):
    notebook = fresh()
    notebook.run(
        "struct Base { }; struct Derived : Base { };\nvoid display(const Base &) { std::cout "
        '<< "mine"; }'
    )
    outcome = notebook.run("display(Derived());")
    assert (outcome.stream("stdout"), outcome.displays) == ("mine", [])


PICTURES = {
    'html("<b>1</b>")': ("text/html", "<b>1</b>"),
    'markdown("**1**")': ("text/markdown", "**1**"),
    'latex("$1$")': ("text/latex", "$1$"),
    'svg("<svg/>")': ("image/svg+xml", "<svg/>"),
    r'png(std::string("\x89PNG\0", 5))': ("image/png", base64.b64encode(b"\x89PNG\0").decode()),
    r'jpeg("\xff\xd8")': ("image/jpeg", base64.b64encode(b"\xff\xd8").decode()),
}


@pytest.mark.parametrize("code", PICTURES)
def test_every_common_type_has_a_function(cpp, code):
    kind, content = PICTURES[code]
    assert cpp.run(f"xcpp::display(cpp_kernel::{code});").displays[0]["data"][kind] == content
    assert cpp.run(f"cpp_kernel::{code}").data[kind] == content


def test_base64_is_the_xeus_kernels(cpp):
    cpp.run('#include "xtl/xbase64.hpp"\n#include "xeus/xbase64.hpp"')
    for text in ("", "a", "ab", "abc", "abcd"):
        coded = base64.b64encode(text.encode()).decode()
        assert cpp.value(f'xtl::base64encode("{text}")') == f'"{coded}"'
        assert cpp.value(f'xeus::base64decode("{coded}")') == f'"{text}"'


def test_the_older_name_of_the_json_type_and_the_interpreter_work(cpp):
    outcome = cpp.run("""
        #include "xeus/xjson.hpp"
        #include "xeus/xinterpreter.hpp"
        xeus::xjson bundle; bundle["text/html"] = "<u>x</u>";
        nl::json transient; transient["display_id"] = "there";
        xeus::get_interpreter().display_data(bundle, nl::json::object(), transient);
    """)
    assert outcome.displays[0]["data"] == {"text/html": "<u>x</u>"}
    assert outcome.displays[0]["transient"] == {"display_id": "there"}


def test_what_a_type_can_do_is_looked_up_in_every_cell(cpp):
    assert cpp.value("struct Late { int n; } late{3};\nlate").startswith("@0x")
    cpp.run(
        "std::map<std::string, std::string> mime_bundle(const Late &) { return "
        '{{"text/html", "<p>"}}; }'
    )
    assert cpp.run("late").data["text/html"] == "<p>"


def test_a_long_display_is_whole_while_a_thread_prints(cpp):
    outcome = cpp.run("""
        #include <atomic>
        #include <thread>
        std::atomic<bool> enough{false};
        std::thread printing([] { while (!enough) std::cerr << "x"; });
        xcpp::display(cpp_kernel::html(std::string(3000000, 'h')));
        enough = true; printing.join();
    """)
    assert [len(shown["data"]["text/html"]) for shown in outcome.displays] == [3_000_000]
    assert set(outcome.stream("stderr")) <= {"x"}


def test_a_function_or_a_lambda_is_no_number(cpp):
    assert cpp.value("[] { return 5; }").startswith("@0x")
    assert cpp.value("[&](auto x) { return x; }").startswith("@0x")
    cpp.run("int twice(int n) { return 2 * n; }\nstruct With { int part; };")
    assert cpp.value("twice").startswith("@0x")
    assert cpp.value("&twice").startswith("@0x")
    assert cpp.value("&With::part") == "pointer to member"

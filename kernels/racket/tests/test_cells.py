"""What a Racket cell shows, asks for and fails with."""

from __future__ import annotations

import re

import pytest


def shown(cell) -> list[tuple[str, str]]:
    """Return the values and displays of a cell: (kind of message, richest MIME type)."""
    return [
        (message["msg_type"], next(iter(message["content"]["data"])))
        for message in cell.messages
        if "data" in message["content"]
    ]


def texts(cell) -> list[str]:
    return [
        message["content"]["data"]["text/plain"]
        for message in cell.messages
        if "data" in message["content"]
    ]


def test_each_value_is_shown_and_the_last_is_the_result(racket):
    cell = racket.run("1\n(define k 41)\n(values 2 3)\n(void)\n(+ k 1)")
    assert texts(cell) == ["1", "2", "3", "42"]
    assert [kind for kind, _ in shown(cell)] == ["display_data"] * 3 + ["execute_result"]


def test_a_definition_can_be_made_anew(racket):
    racket.run("(define (twice x) (* 2 x))\n(struct point (x y) #:transparent)")
    racket.run("(define (twice x) (* 2.0 x))\n(struct point (x y z) #:transparent)")
    assert racket.value("(twice 3)") == "6.0"
    assert racket.value("(point 1 2 3)") == "(point 1 2 3)"


def test_both_streams_and_values_keep_their_order(racket):
    cell = racket.run('(display "a")\n(eprintf "b")\n"c"\n(display "d")')
    assert cell.kinds() == ["execute_input", "stream", "stream", "display_data", "stream"]


@pytest.mark.parametrize("count", [10_000, 100_000])
def test_many_lines_arrive_whole_and_in_few_messages(racket, count):
    cell = racket.run(f'(for ([i {count}]) (printf "line ~a\\n" i))')
    assert cell.stream("stdout") == "".join(f"line {n}\n" for n in range(count))
    assert len(cell.messages) < 100


def test_bytes_that_are_no_text_are_replaced_and_split_characters_joined(racket):
    code = '(for ([b (string->bytes/utf-8 "é🦀")]) (write-byte b) (flush-output))\n(write-byte 255)'
    assert racket.run(code + '\n(display "!")').stream("stdout") == "é🦀\ufffd!"


def test_what_a_command_prints_is_shown(racket):
    cell = racket.run('(require racket/system)\n(void (system "echo out; echo err >&2"))')
    assert (cell.stream("stdout"), cell.stream("stderr")) == ("out\n", "err\n")


@pytest.mark.parametrize(
    ("code", "ename", "line"),
    [
        ('(define c1 1)\n\n(+ c1 "a")', "exn:fail:contract", 3),
        ("(define x 1)\n(no-such-name)", "exn:fail:contract:variable", 2),
        ("\n(if)", "exn:fail:syntax", 2),
        ('1\n(displayln "one"', "exn:fail:read:eof", 2),
        ("(raise 'odd)", "raise", 1),
    ],
)
def test_an_error_names_the_line_of_the_cell(racket, code, ename, line):
    cell = racket.run(code)
    assert cell.reply["ename"].startswith(ename)
    place = f"In[{cell.reply['execution_count']}]:{line}:"
    assert place in "\n".join(cell.reply["traceback"])
    assert "jupyter/private" not in "\n".join(cell.reply["traceback"])


def test_a_cell_with_an_error_of_its_text_runs_nothing(racket):
    assert racket.run('(display "one")\n(display "two"').stream("stdout") == ""


def test_input_is_asked_for_and_does_not_reach_into_the_next_cell(racket):
    assert racket.run("(read)", typed=["(a b) rest"]).value == "'(a b)"
    assert racket.run("(read-line)", typed=["Ann"]).value == '"Ann"'
    assert racket.run('(prompt-line "name? ")', typed=["Bob"]).value == '"Bob"'
    assert racket.run("(read-line)").status == "error"


def test_redex_reduces_without_windows(racket):
    cell = racket.run(
        "(require redex/reduction-semantics)\n"
        "(define-language numbers (n ::= z (s n)))\n"
        "(define down (reduction-relation numbers (--> (s n) n)))\n"
        "(apply-reduction-relation* down (term (s (s z))))"
    )
    assert cell.value == "'(z)", cell


@pytest.mark.parametrize(
    ("code", "mime"),
    [
        ("(require pict)\n(circle 10)", "image/svg+xml"),
        ("(require plot)\n(plot (function sin -3 3))", "image/svg+xml"),
        ("(require plot/no-gui)\n(plot-pict (function sin -3 3))", "image/svg+xml"),
        ('(require 2htdp/image)\n(circle 9 "solid" "red")', "image/svg+xml"),
        ("(require racket/draw)\n(make-bitmap 9 9)", "image/png"),
        ("(require (prefix-in p: pict))\n(list 1 (p:circle 9))", "text/html"),
        ("(struct drawn (of) #:transparent)\n(hash 1 (vector (drawn (p:circle 9))))", "text/html"),
        ('(require slideshow)\n(para (circle 9) "round")', "image/svg+xml"),
    ],
)
def test_a_picture_is_shown_as_one(racket, code, mime):
    cell = racket.run(code)
    assert cell.status == "ok", cell
    assert mime in cell.contents("execute_result")[0]["data"]


def test_pictures_within_a_value_stand_in_its_text(racket):
    racket.run("(require (prefix-in p: pict))")
    data = racket.run('(list (cons "<a>" (p:circle 9)))').contents("execute_result")[0]["data"]
    before, after = re.split('<img [^>]*src="data:image/svg[^>]*>', data["text/html"])
    assert "&lt;a&gt;" in before
    assert after.startswith(")")


def test_a_picture_that_is_printed_is_shown(racket):
    racket.run("(require (prefix-in p: pict))")
    cell = racket.run("(display (p:circle 9))\n(for ([n 2]) (println (p:circle (add1 n))))")
    assert shown(cell) == [("display_data", "image/svg+xml")] * 3


def test_a_slide_and_the_language_of_slides_need_no_window(racket):
    cell = racket.run('#lang slideshow\n(circle 9)\n(slide #:title "One" (t "two") (circle 9))')
    assert shown(cell) == [("display_data", "image/svg+xml")] * 2, cell


def test_a_plot_is_written_to_a_file_too(racket, tmp_path):
    file = tmp_path / "sin.png"
    cell = racket.run(f'(require plot)\n(plot (function sin 0 1) #:out-file "{file}")')
    assert shown(cell) == [("execute_result", "image/svg+xml")], cell
    assert file.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("module", "hint"), [("racket/gui", "apt-get install"), ("nobody/knows", "raco pkg install")]
)
def test_a_module_that_is_not_there_comes_with_a_hint(racket, module, hint):
    assert hint in racket.run(f"(require {module})").reply["evalue"]


@pytest.mark.parametrize(
    ("code", "mime", "text"),
    [
        ('(display-html "<b>x</b>")', "text/html", "<b>x</b>"),
        ('(display-markdown "**x**")', "text/markdown", "**x**"),
        ('(display-latex "$x$")', "text/latex", "$x$"),
        ('(display-svg "<svg/>")', "image/svg+xml", "<svg/>"),
        ('(display-png #"x")', "image/png", "eA=="),
        ('(display-jpeg #"x")', "image/jpeg", "eA=="),
        ("(display-json (hasheq 'a 1))", "application/json", {"a": 1}),
        ("(display-value '(1 2))", "text/plain", "'(1 2)"),
    ],
)
def test_something_is_displayed_in_the_middle_of_a_cell(racket, code, mime, text):
    cell = racket.run(f'(display "before")\n{code}\n(display "after")')
    assert cell.kinds() == ["execute_input", "stream", "display_data", "stream"]
    assert cell.contents("display_data")[0]["data"][mime] == text


def test_a_display_is_updated_and_the_output_cleared(racket):
    cell = racket.run(
        '(display-html "0" #:id "bar")\n(display-html "1" #:id "bar" #:update? '
        "#t)\n(clear-output #t)"
    )
    assert cell.kinds() == ["execute_input", "display_data", "update_display_data", "clear_output"]
    assert cell.messages[1]["content"]["transient"] == {"display_id": "bar"}


def test_a_lang_cell_runs_and_leaves_its_definitions(racket):
    cell = racket.run(
        "#lang racket/base\n(define hidden 5)\n(define shown 6)\n(provide shown)\n(+ hidden shown)"
    )
    assert texts(cell) == ["11"]
    assert racket.value("(list hidden shown)") == "'(5 6)"
    again = racket.run("#lang racket/base\n(define shown 7)\n(provide shown)")
    assert again.status == "ok"
    assert racket.value("shown") == "7"


def test_macros_and_structures_of_a_lang_cell_can_be_used_afterwards(racket):
    racket.run(
        "#lang racket/base\n(struct place (x y) #:transparent)\n"
        "(define-syntax-rule (both e) (list e e))"
    )
    assert racket.value("(both (place 1 2))") == "(list (place 1 2) (place 1 2))"
    assert racket.value("(match (place 1 2) [(place x y) (+ x y)])") == "3"


def test_a_lang_cell_runs_its_submodules_as_drracket_does(racket):
    cell = racket.run('#lang racket/base\n(module+ main (display "main"))\n(display "body ")')
    assert cell.stream("stdout") == "body main"


def test_a_module_runs_when_it_is_required(racket):
    module = '(module cake racket/base (provide slice) (define slice 8) (display "baked"))'
    assert racket.run(module).stream("stdout") == ""
    cell = racket.run("(require 'cake)\nslice")
    assert (cell.stream("stdout"), cell.value) == ("baked", "8")


def test_a_function_with_a_name_of_the_languages_calls_itself(racket):
    racket.run("(define (take n l) (if (= n 0) '() (cons (car l) (take (- n 1) (cdr l)))))")
    assert racket.value("(take 2 '(1 2 3))") == "'(1 2)"
    assert racket.run("(define (drop n l) (if))").status == "error"
    assert racket.value("(drop '(1 2 3) 2)") == "'(3)"


def test_typed_racket_runs_in_a_lang_cell(racket):
    cell = racket.run(
        "#lang typed/racket/base\n(: half (-> Real Real))\n(define (half x) (/ x 2))\n(half 3)"
    )
    assert cell.status == "ok", cell
    wrong = racket.run('#lang typed/racket/base\n(: n Integer)\n(define n "x")')
    assert "type mismatch" in wrong.reply["evalue"]


def test_the_end_of_a_cell_is_not_the_end_of_the_session(racket):
    racket.run("(define kept 5)")
    assert "exit" in racket.run("(exit 3)").reply["evalue"]
    assert racket.run("(kill-thread (current-thread))").status == "error"
    assert racket.run('(error "boom")').reply["evalue"] == "boom"
    assert racket.value("kept") == "5"


def test_an_error_aborts_the_queue(racket):
    requests = [racket.submit(code) for code in ('(error "boom")', "1")]
    assert [cell.status for cell in racket.collect(*requests)] == ["error", "aborted"]
    assert racket.value("2") == "2"


def test_iracket_lines_change_the_language(racket):
    assert racket.run("#lang iracket/lang #:require racket/base").status == "ok"
    assert racket.run("(first '(1 2))").status == "error"
    assert racket.value("#lang iracket/lang #:require racket\n(first '(1 2))") == "1"

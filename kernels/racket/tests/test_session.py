"""Interrupts, completion, inspection and the console."""

from __future__ import annotations

import os
import signal

import pytest

LIMIT_S = 60


@pytest.mark.parametrize(
    "code",
    [
        "(let loop () (loop))",
        "(sleep 60)",
        "(sync never-evt)",
        "(void ((dynamic-require 'racket/system 'system) \"sleep 60\"))",
    ],
)
def test_an_interrupt_ends_the_cell_and_loses_nothing(racket, code):
    racket.run("(define kept 5)")
    cell = racket.interrupt(
        racket.run_until_printed(f'(displayln "begun")\n{code}\n(sleep 60)', "begun")
    )
    assert cell.reply["ename"] == "interrupted"
    assert racket.value("kept") == "5"


def test_an_interrupt_ends_the_wait_for_input(racket):
    request = racket.submit("(read-line)", allow_stdin=True)
    racket.client.stdin_channel.get_msg(timeout=LIMIT_S)
    assert racket.interrupt(request).reply["ename"] == "interrupted"
    racket.client.input("late")
    assert racket.run("(read-line)", typed=["in time"]).value == '"in time"'


def test_an_interrupt_while_idle_does_nothing(racket):
    racket.run("(define kept 6)")
    racket.manager.interrupt_kernel()
    os.kill(racket.pid, signal.SIGINT)
    assert racket.value("kept") == "6"


@pytest.mark.parametrize(
    ("code", "match"),
    [
        ("(string-app", "string-append"),
        ("(define my-own-name 1)\n(my-own", "my-own-name"),
        ("(require racket/li", "racket/list"),
        ("(require pic", "pict"),
    ],
)
def test_names_and_modules_are_completed(racket, code, match):
    racket.run("(define my-own-name 1)")
    assert match in racket.ask("complete", code)["matches"]


def test_methods_are_completed(racket):
    racket.run("(define thing (new (class object% (super-new) (define/public (area) 1))))")
    assert racket.ask("complete", "(send thing ar")["matches"] == ["area"]


@pytest.mark.parametrize(
    ("code", "cursor", "text"),
    [
        ("(string-append x)", 5, "(string-append str ...) -> string?"),
        ("(string-append x)", 16, "(string-append str ...) -> string?"),
        ("(twice 3)", 3, "(twice x #:by [by 2])"),
        ("(twice 3)", 3, "Doubles a number."),
        ("(twice 3)", 3, "arguments: 1"),
        ("(guarded 3)", 3, "contract: (-> integer? integer?)"),
        ("forty", 2, "value: 40"),
    ],
)
def test_a_name_is_inspected(racket, code, cursor, text):
    racket.run(
        ";; Doubles a number.\n(define (twice x #:by [by 2]) (* by x))\n(define forty 40)\n"
        "(define/contract (guarded n) (-> integer? integer?) n)"
    )
    assert text in racket.ask("inspect", code, cursor)["data"]["text/plain"]


def test_what_nobody_knows_is_not_found(racket):
    assert racket.ask("inspect", "no-such-name", 3)["found"] is False


@pytest.mark.parametrize(
    ("code", "reply"),
    [
        ("(+ 1 2)", {"status": "complete"}),
        ("(define (f x)", {"status": "incomplete", "indent": "  "}),
        ("(list\n   (f 1", {"status": "incomplete", "indent": "     "}),
        ('(displayln "abc', {"status": "incomplete", "indent": ""}),
        (")", {"status": "invalid"}),
    ],
)
def test_a_console_learns_whether_code_is_complete(racket, code, reply):
    assert racket.ask("is_complete", code) == reply


def test_the_language_is_named(racket):
    info = racket.ask("kernel_info")["language_info"]
    assert (info["name"], info["file_extension"]) == ("racket", ".rkt")

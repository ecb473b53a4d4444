import os
from collections.abc import Callable, Iterator

import pytest

from labinit import log

Lines = Callable[[], list[str]]


@pytest.fixture
def lines(capfd: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    """What is said on standard error, line by line."""

    def read() -> list[str]:
        return capfd.readouterr().err.splitlines()

    log.set_level("info")
    yield read
    log.set_level("info")


def test_a_line_is_the_event_its_gravity_and_its_hint(lines: Lines) -> None:
    log.info("something happens")
    log.warning("this is odd", "do that")
    log.error("this is wrong", "do that instead")
    assert lines() == [
        "labinit: something happens",
        "labinit: warning: this is odd; do that",
        "labinit: error: this is wrong; do that instead",
    ]


@pytest.mark.parametrize("level", log.LEVELS)
def test_what_is_less_grave_than_the_level_is_not_said(lines: Lines, level: str) -> None:
    log.set_level(level)
    log.debug("debug")
    log.info("info")
    log.warning("warning", "x")
    log.error("error", "x")
    said = [line.removeprefix("labinit: ").split(":")[0].split(";")[0] for line in lines()]
    assert said == list(log.LEVELS[log.LEVELS.index(level) :])


def test_an_event_cannot_end_its_line_or_drive_the_terminal(lines: Lines) -> None:
    log.info("one\nlabinit: error: two\x1b[2J\x7f\udcff ü")
    assert lines() == ["labinit: one\\x0alabinit: error: two\\x1b[2J\\x7f\\udcff ü"]


def test_a_log_that_nobody_reads_costs_nothing_but_its_lines(lines: Lines) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    standard_error = os.dup(2)
    os.dup2(writer, 2)
    os.close(writer)
    log.info("nobody is there")
    os.close(2)
    log.info("not even this")
    os.dup2(standard_error, 2)
    os.close(standard_error)
    assert lines() == []

"""A terminal: the child is in its foreground, and keys do what they do everywhere."""

import signal
from pathlib import Path

from tests.polling import eventually
from tests.system.conformance.inits import Init, child
from tests.system.conformance.proc import children
from tests.system.conformance.processes import Started, start
from tests.system.conformance.table import case

_TTY = (0, 1, 2)


def _bash(init: Init) -> Started:
    started = init.start(
        ["bash", "--norc", "--noprofile", "-i"], {"PS1": "$ ", "HOME": "/"}, tty=_TTY
    )
    started.expect("$ ")
    return started


def _wait_for_children(pid: int, state: str) -> None:
    def in_state() -> None:
        assert set(children(pid).values()) == {state}

    eventually(in_state)


def _assert_runs(pid: int, name: str) -> None:
    """Not the shell's copy of itself, which Ctrl-Z would find between fork and exec."""
    assert [
        Path(f"/proc/{child}/comm").read_text().strip()
        for child, state in children(pid).items()
        if state == "S"
    ] == [name]


@case("terminal", "Ctrl-C reaches the command, once")
def ctrl_c(init: Init) -> None:
    with init.start([*child("signals.py"), "15"], tty=_TTY) as started:
        started.expect("ready")
        started.type("\x03")
        started.expect("2\r\n")
        started.send(signal.SIGTERM)
        assert started.wait() == 0
        assert started.said.split()[1:] == ["^C2", "15"]


@case(
    "terminal",
    "bash has job control: Ctrl-Z, jobs, fg, Ctrl-C",
    differs={"catatonit": "leaves TSTP blocked in the child, and in all that it starts"},
)
def job_control(init: Init) -> None:
    with _bash(init) as started:
        assert "no job control" not in started.said
        started.type("sleep 1000\n")
        started.expect("sleep 1000")
        bash = next(iter(children(started.pid)))
        eventually(lambda: _assert_runs(bash, "sleep"))
        started.type("\x1a")
        started.expect("Stopped")
        started.type("jobs\n")
        started.expect("sleep 1000")
        started.type("fg\n")
        started.expect("sleep 1000")
        _wait_for_children(bash, "S")
        started.type("\x03")
        started.expect("$ ")
        started.type("exit 5\n")
        assert started.wait() == 5


@case("terminal", "a new window size reaches the command")
def window_size(init: Init) -> None:
    command = "trap 'stty size; exit 4' WINCH; echo ready; while :; do sleep 0.1; done"
    with init.start(["bash", "-c", command], tty=_TTY) as started:
        started.expect("ready")
        started.resize(33, 77)
        started.expect("33 77")
        assert started.wait() == 4


@case(
    "terminal",
    "the command has the foreground also of a terminal on 1 and 2 only",
    differs={
        "tini": "looks at standard input only",
        "dumb-init": "looks at standard input only",
    },
)
def terminal_on_output(init: Init) -> None:
    command = "import os; os._exit(3 if os.tcgetpgrp(1) == os.getpgrp() else 1)"
    with init.start(["/usr/bin/env", "python3", "-c", command], tty=(1, 2)) as started:
        assert started.wait() == 3


@case("terminal", "output gets through where the terminal stops writers in the background (TOSTOP)")
def tostop(init: Init) -> None:
    with init.start(
        ["sh", "-c", "stty tostop; echo one; echo two; exit 3"], {"LABLOG": "debug"}, tty=_TTY
    ) as started:
        started.expect("two")
        assert started.wait() == 3


@case("terminal", "the command ends when the terminal goes away", differs={})
def hang_up(init: Init) -> None:
    with init.start(["sh", "-c", "echo ready; exec sleep 1000"], tty=_TTY) as started:
        started.expect("ready")
        _wait_for_children(started.pid, "S")
        started.hang_up()
        assert started.wait() == 128 + signal.SIGHUP


@case(
    "terminal",
    "Ctrl-Z at a command without a shell above it does not stop it for good",
    differs={
        **dict.fromkeys(("tini",), "leaves it stopped, with nobody there to continue it"),
    },
)
def ctrl_z_without_shell(init: Init) -> None:
    with init.start(
        ["sh", "-c", "echo ready; read -r line; echo got $line; exit 3"], tty=_TTY
    ) as started:
        started.expect("ready")
        started.type("\x1a")
        started.expect("^Z")
        started.type("this\n")
        started.expect("got this", within_s=5)
        assert started.wait() == 3


@case(
    "terminal",
    "below a shell, Ctrl-Z stops the whole job, and fg and bg continue it",
    differs={
        "tini": (
            "does not notice that its child has stopped: the shell never gets the terminal back"
        ),
        "dumb-init": "puts the child into a session of its own, which has no terminal",
        "catatonit": (
            "does not notice that its child has stopped: the shell never gets the terminal back"
        ),
    },
)
def job_below_shell(init: Init) -> None:
    env = {"PS1": "$ ", "HOME": "/"}
    with start(["bash", "--norc", "--noprofile", "-i"], env, tty=_TTY) as started:
        started.expect("$ ")
        started.type(" ".join([*init.subreaper(), "sh", "-c", "'sleep 1000; exit 9'"]) + "\n")
        # Not before: Ctrl-Z between vfork and exec stops the shell's child and not the shell.
        eventually(lambda: _assert_sleeps_in_foreground(started.pid))
        for _ in range(2):
            _stop_job(started)
            started.type("fg\n")
            eventually(lambda: _assert_sleeps_in_foreground(started.pid))
        _stop_job(started)
        started.type("bg\n")
        started.expect("$ ")
        # The shell writes its prompt as soon as it has sent SIGCONT, not when that has arrived.
        eventually(lambda: _assert_job(started.pid, ("sleep", "S", started.pid)))
        started.type("fg\n")
        eventually(lambda: _assert_not(started.pid, _job(started.pid)[2]))
        started.type("\x03")
        started.expect("$ ")
        started.type("echo code $?\n")
        started.expect("code 130", within_s=5)


def _stop_job(started: Started) -> None:
    started.type("\x1a")
    started.expect("Stopped", within_s=5)
    started.expect("$ ")


def _assert_sleeps_in_foreground(shell: int) -> None:
    name, state, foreground = _job(shell)
    assert (name, state) == ("sleep", "S")
    assert foreground != shell


def _assert_job(shell: int, expected: tuple[str, str, int]) -> None:
    assert _job(shell) == expected


def _assert_not(unwanted: int, found: int) -> None:
    assert found != unwanted


def _job(pid: int) -> tuple[str, str, int]:
    """Return name and state of the only child of the only child of its only child, and the
    terminal's foreground."""
    for _ in range(3):
        found = list(children(pid))
        assert len(found) == 1
        (pid,) = found
    name, _, rest = Path(f"/proc/{pid}/stat").read_text().partition(" (")[2].rpartition(") ")
    fields = rest.split()
    return name, fields[0], int(fields[5])

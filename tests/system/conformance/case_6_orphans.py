"""Orphans: collected at once, however many, and without a wake-up for nothing."""

import signal
import time

from tests.polling import eventually
from tests.system.conformance.inits import Init, child
from tests.system.conformance.proc import children, status_field
from tests.system.conformance.processes import start
from tests.system.conformance.table import case

_IDLE_S = 3


def _assert_no_zombies(pid: int) -> None:
    assert "Z" not in children(pid).values()


@case("orphans", "10,000 that end at once are all collected")
def at_once(init: Init) -> str:
    with init.start([*child("orphans.c"), "10000"]) as started:
        eventually(lambda: _has_child(started.pid))
        started.send(signal.SIGSTOP)
        started.expect("done", within_s=60)
        began = time.monotonic()
        started.send(signal.SIGCONT)
        eventually(lambda: _assert_no_zombies(started.pid))
        took_s = time.monotonic() - began
        started.send(signal.SIGTERM)
        assert started.wait() == 128 + signal.SIGTERM
    return f"{took_s:.1f} s"


def _has_child(pid: int) -> None:
    assert children(pid)


@case("orphans", "20,000 one after the other: none left, no more memory than before")
def churn(init: Init) -> None:
    with init.start([*child("orphans.c"), "20000"]) as started:
        eventually(lambda: _has_child(started.pid))
        before_kb = status_field(started.pid, "VmRSS")
        started.expect("done", within_s=60)
        eventually(lambda: _assert_no_zombies(started.pid))
        assert status_field(started.pid, "VmRSS") - before_kb < 256


@case("orphans", "signals pass while orphans come without end")
def endless(init: Init) -> None:
    with init.start([*child("orphans.c"), "10000000"]) as started:
        eventually(lambda: _has_child(started.pid))
        started.send(signal.SIGWINCH)
        started.send(signal.SIGRTMAX)
        assert started.wait() == 128 + signal.SIGRTMAX


_MISSED = (
    "does not look before it waits: a child that ended before it took SIGCHLD stays until the "
    "next one ends"
)


@case(
    "orphans",
    "children from before the init was executed are collected",
    sometimes={"dumb-init": _MISSED, "catatonit": _MISSED},
)
def inherited_children(init: Init) -> None:
    command = [
        "sh",
        "-c",
        'sleep 0 & exec "$@"',
        "sh",
        *init.prefix(),
        "sh",
        "-c",
        "echo ready; exec sleep 1000",
    ]
    with start(command) as started:
        started.expect("ready")
        eventually(lambda: _assert_no_zombies(started.pid), within_s=8)


@case(
    "orphans",
    f"no wake-up in {_IDLE_S} idle seconds",
    differs={
        "tini": "wakes up once a second, by design: its loop has a timeout",
    },
)
def idle(init: Init) -> None:
    with init.start(["sh", "-c", "echo ready; exec sleep 1000"]) as started:
        started.expect("ready")

        def wake_ups() -> int:
            names = ("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")
            return sum(status_field(started.pid, name) for name in names)

        def settled() -> int:
            before = wake_ups()
            time.sleep(0.1)
            assert wake_ups() == before
            return before

        before = eventually(settled)
        time.sleep(_IDLE_S)  # not for something to happen, but for nothing to
        assert wake_ups() == before, f"{wake_ups() - before} wake-ups"


@case(
    "orphans",
    "not PID 1: adopts the orphans of its own child",
    differs={
        "dumb-init": "is no subreaper: they go to PID 1, which may not collect them",
    },
)
def subreaper(init: Init) -> None:
    inner = "(sleep 1000 &); echo ready; exec sleep 1000"
    # Its parent never collects anything.
    with start(
        ["sh", "-c", '"$@" & exec sleep 1000', "sh", *init.subreaper(), "sh", "-c", inner]
    ) as started:
        started.expect("ready")

        def has_adopted() -> None:
            assert [len(children(pid)) for pid in children(started.pid)] == [2]

        eventually(has_adopted, within_s=3)

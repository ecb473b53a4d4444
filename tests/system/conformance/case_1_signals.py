"""Signals: from the first instruction to the last, each exactly once."""

import contextlib
import heapq
import random
import signal
import time
from collections.abc import Callable

from tests.polling import eventually
from tests.system.conformance.inits import Init, child
from tests.system.conformance.proc import children, has_child, status_field
from tests.system.conformance.processes import Started
from tests.system.conformance.table import case

CATCHABLE = sorted(
    map(int, signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD})
)
RTMIN = int(signal.SIGRTMIN)
_STARTS = 100


def _listener(init: Init) -> Started:
    """A child that prints its signals, and ends at the last real-time one."""
    started = init.start([*child("signals.py"), str(int(signal.SIGRTMAX))])
    started.expect("ready\n")
    return started


def _numbers(text: str) -> list[int]:
    return [int(line) for line in text.split()]


@case(
    "signals",
    "every catchable signal reaches the child exactly once, in the order sent",
    differs={
        "tini": "keeps ILL, TRAP, ABRT, BUS, FPE, SEGV, SYS, TTIN and TTOU to itself",
        "dumb-init": (
            "stops itself at TSTP, TTIN and TTOU, for a shell above it; above a PID 1 there is none"
        ),
        "catatonit": "keeps ILL, TRAP, ABRT, BUS, FPE, SEGV, SYS, TSTP, TTIN and TTOU to itself",
    },
)
def every_signal(init: Init) -> None:
    sent = [signo for signo in CATCHABLE if signo != signal.SIGRTMAX]
    with _listener(init) as started:
        for signo in sent:
            started.send(signo)
            started.expect(f"{signo}\n", within_s=2)
        started.send(signal.SIGRTMAX)
        assert started.wait() == 0
        assert _numbers(started.said.removeprefix("ready")) == [*sent, signal.SIGRTMAX]


@case("signals", "200 queued real-time signals all arrive, in the kernel's order")
def queued_signals(init: Init) -> None:
    with _listener(init) as started:
        started.send(signal.SIGSTOP)
        sent = [RTMIN + number % 8 for number in range(200)]
        started.send(*sent)
        started.send(signal.SIGCONT, signal.SIGRTMAX)
        assert started.wait() == 0
        arrived = [
            signo
            for signo in _numbers(started.said.removeprefix("ready"))
            if signo != signal.SIGCONT
        ]
        assert arrived == [*sorted(sent), signal.SIGRTMAX]


@case("signals", "a storm of 10,000 signals does no harm, and loses no real-time one")
def storm(init: Init) -> None:
    with _listener(init) as started:
        for number in range(10_000):
            started.send((signal.SIGUSR1, signal.SIGHUP, signal.SIGWINCH, RTMIN)[number % 4])
        started.send(signal.SIGRTMAX)
        assert started.wait() == 0
        assert _numbers(started.said.removeprefix("ready")).count(RTMIN) == 2_500


@case("signals", "SIGSTOP and SIGCONT to the init do it no harm")
def stopped_init(init: Init) -> None:
    with _listener(init) as started:
        for _ in range(3):
            started.send(signal.SIGSTOP, signal.SIGCONT)
        started.send(signal.SIGUSR1)
        started.expect(f"{int(signal.SIGUSR1)}\n")
        started.send(signal.SIGRTMAX)
        assert started.wait() == 0


@case("signals", "a child that was stopped is continued by SIGCONT to the init")
def stopped_child(init: Init) -> None:
    with init.start(["sh", "-c", "echo ready; kill -STOP $$; echo continued; exit 3"]) as started:
        started.expect("ready")

        def child_is_stopped() -> None:
            assert "T" in children(started.pid).values()

        eventually(child_is_stopped)
        started.send(signal.SIGCONT)
        started.expect("continued")
        assert started.wait() == 3


_UNARMED = "loses what arrives while the child still has the mask or the handlers of the init"


@case(
    "signals",
    "SIGTERM at any instant of the start ends it: 100 starts, 0 to 300 ms after the init is armed",
    sometimes={"dumb-init": _UNARMED, "tini": _UNARMED, "catatonit": _UNARMED},
)
def race(init: Init) -> str:
    return _hunt(init, Started.send)


@case(
    "signals",
    "the same, to the process group of the init",
    sometimes={"dumb-init": _UNARMED, "tini": _UNARMED, "catatonit": _UNARMED},
)
def race_of_group(init: Init) -> str:
    return _hunt(init, Started.send_group)


def _hunt(init: Init, send: Callable[[Started, int], None]) -> str:
    """Start many, each with a signal due at a time of its own, half of them within the first 40
    ms."""
    chance = random.Random()
    with contextlib.ExitStack() as stack:
        started: list[Started] = []
        due: list[tuple[float, int, Started]] = []
        for _ in range(_STARTS):
            one = stack.enter_context(init.start(["sleep", "60"]))
            started.append(one)
            _wait_until_armed(one.pid)
            heapq.heappush(due, (time.monotonic() + 0.3 * chance.random() ** 3, one.pid, one))
            _send_due(due, send, time.monotonic() + 0.003)
        _send_due(due, send, float("inf"))
        deadline = time.monotonic() + 3
        lost = sum(not _has_ended(one, deadline) for one in started)
    assert lost == 0, f"{lost} of {_STARTS} lost"
    return f"0 of {_STARTS} lost"


def _wait_until_armed(pid: int) -> None:
    """Wait until the init blocks or handles SIGTERM: before that, the kernel drops it for any PID
    1."""
    bit = 1 << (signal.SIGTERM - 1)
    while not (
        status_field(pid, "SigBlk", 16) | status_field(pid, "SigCgt", 16)
    ) & bit and not has_child(pid):
        pass


def _send_due(
    due: list[tuple[float, int, Started]], send: Callable[[Started, int], None], until: float
) -> None:
    while due and due[0][0] <= until:
        when, _, one = heapq.heappop(due)
        time.sleep(max(0.0, when - time.monotonic()))
        send(one, signal.SIGTERM)


def _has_ended(started: Started, deadline: float) -> bool:
    try:
        return started.wait(max(0.0, deadline - time.monotonic())) == 128 + signal.SIGTERM
    except AssertionError:
        return False

"""The stop: forward, grace, KILL, and then what is left; and nobody else's processes."""

import signal
import time

from tests.polling import eventually
from tests.system.conformance.inits import Init
from tests.system.conformance.proc import children
from tests.system.conformance.processes import start
from tests.system.conformance.table import case

_GONE = "ends with its child; the kernel kills the rest without a warning"
_SHORT = {"LABGRACE": "1"}


@case("stop", "waits for a child that needs a moment, and ends with its code")
def waits(init: Init) -> None:
    command = "trap 'sleep 0.5; echo clean; exit 3' TERM; echo ready; while :; do sleep 0.05; done"
    with init.start(["sh", "-c", command]) as started:
        started.expect("ready")
        started.send(signal.SIGTERM)
        assert started.wait() == 3
        assert "clean" in started.said


@case(
    "stop",
    "kills a child that ignores SIGTERM after the grace period, and says so",
    differs={
        **dict.fromkeys(("tini", "dumb-init", "catatonit"), "waits for it for ever"),
    },
)
def grace_period(init: Init) -> None:
    with init.start(
        ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"], _SHORT
    ) as started:
        started.expect("ready")
        began = time.monotonic()
        started.send(signal.SIGTERM)
        assert started.wait(within_s=4) == 128 + signal.SIGKILL
        assert time.monotonic() - began > 0.9
        assert "still runs after 1 s: sending SIGKILL" in started.errors


@case(
    "stop",
    "kills a child that was stopped, too",
    differs={
        **dict.fromkeys(("tini", "dumb-init", "catatonit"), "waits for it for ever"),
    },
)
def stopped_child(init: Init) -> None:
    with init.start(["sh", "-c", "kill -STOP $$"], _SHORT) as started:
        eventually(lambda: _assert_stopped(started.pid))
        started.send(signal.SIGTERM)
        assert started.wait(within_s=4) == 128 + signal.SIGKILL


def _assert_stopped(pid: int) -> None:
    assert list(children(pid).values()) == ["T"]


@case(
    "stop",
    "daemons in sessions of their own get SIGTERM and a moment to end",
    differs={
        **dict.fromkeys(("tini", "dumb-init", "catatonit"), _GONE),
    },
)
def daemons(init: Init) -> None:
    daemon = "trap 'sleep 0.2; echo clean; exit' TERM; echo ready; while :; do sleep 0.05; done"
    command = 'for _ in 1 2 3; do (setsid sh -c "$0" &); done; exec sleep 1000'
    with init.start(["sh", "-c", command, daemon]) as started:
        for _ in range(3):
            started.expect("ready")
        started.send(signal.SIGTERM)
        assert started.wait() == 128 + signal.SIGTERM
        assert started.said.count("clean") == 3


@case(
    "stop",
    "the same when the child ends by itself",
    differs={
        **dict.fromkeys(("tini", "dumb-init", "catatonit"), _GONE),
    },
)
def daemons_of_a_short_command(init: Init) -> None:
    # It waits for the daemon through a pipe with a name, however busy the machine is.
    daemon = "trap 'echo clean; exit' TERM; echo ready; echo >\"$0\"; while :; do sleep 0.05; done"
    command = (
        'pipe=$(mktemp -u); mkfifo "$pipe"; (setsid sh -c "$0" "$pipe" &); '
        'read -r line <"$pipe"; rm "$pipe"; exit 3'
    )
    with init.start(["sh", "-c", command, daemon]) as started:
        started.expect("ready")
        assert started.wait() == 3
        assert "clean" in started.said


@case(
    "stop",
    "not PID 1: ends its own descendants, and signals nobody else",
    differs={
        "tini": "leaves what its child has left",
        "dumb-init": "leaves what has a session of its own",
        "catatonit": "leaves what its child has left",
    },
)
def bystander(init: Init) -> None:
    daemon = "trap '' TERM HUP; echo ready $PPID; echo >\"$0\"; sleep 1000; exit 1"
    inner = '(setsid sh -c "$0" "$1" &); exec sleep 1000'
    outer = (
        'sleep 1000 & bystander=$!; daemon=$1; shift; pipe=$(mktemp -u); mkfifo "$pipe"; '
        '"$@" "$daemon" "$pipe" & init=$!; read -r line <"$pipe"; rm "$pipe"; '
        "kill -TERM $init; wait $init; echo code $?; kill -0 $bystander && echo alive; "
        'ps -e -o args= | grep -c "^sh -c trap"; exit 0'
    )
    with start(["sh", "-c", outer, "sh", daemon, *init.subreaper(), "sh", "-c", inner]) as started:
        started.expect("ready")
        started.expect("code 143")
        started.expect("alive")
        started.expect("0\n")
        assert started.wait() == 0

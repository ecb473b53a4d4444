"""PID 1 beside its peers: start, memory, orphans, idleness, and a SIGTERM during the start.

All in one run.

`python -m bench.init` prints the table.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import statistics
import time
from typing import TYPE_CHECKING

from tests.system.conformance.inits import INITS, child
from tests.system.conformance.proc import children, has_child, status_field
from tests.system.conformance.processes import Started, start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_STARTS = 60
_ORPHANS = 10_000
_IDLE_S = 30
_TERMS = 150
_TERM_WITHIN_S = 0.03
_SLEEP = ("sleep", "1000")


def report() -> str:
    """Measure and return a Markdown section with one table."""
    prefixes: dict[str, Sequence[str]] = {
        "no init": (),
        **{init.name: init.prefix() for init in INITS},
    }
    rows = {
        "start and end of `true`, ms (median)": measure_starts(prefixes),
        "until SIGTERM cannot be lost, ms (median)": measure(prefixes, armed_ms),
        f"SIGTERM lost, of {_TERMS}, 0 to {_TERM_WITHIN_S * 1000:.0f} ms after the exec": measure(
            prefixes, lost_terms
        ),
        "PSS, MB": measure(prefixes, pss_mb),
        f"{_ORPHANS:,} orphans collected in, ms": measure(prefixes, orphans_ms),
        f"wake-ups / CPU ms in {_IDLE_S} idle s": measure_idle(prefixes),
    }
    names = [name for name in prefixes if name != "no init"]
    lines = [
        "## PID 1\n",
        (
            "As the PID 1 of a PID namespace, on the host. PSS is lower the more processes share "
            "the interpreter.\n"
        ),
        f"| | no init | {' | '.join(names)} |",
        f"|---|{'--:|' * (len(names) + 1)}",
        *(
            f"| {what} | {' | '.join(found.get(name, '') for name in ('no init', *names))} |"
            for what, found in rows.items()
        ),
    ]
    return "\n".join(lines)


def measure(
    prefixes: dict[str, Sequence[str]], how: Callable[[Sequence[str]], str]
) -> dict[str, str]:
    return {name: how(prefix) for name, prefix in prefixes.items() if prefix}


def measure_starts(prefixes: dict[str, Sequence[str]]) -> dict[str, str]:
    """Take turns, so that what else the machine does meets all of them."""
    took_ms: dict[str, list[float]] = {name: [] for name in prefixes}
    for _ in range(_STARTS):
        for name, prefix in prefixes.items():
            began = time.perf_counter()
            with start([*prefix, "true"]) as started:
                started.wait()
                took_ms[name].append((time.perf_counter() - began) * 1000)
    return {name: f"{statistics.median(found):.1f}" for name, found in took_ms.items()}


def armed_ms(prefix: Sequence[str]) -> str:
    """From the exec until SIGTERM is blocked or handled, as seen from outside."""
    bit = 1 << (signal.SIGTERM - 1)
    took_ms = []
    for _ in range(_STARTS):
        with start([*prefix, *_SLEEP]) as started:
            began = time.perf_counter()
            while (
                not (
                    status_field(started.pid, "SigBlk", 16)
                    | status_field(started.pid, "SigCgt", 16)
                )
                & bit
            ):
                if has_child(started.pid):
                    break
            took_ms.append((time.perf_counter() - began) * 1000)
    return f"{statistics.median(took_ms):.2f}"


def lost_terms(prefix: Sequence[str]) -> str:
    """Count those that still run after a SIGTERM at a random time after the exec."""
    chance = random.Random(1)
    with contextlib.ExitStack() as stack:
        all_started = []
        for _ in range(_TERMS):
            started = stack.enter_context(start([*prefix, *_SLEEP]))
            time.sleep(chance.uniform(0, _TERM_WITHIN_S))
            started.send(signal.SIGTERM)
            all_started.append(started)
        deadline = time.monotonic() + 2
        return str(sum(not _ends(started, deadline) for started in all_started))


def _ends(started: Started, deadline: float) -> bool:
    try:
        started.wait(max(0.0, deadline - time.monotonic()))
    except AssertionError:
        return False
    return True


def pss_mb(prefix: Sequence[str]) -> str:
    with _idle(prefix) as started, open(f"/proc/{started.pid}/smaps_rollup") as file:
        pss_kb = next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    return f"{pss_kb / 1024:.1f}"


def orphans_ms(prefix: Sequence[str]) -> str:
    """From SIGCONT to an init that was stopped while they ended, until no zombie is left."""
    with start([*prefix, *child("orphans.c"), str(_ORPHANS)]) as started:
        while not has_child(started.pid):
            pass
        started.send(signal.SIGSTOP)
        started.expect("done")
        began = time.perf_counter()
        started.send(signal.SIGCONT)
        while _number_of_children(started.pid) > 1:
            pass
        return f"{(time.perf_counter() - began) * 1000:.0f}"


def _number_of_children(pid: int) -> int:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return len(file.read().split())


def measure_idle(prefixes: dict[str, Sequence[str]]) -> dict[str, str]:
    """Count context switches and clock ticks, of all inits at the same time."""
    with contextlib.ExitStack() as stack:
        idle = {
            name: stack.enter_context(_idle(prefix)).pid
            for name, prefix in prefixes.items()
            if prefix
        }
        time.sleep(1)
        before = {name: _activity(pid) for name, pid in idle.items()}
        time.sleep(_IDLE_S)
        after = {name: _activity(pid) for name, pid in idle.items()}
    tick_ms = 1000 // os.sysconf("SC_CLK_TCK")
    deltas = {
        name: [new - old for old, new in zip(before[name], after[name], strict=True)]
        for name in idle
    }
    return {name: f"{switches} / {ticks * tick_ms}" for name, (switches, ticks) in deltas.items()}


def _activity(pid: int) -> tuple[int, int]:
    switches = sum(
        status_field(pid, name)
        for name in ("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")
    )
    with open(f"/proc/{pid}/stat") as file:
        user, system = file.read().rpartition(")")[2].split()[11:13]
    return switches, int(user) + int(system)


@contextlib.contextmanager
def _idle(prefix: Sequence[str]) -> Iterator[Started]:
    with start([*prefix, *_SLEEP]) as started:
        deadline = time.monotonic() + 5
        while not children(started.pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.2)
        yield started


if __name__ == "__main__":
    if os.geteuid() != 0:
        raise SystemExit("PID namespaces of one's own take root")
    print(report())

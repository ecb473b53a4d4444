"""What runs beside the server, and how it ends: memory, and `docker stop` with an idle kernel."""

from __future__ import annotations

import os
import time
from typing import NamedTuple

from bench.containers import IMAGE, TOKEN, container, docker
from bench.peers import LABINIT, NONE, data_volume, peers
from bench.tables import median, ratio, table
from tests.container.jupyter import Client

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
# Inside, because `docker exec` takes longer than what it runs.
_HEALTH = """
import os, time
took = []
for _ in range(20):
    began = time.perf_counter()
    pid = os.posix_spawn("/usr/local/bin/labctl", ["labctl", "health"], os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
    _, status, usage = os.wait4(pid, 0)
    assert status == 0
    took.append((time.perf_counter() - began, usage.ru_utime + usage.ru_stime))
print(*(sorted(values)[10] * 1000 for values in zip(*took)))
"""
# The health check looks every second for the first ten, then twice a minute, and begins anew every
# five minutes: so this much later, once.
_SETTLED_S, _IDLE_S = 20, 320


def _idle_percent() -> float:
    """Return the processor time of an idle container, in percent of a core, its health check
    included."""
    with container("--publish", "127.0.0.1::8080", IMAGE) as made:
        made.start()
        made.wait_healthy()
        time.sleep(_SETTLED_S)
        before, began = made.cpu_s(), time.monotonic()
        time.sleep(_IDLE_S)
        return 100 * (made.cpu_s() - before) / (time.monotonic() - began)


class _Measured(NamedTuple):
    """Megabytes of PID 1 and of all processes, and seconds of each stop, by peer; of labinit, the
    milliseconds and processor milliseconds of a health check."""

    init: dict[str, float]
    total: dict[str, float]
    stops: dict[str, list[float]]
    health: list[float]


def _measure() -> _Measured:
    compared = peers()
    stops: dict[str, list[float]] = {peer.name: [] for peer in compared}
    measured = _Measured({}, {}, stops, [])
    with data_volume() as volume:
        for _ in range(ROUNDS):
            for peer in compared:
                with container(
                    *peer.arguments(options=(*volume, "--publish", "127.0.0.1::8080"))
                ) as made:
                    made.seconds_to_ready()
                    sizes = made.pss_mb()
                    measured.init[peer.name] = sizes[1]
                    measured.total[peer.name] = sum(sizes.values())
                    if peer.name == LABINIT:
                        command = ("exec", made.name, "/opt/lab/bin/python3", "-c", _HEALTH)
                        measured.health[:] = map(float, docker(*command).split())
                    with Client(made.url, TOKEN).kernel() as kernel:
                        kernel.run("6 * 7")
                        stops[peer.name].append(made.stop())
    return measured


def report() -> str:
    """Measure, and return the section."""
    init, total, stops, (health_ms, health_cpu_ms) = _measure()
    rows = [
        [
            name,
            f"{init[name]:.1f}",
            f"{total[name]:.0f}",
            f"{median(values):.2f}",
            f"{min(values):.2f}",
            ratio(values, stops[NONE]),
        ]
        for name, values in stops.items()
    ]
    header = ("", "PID 1 MB", "all MB", "`docker stop` s", "fastest s", "÷ no entrypoint")
    return (
        "## Memory, and the stop\n\n"
        "Proportional set size of PID 1 and of all processes, "
        "once JupyterLab is ready (with no entrypoint, and behind "
        "the shell script, JupyterLab is PID 1); then `docker stop` with one idle kernel, "
        f"medians of {ROUNDS} rounds.\n\n{table(header, rows)}\n\n"
        f"`labctl health`, one shot: {health_ms:.0f} ms, of them "
        f"{health_cpu_ms:.0f} ms of processor time. "
        f"An idle container with its health check: {_idle_percent():.2f} % of a core."
    )

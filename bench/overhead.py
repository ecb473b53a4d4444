"""What an entrypoint itself costs: the same command with and without it."""

from __future__ import annotations

import os
import time

from bench.containers import Container, container, docker
from bench.peers import LABINIT, NONE, data_volume, peers
from bench.tables import median, table

ROUNDS = int(os.environ.get("BENCH_OVERHEAD_ROUNDS", "15"))
# The last thing the container does is to say what all of it has cost so far. cgroup v1, else v2.
_COMMAND = (
    "cd /sys/fs/cgroup; cat cpuacct/cpuacct.usage 2>/dev/null || sed -n 's/usage_usec "
    "\\(.*\\)/\\1000/p' cpu.stat"
)


def _run(made: Container) -> tuple[float, float]:
    """Return wall time of `docker start --attach` and processor time in the container, in ms."""
    began = time.monotonic()
    said = docker("start", "--attach", made.name)
    return (time.monotonic() - began) * 1e3, int(said.split()[-1]) / 1e6


def report() -> str:
    """Measure, and return the section."""
    compared = peers()
    first: dict[str, list[tuple[float, float]]] = {peer.name: [] for peer in compared}
    regular: dict[str, list[tuple[float, float]]] = {peer.name: [] for peer in compared}
    quiet = ("--network", "none", "--env", "LABLOG=warning")
    with data_volume() as volume:
        for _ in range(ROUNDS):
            for peer in compared:
                with container(
                    *peer.arguments("sh", "-c", _COMMAND, options=(*volume, *quiet))
                ) as made:
                    first[peer.name].append(_run(made))
                    regular[peer.name].append(_run(made))

    def over(values: dict[str, list[tuple[float, float]]], name: str, part: int) -> str:
        base = median([pair[part] for pair in regular[NONE]])
        return f"{median([pair[part] for pair in values[name]]) - base:.0f}"

    rows = [
        [
            peer.name,
            *(over(values, peer.name, part) for values in (first, regular) for part in (0, 1)),
        ]
        for peer in compared
        if peer.name != NONE
    ]
    header = ("over no entrypoint", "first boot ms", "its CPU ms", "regular start ms", "its CPU ms")
    return (
        "## What the entrypoint itself costs\n\n"
        f"Until a command has run that only reads one file, medians of {ROUNDS} rounds in "
        f"turn. The line of {LABINIT} "
        f"includes its account checks.\n\n{table(header, rows)}"
    )

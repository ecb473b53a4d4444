"""How a hub grows on one machine: more and more servers at once, through the hub of deploy/hub.

Not part of a run of everything: it takes minutes, and memory for all of them.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench.containers import IMAGE, Container
from bench.peers import CLASSIC, LABINIT, UID
from bench.tables import median, table
from tests.container.deployed_hub import DeployedHub
from tests.container.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator

COUNTS = tuple(int(word) for word in os.environ.get("BENCH_GROW", "1,10,30").split(","))
# An idle server, with room to breathe.
_SERVER_MB = 150
_CLASSIC = f"""
c.DockerSpawner.read_only_volumes.update(
    {{{str(Path(__file__).with_name("classic.sh"))!r}: "/bench/classic.sh"}}
)
c.DockerSpawner.extra_create_kwargs = {{
    "entrypoint": ["/bench/classic.sh"], "healthcheck": {{"test": ["NONE"]}}
}}
c.DockerSpawner.environment.update({{"LABUID": "{UID}", "LABGID": "{UID}", "LABPASSWD": "bench"}})
c.Spawner.cmd = ["jupyterhub-singleuser"]
"""
_CONFIG = {CLASSIC: _CLASSIC, LABINIT: ""}


class Growth(NamedTuple):
    """What so many servers at once have cost. Units: seconds, MB; `ready_s` one by one."""

    ready_s: list[float]
    hub_cpu_s: float
    hub_mb: float
    server_mb: float
    server_cpu_s: float


class Running(Container):
    """A container that somebody else has started."""

    def __init__(self, name: str) -> None:
        self.name = name


@contextlib.contextmanager
def _hub(peer: str) -> Iterator[DeployedHub]:
    with (
        tempfile.TemporaryDirectory(prefix="labinit-bench-") as directory,
        DeployedHub(Engine(), IMAGE, Path(directory)) as hub,
    ):
        hub.configure(_CONFIG[peer])
        hub.up()
        yield hub


def _measure(hub: DeployedHub, count: int) -> Growth:
    """Start so many servers of new users at once, and remove them."""
    users = [f"u{count}x{number}" for number in range(count)]
    sessions = [hub.log_in(user) for user in users]
    for session in sessions:
        session.close()  # idle connections, which the proxy closes after 5 s: perhaps just then
    itself = Running(hub.project.container_id("hub"))
    cpu_s = itself.cpu_s()

    def seconds_to_ready(number: int) -> float:
        began = time.monotonic()
        events = hub.spawn(sessions[number], users[number])
        if not events[-1].get("ready"):
            raise RuntimeError(f"{users[number]} has no server: {events[-1]}")
        return time.monotonic() - began

    with ThreadPoolExecutor(count) as pool:
        ready_s = sorted(pool.map(seconds_to_ready, range(count)))
    cpu_s = itself.cpu_s() - cpu_s
    servers = [Running(hub.container(user)) for user in users]
    growth = Growth(
        ready_s,
        cpu_s,
        sum(itself.pss_mb().values()),
        sum(sum(server.pss_mb().values()) for server in servers) / count,
        sum(server.cpu_s() for server in servers) / count,
    )
    for server in servers:
        server.remove()
    return growth


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def _memory_free_mb() -> int:
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) >> 10 for line in lines if line.startswith("MemAvailable:"))


def report() -> str:
    """Measure, and return the section."""
    counts = [count for count in COUNTS if count * _SERVER_MB < _memory_free_mb()]
    rows = []
    for peer in (LABINIT, CLASSIC):
        with _hub(peer) as hub:
            for count in counts:
                found = _measure(hub, count)
                print(f"{peer}, {count}: {found}", file=sys.stderr, flush=True)
                figures = (
                    f"{median(found.ready_s):.1f}",
                    f"{_p95(found.ready_s):.1f}",
                    f"{found.server_mb:.0f}",
                    f"{found.server_cpu_s:.2f}",
                    f"{found.hub_cpu_s / count:.2f}",
                    f"{found.hub_mb:.0f}",
                )
                rows.append([f"{peer}, {count}", *figures])
    header = ("servers at once", "ready s, p50", "p95", "MB a user", "CPU s a user")
    of_the_hub = ("CPU s of the hub a user", "MB of the hub")
    about = (
        "From the request for a server to the end of the hub's progress, all asked for at once, "
        "each a first boot with"
    )
    about += (
        " new volumes. Memory is the proportional set size of an idle server; "
        "processor time is that until all are ready."
    )
    left = [str(count) for count in COUNTS if count not in counts]
    if left:
        about += f" For {', '.join(left)} there was not enough memory."
    return (
        f"## More and more servers through a hub\n\n{about}\n\n"
        f"{table((*header, *of_the_hub), rows)}"
    )

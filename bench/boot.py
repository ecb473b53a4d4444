"""From the start of a container to the first 200 of the server: JupyterLab, and a hub's single-user
server.

Peers take turns, round by round, so that a slow moment of the machine hits each of them.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import threading
from typing import TYPE_CHECKING

from bench.containers import IMAGE, Container, container, docker
from bench.peers import CLASSIC, LABINIT, Peer, data_volume, peers
from bench.tables import median, ratio, table
from tests.container.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "4"))
_PUBLISH = ("--publish", "127.0.0.1::8080")
_HUB_PREFIX = "/user/bench/"


class Times:
    """What the rounds of one peer took. Units: seconds; `cpu` is processor time to ready."""

    def __init__(self) -> None:
        self.first: list[float] = []
        self.regular: list[float] = []
        self.cpu: list[float] = []

    def add(self, made: Container, path: str) -> None:
        """Start a new container twice."""
        self.first.append(made.seconds_to_ready(path))
        made.stop()
        self.regular.append(made.seconds_to_ready(path))
        self.cpu.append(made.cpu_s())


def measure(
    compared: tuple[Peer, ...], *command: str, options: tuple[str, ...] = (), path: str = "/api"
) -> str:
    """Measure the peers with a command (none: JupyterLab), and return the table."""
    times = {peer.name: Times() for peer in compared}
    for _ in range(ROUNDS):
        for peer in compared:
            with data_volume() as volume:
                arguments = peer.arguments(*command, options=(*volume, *_PUBLISH, *options))
                with container(*arguments) as made:
                    times[peer.name].add(made, path)
    base = times[CLASSIC]
    rows = [
        [
            name,
            *(f"{median(values):.2f}" for values in (found.first, found.regular)),
            f"{min(found.regular):.2f}",
            ratio(found.regular, base.regular),
            f"{median(found.cpu):.2f}",
            ratio(found.cpu, base.cpu),
        ]
        for name, found in times.items()
    ]
    header = ("", "first boot s", "regular start s", "fastest s", "÷ classic", "CPU s", "÷ classic")
    return table(header, rows)


@contextlib.contextmanager
def _hub() -> Iterator[tuple[str, ...]]:
    """Answer what a single-user server asks of its hub when it starts; yield the options that tell
    it where that is."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({"version": version})

        def do_POST(self) -> None:
            self._answer({})

        def _answer(self, content: object) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, *_: object) -> None: ...

    version = docker("run", "--rm", "--entrypoint", "jupyterhub-singleuser", IMAGE, "--version")
    bridge = Engine().bridge()
    with http.server.ThreadingHTTPServer((bridge, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        environ = {
            "API_TOKEN": "bench",
            "API_URL": f"http://{bridge}:{server.server_port}/hub/api",
            "BASE_URL": "/",
            "CLIENT_ID": "jupyterhub-user-bench",
            "SERVICE_PREFIX": _HUB_PREFIX,
            "SERVICE_URL": f"http://0.0.0.0:8080{_HUB_PREFIX}",
            "USER": "bench",
        }
        yield tuple(f"--env=JUPYTERHUB_{name}={value}" for name, value in environ.items())
        server.shutdown()


def report() -> str:
    """Measure, and return the section."""
    compared = peers()
    lab = measure(compared)
    with _hub() as options:
        with_script = tuple(peer for peer in compared if peer.name in {CLASSIC, LABINIT})
        hub = measure(
            with_script, "jupyterhub-singleuser", options=options, path=f"{_HUB_PREFIX}api"
        )
    return (
        "## From the start of the container to the first 200\n\n"
        "`docker start` of a new container (first boot) and of one that has run before "
        "(regular start), medians of "
        f"{ROUNDS} rounds in turn; 100 files in the data directory, which belong to the "
        "user. CPU is the processor "
        "time of everything in the container until then, at a regular start.\n\n"
        f"### JupyterLab\n\n{lab}\n\n### jupyterhub-singleuser\n\n{hub}"
    )

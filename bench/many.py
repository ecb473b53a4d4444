"""Many containers started at once on one machine."""

from __future__ import annotations

import contextlib
import os
import time
from concurrent.futures import ThreadPoolExecutor

from bench.containers import Container, container
from bench.peers import CLASSIC, LABINIT, Peer, data_volume, peers
from bench.tables import table

COUNT = int(os.environ.get("BENCH_MANY", "30"))


def _measure(peer: Peer) -> dict[str, float]:
    """Return seconds until the last is ready, processor seconds and MB of all; of labinit, until
    all are healthy."""
    with contextlib.ExitStack() as stack:
        made: list[Container] = []
        for _ in range(COUNT):
            volume = stack.enter_context(data_volume())
            made.append(
                stack.enter_context(
                    container(*peer.arguments(options=(*volume, "--publish", "127.0.0.1::8080")))
                )
            )
        with ThreadPoolExecutor(COUNT) as pool:
            began = time.monotonic()
            list(pool.map(Container.start, made))
            # Gently: who asks takes processor time from those who start.
            found = {
                "all ready s": max(pool.map(lambda one: one.wait_ready(pause_s=0.2), made)) - began
            }
            found["CPU s"] = sum(pool.map(Container.cpu_s, made))
            if peer.name == LABINIT:
                found["all healthy s"] = max(one.wait_healthy() for one in made) - began
            found["memory MB"] = sum(sum(one.values()) for one in pool.map(Container.pss_mb, made))
            return found


def report() -> str:
    """Measure, and return the section."""
    found = {peer.name: _measure(peer) for peer in peers() if peer.name in {CLASSIC, LABINIT}}
    base = found[CLASSIC]
    rows = [
        [
            name,
            *(
                text
                for column in base
                for text in (f"{values[column]:.1f}", f"{values[column] / base[column]:.2f}")
            ),
        ]
        for name, values in found.items()
    ]
    header = ("first boot", *(title for column in base for title in (column, "÷ classic")))
    healthy = (
        "With labinit, the engine calls all of them healthy after "
        f"{found[LABINIT]['all healthy s']:.1f} s"
    )
    about = (
        f"Started together. {healthy}; its checks are part of its figures, the shell script has "
        "none."
    )
    about += " Memory is the proportional set size of all processes."
    return f"## {COUNT} containers at once\n\n{about}\n\n{table(header, rows)}"

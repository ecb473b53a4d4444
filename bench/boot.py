"""From `docker run` to the first 200 of JupyterLab, and what PID 1 costs meanwhile.

All variants run in the same image, in turn, round by round, so that a slow moment of the machine hits each of them.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.request
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DOCKER = os.environ.get("DOCKER", "docker")
IMAGE = os.environ.get("LABINIT_IMAGE", "labinit:latest")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
TOKEN = "bench"
LIMIT_S = 60.0


class Row(NamedTuple):
    """One variant. Units: seconds."""

    name: str
    times: list[float]


def docker(*arguments: str) -> str:
    return subprocess.run([DOCKER, *arguments], check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def container(*arguments: str) -> Iterator[str]:
    name = f"labinit-bench-{uuid.uuid4().hex[:8]}"
    docker("create", "--name", name, "--publish", "127.0.0.1::8080", *arguments)
    try:
        yield name
    finally:
        docker("rm", "--force", "--volumes", name)


def seconds_to_ready(start: Callable[[], object], name: str) -> float:
    """Return the time from `start` to the first 200 on /api."""
    began = time.monotonic()
    start()
    url = f"http://{docker('port', name, '8080/tcp').splitlines()[0]}/api"
    while time.monotonic() - began < LIMIT_S:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return time.monotonic() - began
        except OSError:
            time.sleep(0.005)
    raise TimeoutError(docker("logs", name))


def measure() -> tuple[list[Row], dict[str, float]]:
    """Return a row a variant, and the memory of PID 1 in MB while the server runs."""
    data = tempfile.mkdtemp()
    os.chown(data, 1000, 1000)
    volume = ("--volume", f"{data}:/data")
    settings = ("--env", "LABUID=1000", "--env", "LABPASSWD=bench", "--env", f"JUPYTER_TOKEN={TOKEN}")
    bare = (
        "--user",
        "1000:1000",
        "--env",
        "HOME=/tmp",
        "--entrypoint",
        "jupyter",
        IMAGE,
        "lab",
        f"--IdentityProvider.token={TOKEN}",
    )
    bare += ("--ServerApp.port=8080",)
    rows = {
        name: Row(name, [])
        for name in ("jupyter lab, no entrypoint", "labinit, first boot", "labinit, restart", "docker stop")
    }
    memory: dict[str, float] = {}
    try:
        for _ in range(ROUNDS):
            with container(*volume, *bare) as name:
                rows["jupyter lab, no entrypoint"].times.append(
                    seconds_to_ready(lambda name=name: docker("start", name), name)
                )
            with container(*volume, *settings, IMAGE) as name:
                rows["labinit, first boot"].times.append(
                    seconds_to_ready(lambda name=name: docker("start", name), name)
                )
                memory = memory_of_init(name)
                began = time.monotonic()
                docker("stop", name)
                rows["docker stop"].times.append(time.monotonic() - began)
                rows["labinit, restart"].times.append(seconds_to_ready(lambda name=name: docker("start", name), name))
    finally:
        shutil.rmtree(data)
    return list(rows.values()), memory


def memory_of_init(name: str) -> dict[str, float]:
    """Return PSS and RSS of the container's PID 1 in MB, as seen from outside."""
    pid = docker("inspect", "--format", "{{.State.Pid}}", name)
    with open(f"/proc/{pid}/smaps_rollup") as file:
        kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in file if line.startswith(("Pss:", "Rss:"))}
    return {key: value / 1024 for key, value in kilobytes.items()}


def report() -> str:
    """Measure, and return the table."""
    rows, memory = measure()
    base = statistics.median(rows[0].times)
    lines = [
        "## From `docker run` to the first 200",
        "",
        "| variant | median s | min | max | ratio |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, times in rows:
        ratio = "" if name == "docker stop" else f"{statistics.median(times) / base:.2f}"
        lines.append(f"| {name} | {statistics.median(times):.2f} | {min(times):.2f} | {max(times):.2f} | {ratio} |")
    lines += ["", f"PID 1 while the server runs: {memory['Pss']:.1f} MB PSS, {memory['Rss']:.1f} MB RSS."]
    return "\n".join(lines)

"""Containers to measure: made, started, asked what they have cost, and removed."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCKER = os.environ.get("DOCKER", "docker")
IMAGE = os.environ.get("LABINIT_IMAGE", "labinit:latest")
# Many at once on a busy machine take their time.
LIMIT_S = 600.0
# Only then is it asked whether it is still there: that takes its time as well.
_SUSPICIOUS_S = 20
TOKEN = "bench"


def docker(*arguments: str) -> str:
    return subprocess.run(
        [DOCKER, *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()


class Container:
    """One container, not started yet."""

    def __init__(self, *arguments: str) -> None:
        self.name = f"labinit-bench-{uuid.uuid4().hex[:8]}"
        docker("create", "--name", self.name, "--label", "labinit.bench", *arguments)

    def remove(self) -> None:
        docker("rm", "--force", "--volumes", self.name)

    def start(self) -> None:
        docker("start", self.name)

    def stop(self) -> float:
        """Return how many seconds `docker stop` takes."""
        began = time.monotonic()
        docker("stop", "--time", "30", self.name)
        return time.monotonic() - began

    def seconds_to_ready(self, path: str = "/api") -> float:
        """Start it; return the time to the first 200."""
        began = time.monotonic()
        self.start()
        return self.wait_ready(path) - began

    def wait_ready(self, path: str = "/api", pause_s: float = 0.005) -> float:
        """Return the moment of the first 200, asking again after a pause."""
        deadline = time.monotonic() + LIMIT_S
        look_at = time.monotonic() + _SUSPICIOUS_S
        url = self.url + path
        while time.monotonic() < deadline:
            # No HTTP: where nobody listens any more on a port for clients, one may connect to
            # itself.
            with (
                contextlib.suppress(OSError, http.client.HTTPException),
                urllib.request.urlopen(url, timeout=5),
            ):
                return time.monotonic()
            time.sleep(pause_s)
            if time.monotonic() > look_at:
                if not self.is_running():
                    break
                # Seldom: thirty clients that ask the engine at each turn take all processors.
                look_at += _SUSPICIOUS_S
        log = subprocess.run(
            [DOCKER, "logs", self.name], check=False, capture_output=True, text=True
        )
        raise TimeoutError(f"{self.name} is not ready, or has ended:\n{log.stdout}{log.stderr}")

    def is_running(self) -> bool:
        return docker("inspect", "--format", "{{.State.Running}}", self.name) == "true"

    def wait_healthy(self) -> float:
        """Return the moment at which the engine calls it healthy."""
        deadline = time.monotonic() + LIMIT_S
        while docker("inspect", "--format", "{{.State.Health.Status}}", self.name) != "healthy":
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name} is not healthy after {LIMIT_S:.0f} s")
            time.sleep(0.2)
        return time.monotonic()

    def log(self, since: float) -> list[str]:
        """Return what it has said since a moment, each line with the engine's time stamp."""
        options = ("--timestamps", "--since", f"{since:.6f}")
        done = subprocess.run(
            [DOCKER, "logs", *options, self.name], check=True, capture_output=True, text=True
        )
        return sorted([*done.stdout.splitlines(), *done.stderr.splitlines()])

    @property
    def url(self) -> str:
        return f"http://{docker('port', self.name, '8080/tcp').splitlines()[0]}"

    @property
    def pid(self) -> int:
        """The pid of its PID 1, as seen from outside."""
        return int(docker("inspect", "--format", "{{.State.Pid}}", self.name))

    def cpu_s(self) -> float:
        """Return the processor time that everything in it has used since it was started."""
        for line in Path(f"/proc/{self.pid}/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if "cpuacct" in controllers.split(","):
                return (
                    int(Path(f"/sys/fs/cgroup/{controllers}{path}/cpuacct.usage").read_text()) / 1e9
                )
            if not controllers and (stat := Path(f"/sys/fs/cgroup{path}/cpu.stat")).exists():
                return int(stat.read_text().split()[1]) / 1e6
        return float("nan")

    def pss_mb(self) -> dict[int, float]:
        """Return the proportional set size of each of its processes, by their pid inside."""
        sizes = {}
        for pid in map(int, docker("top", self.name, "-o", "pid").split()[1:]):
            with contextlib.suppress(OSError):
                inside = int(_field(pid, "status", "NSpid").split()[-1])
                sizes[inside] = int(_field(pid, "smaps_rollup", "Pss").split()[0]) / 1024
        return sizes


def _field(pid: int, file: str, name: str) -> str:
    lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    return next(line.partition(":")[2] for line in lines if line.startswith(f"{name}:"))


@contextlib.contextmanager
def container(*arguments: str) -> Iterator[Container]:
    made = Container(*arguments)
    try:
        yield made
    finally:
        made.remove()

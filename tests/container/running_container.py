"""One container of the image under test: started, asked, and removed."""

import contextlib
import json
import os
import re
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from tests.commands import Finished
from tests.container.engine import Engine
from tests.container.jupyter import Client
from tests.container.kernel_client import Cell, Shell

# One to a test session: a backstop for what a killed test has left.
SESSION = f"labinit.test={os.getpid()}-{uuid.uuid4().hex[:8]}"
READY_S = 60


class Container:
    """One container, from `docker run` to `docker rm`."""

    def __init__(
        self, docker: Engine, name: str, port: int, token: str, expect_warnings: tuple[str, ...]
    ) -> None:
        self.docker = docker
        self.name = name
        self.expect_warnings = expect_warnings
        self._port = port
        self._token = token

    # --- the engine's view

    def inspect(self, template: str) -> Any:
        """Return a part of `docker inspect`, such as `.State.ExitCode`."""
        return json.loads(self.docker("inspect", "--format", f"{{{{json {template}}}}}", self.name))

    @property
    def is_running(self) -> bool:
        return bool(self.inspect(".State.Running"))

    @property
    def exit_code(self) -> int:
        return int(self.inspect(".State.ExitCode"))

    @property
    def pid(self) -> int:
        """The pid that PID 1 has on the host."""
        return int(self.inspect(".State.Pid"))

    def logs(self) -> str:
        """Return everything the container has said, on both streams and in all its boots."""
        done = self.docker.try_(
            "logs",
            self.name,
            capture_output=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        return done.stdout

    def boot_log(self) -> list[str]:
        """Return labinit's own lines of the latest boot."""
        own = [line for line in self.logs().splitlines() if line.startswith("labinit: ")]
        first = max(
            (number for number, line in enumerate(own) if line.startswith("labinit: labinit ")),
            default=0,
        )
        return own[first:]

    def start(self) -> "Container":
        self.docker("start", self.name)
        return self

    def stop(self, timeout_s: int = 10) -> float:
        """Stop it as `docker stop` does, and return how many seconds that took."""
        began = time.monotonic()
        self.docker("stop", "--time", str(timeout_s), self.name)
        return time.monotonic() - began

    def restart(self) -> "Container":
        self.docker("restart", self.name)
        return self

    def kill(self, signal: str = "KILL") -> None:
        self.docker("kill", "--signal", signal, self.name)

    def wait(self, timeout_s: float = 60) -> int:
        """Wait until it ends by itself; return its exit code."""
        return int(self.docker("wait", self.name, timeout=timeout_s))

    def diff(self) -> list[str]:
        """Return what has changed in its file system, as `docker diff` puts it."""
        return self.docker("diff", self.name).splitlines()

    def remove(self) -> None:
        self.docker.try_("rm", "--force", "--volumes", self.name)

    # --- inside

    def exec(
        self,
        argv: Sequence[str],
        *,
        user: str = "",
        input: str = "",  # noqa: A002 - what subprocess calls it
        env: Mapping[str, str] | None = None,
        workdir: str = "",
    ) -> Finished:
        """Run a command inside to its end: as root, or as `user`."""
        options = ["--interactive"]
        options += ["--user", user] if user else []
        options += ["--workdir", workdir] if workdir else []
        options += [f"--env={name}={value}" for name, value in (env or {}).items()]
        return self.docker.try_("exec", *options, self.name, *argv, input=input)

    def output(self, *argv: str, user: str = "") -> str:
        """Return what a command inside prints, which has to succeed."""
        done = self.exec(argv, user=user)
        assert done.exit_code == 0, f"{argv}: {done}"
        return done.stdout.strip()

    # --- the server

    @property
    def url(self) -> str:
        """Where the server can be reached.

        Asked each time: the engine picks another port for each start.
        """
        ports = self.inspect(".NetworkSettings.Ports")
        published = ports.get(f"{self._port}/tcp")
        assert published, f"{self.name} publishes no port {self._port}: it has ended, see its log"
        return f"http://127.0.0.1:{published[0]['HostPort']}"

    @property
    def token(self) -> str:
        """The token that it was given, else the one it has made."""
        return self._token or self.output("cat", "/run/labinit/token")

    def client(self, token: str | None = None) -> Client:
        """Return a client of the server; `token=""` sends none."""
        return Client(self.url, self.token if token is None else token)

    def wait_ready(self, path: str = "/api", timeout_s: float = READY_S) -> "Container":
        """Wait for a 200 from the server; fail at once when the container ends."""
        deadline = time.monotonic() + timeout_s
        restarts = self.inspect(".RestartCount")
        while True:
            with contextlib.suppress(requests.RequestException, AssertionError):
                if requests.get(self.url + path, timeout=5).status_code == requests.codes.ok:
                    return self
            assert self.inspect(".State.Status") in {"created", "running", "restarting"}, (
                f"ended:\n{self.logs()}"
            )
            assert self.inspect(".RestartCount") <= restarts + 2, (
                f"ends again and again:\n{self.logs()}"
            )
            assert time.monotonic() < deadline, f"not ready after {timeout_s} s:\n{self.logs()}"
            time.sleep(0.05)

    def wait_for_log(self, expression: str, timeout_s: float = READY_S) -> str:
        """Wait until a line of the log matches; return that line.

        Fail at once when the container ends.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            is_over = self.inspect(".State.Status") in {"exited", "dead"}
            log = self.logs()
            if match := re.search(f"^.*(?:{expression}).*$", log, re.MULTILINE):
                return match[0]
            assert not is_over, f"ended without /{expression}/:\n{log}"
            assert time.monotonic() < deadline, f"no /{expression}/ after {timeout_s} s:\n{log}"
            time.sleep(0.05)

    def get(self, path: str, token: str | None = None, **options: Any) -> requests.Response:
        return self.client(token).request("GET", path, **options)

    def run_cell(self, code: str, kernel: str = "python3", timeout_s: float = 60) -> Cell:
        """Run one cell in a kernel of its own."""
        with self.client().kernel(kernel) as started:
            return started.run(code, timeout_s)

    def terminal(self, script: str) -> Shell:
        """Run a script in a terminal of its own."""
        return self.client().terminal(script)

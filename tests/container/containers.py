"""Containers of the image under test: started, asked, judged by their log, and removed."""

import contextlib
import json
import os
import re
import subprocess
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import requests

from tests.container.engine import CHECKOUT, Engine, Finished
from tests.container.jupyter import Cell, Client, Shell

# Path on the host, or name, → path inside. A mapping of one kind of key is one of both nowhere
# else.
Mounts = Mapping[Path, str] | Mapping[str, str] | Mapping[Path | str, str]

# One to a test session: a backstop for what a killed test has left.
SESSION = f"labinit.test={os.getpid()}-{uuid.uuid4().hex[:8]}"
READY_S = 60
# What has gone wrong according to labinit, to a Jupyter program, or to Python.
_WARNING = re.compile(r"^labinit: warning: |^\[[WE] |\b(WARNING|ERROR)\b|^\S*Warning: |^Traceback ")

# What the server says where a page or a client leaves, or restarts a kernel, with messages on the
# way, and where a kernel takes its time.
CLIENT_LEFT = (
    "Nudge: attempt",
    "Got events for closed stream",
    "zmq message arrived on closed channel",
    "Replacing stale connection",
    "Timeout waiting for kernel_info",
    r"404 \w+ /api/(kernels|sessions)/",
    "Kernel does not exist",
)
# A browser that has gone on before the answer came, as at each reload. Nothing is wrong then.
# The second is jupyter_server#1265, whose 500 follows; any other cause of a 500 stands in the log
# by itself.
_GONE_ON = re.compile(
    r"^\[E [^\n]*\] Uncaught exception [^\n]*\n(?:    [^\n]*\n)*?    "
    r"(?:tornado\.\w+\.(?:Stream|WebSocket)ClosedError\b|AttributeError: [^\n]* 'kernel_ws_protocol')[^\n]*\n"
    r"|^\[E [^\n]*\] \{\n(?:      [^\n]*\n)*    \}\n\[E [^\n]*\] 500 GET /api/kernels/[^\n]*/channels[^\n]*\n",
    re.MULTILINE,
)


def unexpected_warnings(log: str, expected: Iterable[str]) -> list[str]:
    """Return the warnings of a log that no expression matches."""
    found = [line for line in _GONE_ON.sub("", log).splitlines() if _WARNING.search(line)]
    return [line for line in found if not any(re.search(one, line) for one in expected)]


def missing_warnings(log: str, expected: Iterable[str]) -> list[str]:
    """Return the expressions that match nothing in a log."""
    return [f"not in the log: /{one}/" for one in expected if not re.search(one, log, re.MULTILINE)]


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


class Containers:
    """Makes containers, remembers them, and at the end holds each to its log."""

    # Those that exist now, for the report of a test that fails.
    living: list[Container] = []  # noqa: RUF012 - one to the session, on purpose

    def __init__(self, docker: Engine, image: str, *, are_shared: bool = False) -> None:
        self._docker = docker
        self._image = image
        # Which tests of a module run is up to whoever runs them, so what they provoke may be
        # missing.
        self._are_shared = are_shared
        self._made: list[Container] = []

    def __call__(
        self,
        env: Mapping[str, str] | None = None,
        volumes: Mounts | None = None,
        args: Sequence[str] = (),
        command: Sequence[str] = (),
        *,
        image: str = "",
        port: int = 8080,
        expect_warnings: Sequence[str] = (),
    ) -> Container:
        """Start a container in the background; `port` inside is published on a free port of
        127.0.0.1.

        `volumes` are path on the host (or name) → path inside, which may end in ":ro". `args` go to
        `docker run`. `expect_warnings` are expressions: warnings they do not match fail the test,
        and so does one that matches none.
        """
        publish = () if "--network=host" in args else ("--publish", f"127.0.0.1::{port}")
        container = self._container(env or {}, port, expect_warnings)
        options = self._options(container, env or {}, volumes or {}, (*publish, *args))
        self._docker("run", "--detach", *options, image or self._image, *command)
        return container

    def run(
        self,
        command: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        volumes: Mounts | None = None,
        args: Sequence[str] = (),
        *,
        image: str = "",
        stdin: str = "",
        expect_warnings: Sequence[str] = (),
        timeout_s: float = 120,
    ) -> Finished:
        """Run a container in the foreground to its end; what it leaves behind is in `last`."""
        container = self._container(env or {}, 8080, expect_warnings)
        options = self._options(container, env or {}, volumes or {}, args)
        return self._docker.try_(
            "run", *options, image or self._image, *command, input=stdin, timeout=timeout_s
        )

    @property
    def last(self) -> Container:
        """The container made last."""
        return self._made[-1]

    def close(self) -> None:
        """Remove all of them. Raises: AssertionError, for warnings nobody expected."""
        problems = ""
        for container in reversed(self._made):
            log = container.logs()
            container.remove()
            self.living.remove(container)
            lines = unexpected_warnings(log, container.expect_warnings)
            lines += [] if self._are_shared else missing_warnings(log, container.expect_warnings)
            if lines:
                problems += (
                    f"unexpected warnings of {container.name}:\n"
                    + "\n".join(lines)
                    + f"\nin its log:\n{log}"
                )
        self._made.clear()
        assert not problems, problems

    def _container(
        self, env: Mapping[str, str], port: int, expect_warnings: Sequence[str]
    ) -> Container:
        name = f"labinit-test-{uuid.uuid4().hex[:12]}"
        container = Container(
            self._docker, name, port, env.get("JUPYTER_TOKEN", ""), tuple(expect_warnings)
        )
        self._made.append(container)
        self.living.append(container)
        return container

    def _options(
        self,
        container: Container,
        env: Mapping[str, str],
        volumes: Mounts,
        args: Sequence[str],
    ) -> list[str]:
        return [
            *("--name", container.name, "--label", SESSION, "--pull", "never"),
            *(f"--env={name}={value}" for name, value in env.items()),
            *(f"--volume={host}:{inside}" for host, inside in (*volumes.items(), *_source())),
            *args,
        ]


def _source() -> Iterable[tuple[Path, str]]:
    """With LABINIT_SOURCE=1, the checkout is tested in an image that was built before the latest
    change."""
    if os.environ.get("LABINIT_SOURCE"):
        yield CHECKOUT / "labinit", "/opt/lab/lib/python3.13/site-packages/labinit:ro"

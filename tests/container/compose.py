"""Docker Compose: that of the machine, else Debian's in a container, which talks to the same
engine."""

import json
import os
import shlex
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.commands import Finished, run_to_end
from tests.container.engine import CHECKOUT, Engine
from tests.container.running_container import READY_S

TOOLS_IMAGE = "labinit-test-tools"


def build_tools(docker: Engine) -> str:
    """Return the image with what the tests of deploy/ need; built once, then cached."""
    docker(
        "build",
        "--quiet",
        "--tag",
        TOOLS_IMAGE,
        str(CHECKOUT / "tests/container/tools"),
        timeout=900,
    )
    return TOOLS_IMAGE


class Project:
    """One project, from `up` to `down`; `directory` holds the files, and everything they name."""

    def __init__(self, docker: Engine, directory: Path, file: str, env: Mapping[str, str]) -> None:
        self._docker = docker
        self._directory = directory
        self._file = file
        self._env = dict(env)
        self.name = f"labinit-test-{uuid.uuid4().hex[:12]}"

    def __call__(self, *arguments: str, timeout_s: float = 5 * READY_S) -> Finished:
        argv = self.command(str(self._directory), *arguments)
        return run_to_end(argv, self._docker.environ | self._env, timeout=timeout_s)

    def command(self, folder: str, *arguments: str) -> list[str]:
        """Return the argv of `docker compose ARGUMENTS`, as it is given in a folder."""
        file = str(self._directory / self._file)
        words = ("--project-name", self.name, "--file", file, *arguments)
        if self._docker.try_("compose", "version").stdout.startswith("Docker Compose version"):
            return self._docker.command("compose", *words)
        return self._in_container(folder, words)

    def shell(self, directory: Path, script: str, timeout_s: float) -> Finished:
        """Run a person's commands there: `docker compose` is that of this project."""
        programs = directory / "bin"
        programs.mkdir(exist_ok=True)
        compose = shlex.join(self.command("@")).replace(" @ ", ' "$PWD" ')
        docker = shlex.join(self._docker.command())
        wrapper = f'[ "$1" != compose ] || {{ shift; exec {compose} "$@"; }}; exec {docker} "$@"'
        (programs / "docker").write_text(f"#!/bin/sh\n{wrapper}\n")
        (programs / "docker").chmod(0o755)
        path = {"PATH": f"{programs}:{os.environ['PATH']}"}
        argv = ["bash", "-euo", "pipefail", "-c", script]
        env = self._docker.environ | self._env | path
        return run_to_end(argv, env, cwd=directory, timeout=timeout_s)

    def container_id(self, service: str) -> str:
        """Return the container of a service. Asks the engine: Compose may be a container."""
        labels = (f"project={self.name}", f"service={service}")
        filters = (f"--filter=label=com.docker.compose.{label}" for label in labels)
        return self._docker("ps", "--all", "--quiet", *filters)

    def inspect(self, service: str, template: str) -> Any:
        return json.loads(
            self._docker(
                "inspect", "--format", f"{{{{json {template}}}}}", self.container_id(service)
            )
        )

    def exec(self, service: str, *argv: str) -> str:
        return self._docker("exec", self.container_id(service), *argv).strip()

    def logs(self) -> str:
        return self("logs", "--no-color").stdout

    def address(self, service: str, port: int) -> str:
        """Return the address on this machine, "" if there is none."""
        return self._docker.try_("port", self.container_id(service), str(port)).stdout.strip()

    def _in_container(self, folder: str, words: tuple[str, ...]) -> list[str]:
        build_tools(self._docker)
        host = self._docker.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        socket = host.removeprefix("unix://")
        where = ("--volume", f"{socket}:{socket}") if socket != host else ()
        return self._docker.command(
            *(
                "run",
                "--rm",
                "--network",
                "host",
                "--user",
                str(os.getuid()),
                *where,
                "--env",
                f"DOCKER_HOST={host}",
            ),
            *(
                "--volume",
                f"{self._directory}:{self._directory}",
                "--workdir",
                folder,
                "--env",
                "HOME=/tmp",
            ),
            *(word for name in self._env for word in ("--env", name)),
            *(TOOLS_IMAGE, "docker-compose", *words),
        )

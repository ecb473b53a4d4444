"""The Docker engine, through its own command line. Knows nothing of labinit."""

import ipaddress
import json
import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.commands import Finished, run_to_end

CHECKOUT = Path(__file__).parents[2]


class Engine:
    """A Docker engine: that of the environment, else the one `tools/engine` has found or
    started."""

    def __init__(self) -> None:
        self._environ = dict(os.environ)
        if not {"DOCKER_HOST", "DOCKER"} & self._environ.keys():
            self._environ |= _ask_tools_engine()
        self._client = self._environ.get("DOCKER", "docker")

    def command(self, *arguments: str) -> list[str]:
        """Return the argv of a docker command, for a test that needs its process."""
        return [self._client, *arguments]

    @property
    def environ(self) -> dict[str, str]:
        """The environment that `command` needs."""
        return self._environ

    def try_(self, *arguments: str, **options: Any) -> Finished:
        """Run `docker ARGUMENTS` to its end, however it ends."""
        return run_to_end(self.command(*arguments), self._environ, **options)

    def __call__(self, *arguments: str, **options: Any) -> str:
        """Return what `docker ARGUMENTS` prints; it has to succeed."""
        done = self.try_(*arguments, **options)
        assert done.exit_code == 0, f"docker {shlex.join(arguments)}: {done}"
        return done.stdout.strip()

    def bridge(self) -> str:
        """Return this machine's address on the containers' bridge.

        A bridge that is new names its subnet only.
        """
        config = json.loads(
            self("network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}")
        )[0]
        return config.get("Gateway") or str(next(ipaddress.ip_network(config["Subnet"]).hosts()))


def _ask_tools_engine() -> dict[str, str]:
    done = subprocess.run(
        [CHECKOUT / "tools" / "engine", "env"],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    if done.returncode != 0:
        raise RuntimeError("no Docker engine answers; run: tools/engine up")
    words = [shlex.split(line) for line in done.stdout.splitlines()]
    return dict(assignment.split("=", 1) for _, assignment in words)


class Volumes:
    """Fresh directories on the host, removed afterwards whoever owns what is in them."""

    def __init__(self, docker: Engine, image: str) -> None:
        self._docker = docker
        self._image = image
        self._paths: list[Path] = []

    def __call__(self, uid: int = 0, gid: int = 0, mode: int = 0o755) -> Path:
        """Make an empty directory with this owner and mode."""
        path = Path(tempfile.mkdtemp(prefix="labinit-test-"))
        self._paths.append(path)
        path.chmod(mode)
        self._as_root(path, f"chown {uid}:{gid} /volume")
        return path

    def remove_all(self) -> None:
        """Remove them, with all that containers have left in them."""
        for path in self._paths:
            self._as_root(path, "find /volume -mindepth 1 -delete")
            self._as_root(path, f"chown {os.geteuid()} /volume")
            path.rmdir()
        self._paths.clear()

    def _as_root(self, path: Path, command: str) -> None:
        if os.geteuid() == 0:
            subprocess.run(
                command.replace("/volume", shlex.quote(str(path))), shell=True, check=True
            )
        else:
            mount = f"{path}:/volume"
            self._docker(
                "run", "--rm", "-v", mount, "--entrypoint", "sh", self._image, "-c", command
            )

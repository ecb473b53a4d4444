"""The commands of deploy/kubernetes/README.md, executed as they stand, but for names."""

import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.commands import run_to_end
from tests.container.engine import CHECKOUT, Engine
from tests.kubernetes.cluster import READY_S, must, tool
from tests.shell_blocks import commands, renamed


class Readme:
    """A person's shell in deploy/kubernetes, with `kubectl` and a kubeconfig of their own.

    `names` are those that the commands and the files are to have in place of the README's.
    """

    def __init__(self, directory: Path, names: Mapping[str, str]) -> None:
        self._names = names
        self.folder = directory / "deploy/kubernetes"
        shutil.copytree(CHECKOUT / "deploy", directory / "deploy")
        for file in self.folder.rglob("*.yaml"):
            file.write_text(renamed(file.read_text(), names))
        engine = Engine()
        programs = directory / "bin"
        programs.mkdir()
        docker = programs / "docker"
        docker.write_text(f'#!/bin/sh\nexec {shlex.join(engine.command())} "$@"\n')
        docker.chmod(0o755)
        exports = dict(word.split("=", 1) for word in shlex.split(must(tool("up")))[1:])
        kubeconfig = str(shutil.copy(exports["KUBECONFIG"], directory / "kubeconfig"))
        path = exports["PATH"].removesuffix("$PATH") + os.environ["PATH"]
        self._env = engine.environ | {"KUBECONFIG": kubeconfig, "PATH": f"{programs}:{path}"}

    def commands(self, section: str) -> list[str]:
        """Return the lines of a section's shell blocks."""
        return commands(self.folder / "README.md", section, self._names)

    def run(self, command: str) -> str:
        """Return what a command prints; it has to succeed."""
        shell = ["bash", "-euo", "pipefail", "-c", command]
        done = run_to_end(shell, self._env, cwd=self.folder, timeout=READY_S + 600)
        assert done.exit_code == 0, f"{command}\n{done}"
        return done.stdout.strip()

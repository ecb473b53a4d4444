"""What is measured side by side, in one image: no entrypoint, tini, dumb-init, the classic shell
script, labinit."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench.containers import IMAGE, TOKEN, docker

if TYPE_CHECKING:
    from collections.abc import Iterator

UID = 1000
NONE, CLASSIC, LABINIT = "no entrypoint", "classic shell script", "labinit"

# JupyterLab as everybody runs it.
_JUPYTER_LAB: tuple[str, ...] = ("jupyter", "lab", "--ip=0.0.0.0", "--port=8080", "--no-browser")
_JUPYTER_LAB += (f"--IdentityProvider.token={TOKEN}",)
_SETTINGS = tuple(
    f"--env={setting}"
    for setting in (f"LABUID={UID}", f"LABGID={UID}", "LABPASSWD=bench", f"JUPYTER_TOKEN={TOKEN}")
)
# The image's check is labinit's own. Behind another entrypoint it would fail for ever, every
# second, and slow that down.
_NO_CHECK = "--no-healthcheck"
_AS_USER = ("--user", f"{UID}:{UID}", "--env", "HOME=/tmp")


class Peer(NamedTuple):
    """A way to start a command in the image."""

    name: str
    options: tuple[str, ...]
    prefix: tuple[str, ...] = ()

    def arguments(self, *command: str, options: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return the arguments of `docker create` for a command; none: JupyterLab."""
        if not command:
            command = () if self.name == LABINIT else _JUPYTER_LAB
        return (*self.options, *options, IMAGE, *self.prefix, *command)


def peers() -> tuple[Peer, ...]:
    """Return those that can be had on this machine, labinit last."""
    found = [Peer(NONE, (*_AS_USER, _NO_CHECK, "--entrypoint", ""))]
    for name in ("tini", "dumb-init"):
        if path := shutil.which(name):
            mount = ("--volume", f"{path}:/bench/{name}:ro", "--entrypoint", f"/bench/{name}")
            found.append(Peer(name, (*_AS_USER, _NO_CHECK, *mount), ("--",)))
    script = Path(__file__).with_name("classic.sh")
    mount = ("--volume", f"{script}:/bench/classic.sh:ro", "--entrypoint", "/bench/classic.sh")
    return (*found, Peer(CLASSIC, (*_SETTINGS, _NO_CHECK, *mount)), Peer(LABINIT, _SETTINGS))


@contextlib.contextmanager
def data_volume() -> Iterator[tuple[str, ...]]:
    """Make a data directory of the user's, with a few files in it; yield the options that mount
    it."""
    path = Path(tempfile.mkdtemp(prefix="labinit-bench-"))
    path.chmod(0o755)
    for number in range(100):
        (path / f"{number}.ipynb").write_text("{}")
    try:
        _as_root(path, "chown", "-R", f"{UID}:{UID}", str(path))
        yield ("--volume", f"{path}:/data")
    finally:
        # The files may be another user's by now.
        _as_root(path, "find", str(path), "-mindepth", "1", "-delete")
        path.rmdir()


def _as_root(path: Path, *command: str) -> None:
    """Run a command on a directory as root: who measures may be somebody else, but may use the
    engine."""
    if os.geteuid() == 0:
        subprocess.run(command, check=True)
    else:
        docker(
            "run",
            "--rm",
            "--volume",
            f"{path}:{path}",
            "--entrypoint",
            command[0],
            IMAGE,
            *command[1:],
        )

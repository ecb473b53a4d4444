"""labinit and its peers, and how each is started as a plain init."""

import functools
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.system.conformance.processes import Started, start

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[2]
MAIN = CHECKOUT / "labinit" / "__main__.py"


@dataclass(frozen=True)
class Init:
    """An init.

    `prefix()` is what stands before the command; `subreaper()` the same where it is not PID 1.
    """

    name: str
    prefix: Callable[[], Sequence[str]]
    subreaper: Callable[[], Sequence[str]]

    def __str__(self) -> str:
        return self.name

    def start(
        self, command: Sequence[str | bytes], *arguments: object, **options: object
    ) -> Started:
        """Start it as PID 1, with this command."""
        return start([*self.prefix(), *command], *arguments, **options)  # type: ignore[arg-type]


@functools.cache
def build_directory() -> Path:
    """Where what the tests compile lies, until the interpreter ends."""
    directory = tempfile.TemporaryDirectory(prefix="labinit-conformance-")
    _kept.append(directory)
    Path(directory.name).chmod(0o755)
    return Path(directory.name)


_kept: list[object] = []


@functools.cache
def compiled(source: Path, *definitions: str) -> str:
    """Compile a C program as the Dockerfile does, once; return its path."""
    assert shutil.which("musl-gcc"), "there is no musl-gcc; run: tools/setup"
    target = build_directory() / source.stem
    options = [f"-D{definition}" for definition in definitions]
    subprocess.run(["musl-gcc", "-static", "-Os", "-s", *options, "-o", target, source], check=True)
    return str(target)


def launcher() -> str:
    """The launcher of the image, for this interpreter and this checkout."""
    return compiled(
        CHECKOUT / "image" / "launcher" / "launcher.c",
        f'PYTHON="{sys.executable}"',
        f'MAIN="{MAIN}"',
        'NAME="labinit"',
        "BLOCK_SIGNALS",
    )


def child(name: str) -> list[str]:
    """Return the argv of one of the children in `children/`."""
    if name.endswith(".c"):
        return [compiled(HERE / "children" / name)]
    return [sys.executable, "-I", "-S", str(HERE / "children" / name)]


def _plain(name: str, *options: str, not_init: Sequence[str] = ()) -> Init:
    return Init(name, lambda: [name, *options, "--"], lambda: [name, *options, *not_init, "--"])


LABINIT = Init(
    "labinit", lambda: [launcher(), "--init-only", "--"], lambda: [launcher(), "--init-only", "--"]
)
# What `pip install labinit` brings: no launcher, so Python starts twice.
LABINIT_PIP = Init(
    "labinit (pip)",
    lambda: [sys.executable, str(MAIN), "--init-only", "--"],
    lambda: [sys.executable, str(MAIN), "--init-only", "--"],
)
TINI = _plain("tini", not_init=("-s",))
DUMB_INIT = _plain("dumb-init")
CATATONIT = _plain("catatonit")
INITS = (LABINIT, LABINIT_PIP, TINI, DUMB_INIT, CATATONIT)
PEERS = (TINI, DUMB_INIT, CATATONIT)

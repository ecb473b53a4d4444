"""The walk against `chown -R`: on a warm local disk, where each call takes a millisecond, and its
memory."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench.tables import median, ratio, table
from labinit.files.chown_walk import chown_tree
from tests.system.slow_volume import slow_volume

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
DIRECTORIES, FILES = 2000, 100
MILLION = int(os.environ.get("BENCH_ENTRIES", "1000000"))
USER, OTHER, THIRD = 1000, 2000, 3000


@contextmanager
def _tree(directories: int, files: int) -> Iterator[Path]:
    """Make a tree on the disk, and remove it afterwards."""
    tree = Path(tempfile.mkdtemp(prefix="labinit-bench-", dir="/var/tmp"))  # /tmp may be no disk
    try:
        for number in range(directories):
            (tree / f"directory-{number}").mkdir()
            descriptor = os.open(tree / f"directory-{number}", os.O_RDONLY)
            for file in range(files):
                os.mknod(f"some-notebook-{file}.ipynb", dir_fd=descriptor)
            os.close(descriptor)
        yield tree
    finally:
        shutil.rmtree(tree)


def _chown(tree: Path, owner: int, *options: str) -> None:
    subprocess.run(["chown", "-R", *options, f"{owner}:{owner}", tree], check=True)


def _chown_directories(tree: Path, owner: int) -> None:
    subprocess.run(
        ["find", tree, "-type", "d", "-exec", "chown", f"{owner}:{owner}", "{}", "+"], check=True
    )


def _walk(tree: Path, owner: int) -> None:
    """Walk in a process of its own, as the set-up does."""
    pid = os.fork()
    if pid == 0:
        with open(os.devnull, "w") as nothing:
            os.dup2(nothing.fileno(), 2)
        os._exit(0 if chown_tree(str(tree), owner, owner).is_whole else 1)
    if os.waitpid(pid, 0)[1] != 0:
        raise RuntimeError("the walk has failed")


def _took(work: Callable[[], None]) -> tuple[float, float]:
    """Return seconds, and processor seconds of all processes."""
    before, began = os.times(), time.monotonic()
    work()
    took_s, after = time.monotonic() - began, os.times()
    return took_s, sum(after[2:4]) - sum(before[2:4])


def _local() -> str:
    """All right, all wrong: root's, somebody else's, and with directories that are the user's
    already."""
    walks: dict[str, list[tuple[float, float]]] = defaultdict(list)
    peers: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with _tree(DIRECTORIES, FILES) as tree:
        for _ in range(ROUNDS):
            _chown(tree, 0)
            walks["all wrong, root's"].append(_took(lambda: _walk(tree, USER)))
            walks["all right"].append(_took(lambda: _walk(tree, USER)))
            peers["all right"].append(_took(lambda: _chown(tree, USER)))
            peers["all wrong, root's"].append(_took(lambda: _chown(tree, OTHER)))
            walks["all wrong, somebody else's"].append(_took(lambda: _walk(tree, THIRD)))
            peers["all wrong, somebody else's"].append(_took(lambda: _chown(tree, OTHER)))
            _chown_directories(tree, USER)
            walks["files wrong, directories right"].append(_took(lambda: _walk(tree, USER)))
            peers["files wrong, directories right"].append(_took(lambda: _chown(tree, THIRD)))
    rows = [
        [
            name,
            f"{median([wall for wall, _ in walks[name]]):.2f}",
            f"{median([wall for wall, _ in peers[name]]):.2f}",
            ratio([wall for wall, _ in walks[name]], [wall for wall, _ in peers[name]]),
            ratio([worked for _, worked in walks[name]], [worked for _, worked in peers[name]]),
        ]
        for name in walks
    ]
    return table(
        ["200,000 files in 2,000 directories", "labinit s", "`chown -R` s", "ratio", "processor"],
        rows,
    )


def _slow() -> str:
    rows = []
    for directories, files in ((20, 100), (200, 10), (1, 2000)):
        times: dict[str, float] = {}
        for name, give in (("labinit", _walk), ("chown", _chown)):
            mounted = Path(tempfile.mkdtemp(prefix="labinit-bench-"))
            try:
                with slow_volume(mounted, directories, files, latency_ms=1):
                    times[name] = _took(
                        lambda give=give, where=mounted: give(where, USER)  # type: ignore[misc]
                    )[0]
            finally:
                mounted.rmdir()
        name = f"{files} files in {directories} director{'y' if directories == 1 else 'ies'}"
        compared = f"{times['labinit'] / times['chown']:.2f}"
        rows.append([name, f"{times['labinit']:.1f}", f"{times['chown']:.1f}", compared])
    return table(["1 ms a call, all wrong", "labinit s", "`chown -R` s", "ratio"], rows)


def _peak_mb(tree: Path) -> str:
    """Return how much memory a fresh interpreter has needed at most, and each of those it was
    helped by."""
    # Not ru_maxrss of its own, in which the process that started it still counts.
    code = (
        "import resource, sys; from labinit.files.chown_walk import chown_tree; "
        "chown_tree(sys.argv[1], 1000, 1000);"
        "print(*(line.split()[1] for line in open('/proc/self/status') if "
        "line.startswith('VmHWM')),"
        "resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    argv = [sys.executable, "-c", code, str(tree)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return " and ".join(f"{int(peak) / 1024:.1f}" for peak in done.stdout.split() if peak != "0")


def _memory() -> str:
    rows = []
    for directories, files in ((10, 10), (MILLION // 100, 100), (1, MILLION)):
        with _tree(directories, files) as tree:
            rows.append([f"{directories * files:,} files in {directories:,}", _peak_mb(tree)])
    return table(["directories", "MB at most, also of a helper"], rows)


def _stop() -> str:
    """Return how long SIGTERM takes to end a walk that is in the middle of 200,000 files."""
    times = []
    with _tree(DIRECTORIES, FILES) as tree:
        for owner in range(ROUNDS):
            pid = os.fork()
            if pid == 0:
                chown_tree(str(tree), 5000 + owner, 5000)
                os._exit(0)
            time.sleep(0.1)
            began = time.monotonic()
            os.kill(pid, signal.SIGTERM)
            if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGTERM:
                times.append((time.monotonic() - began) * 1000)
    if not times:
        return "SIGTERM in the middle of a walk: each walk had ended before."
    return (
        f"SIGTERM in the middle of a walk ends it within {max(times):.1f} ms ({len(times)} tries)."
    )


def report() -> str:
    """Measure, and return the section."""
    parts = (_local(), _slow(), _memory(), _stop())
    return "\n\n".join(("## Ownership", *parts))

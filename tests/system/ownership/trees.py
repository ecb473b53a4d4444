"""The walk changes the owner of what it should and of nothing else, whatever a tree looks like and
whoever is changing it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from labinit.files.chown_walk import chown_tree

UID, GID = 4321, 4322
_REPOSITORY = str(Path(__file__).parents[3])
# Walks argv[1], gives it to argv[2], and tells what happened.
_WALK = """
import json, resource, sys
from labinit.files.chown_walk import chown_tree
own = int(sys.argv[2])
outcome = chown_tree(sys.argv[1], own, own)
# Not ru_maxrss of its own, in which the process that started this one still counts.
with open("/proc/self/status") as status:
    own_peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
peak = max(own_peak, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
print(json.dumps({"seen": outcome.seen, "changed": outcome.changed, "refused": outcome.refused,
    "left_alone": outcome.left_alone, "is_whole": outcome.is_whole,
    "first": outcome.first_refused, "peak_kb": peak}))
"""


def walk_in(prepare: str, tree: Path, own: int = UID) -> dict[str, Any]:
    """Walk in a process of its own, after a line for the shell; return what it has seen."""
    script = f'set -eu; {prepare}; exec "$@"'
    argv = ["sh", "-c", script, "sh", sys.executable, "-c", _WALK, str(tree), str(own)]
    done = subprocess.run(
        argv, capture_output=True, text=True, cwd=_REPOSITORY, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def owner(path: Path | str) -> tuple[int, int]:
    found = os.lstat(path)
    return found.st_uid, found.st_gid


def owners(tree: Path) -> set[tuple[int, int]]:
    below = (
        Path(directory, name)
        for directory, names, files in os.walk(tree)
        for name in (*names, *files)
    )
    return {owner(path) for path in (tree, *below)}


class Walks:
    """How often to walk, and with how many workers."""

    def __init__(self, rounds: int, **options: Any) -> None:
        self.rounds = rounds
        self.options = options

    def back_and_forth(self, tree: Path, share: int = 1) -> None:
        """Walk that often; the owner alternates, so that each walk has everything to do."""
        for number in range(self.rounds // share):
            chown_tree(str(tree), UID + number % 2, UID, **self.options)

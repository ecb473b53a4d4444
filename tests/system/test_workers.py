"""A walk that takes long gets help: on slow volumes most of all.

It is the same walk, whatever becomes of them.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from labinit.facts.files import find_directory, find_mounts
from labinit.files.chown_walk import chown_tree
from tests.polling import eventually
from tests.system.slow_volume import slow_volume

UID = 4321
_REPOSITORY = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away"),
    pytest.mark.skipif(
        not os.access("/dev/fuse", os.R_OK | os.W_OK),
        reason="no FUSE here to make a slow volume of",
    ),
]

# Walks argv[1] with help from the start, gives it to argv[2], and tells what it has changed.
_WALK = """
import sys
from labinit.files.chown_walk import chown_tree
outcome = chown_tree(sys.argv[1], int(sys.argv[2]), int(sys.argv[2]), alone_s=-1, workers=3)
print(outcome.changed, outcome.is_whole)
"""


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    """Where a slow volume can be mounted: gone before pytest removes what is below."""
    path = tmp_path / "volume"
    path.mkdir()
    yield path
    path.rmdir()


def owners(tree: Path) -> set[int]:
    below = (
        Path(directory, name)
        for directory, names, files in os.walk(tree)
        for name in (*names, *files)
    )
    return {path.lstat().st_uid for path in (tree, *below)}


@pytest.mark.parametrize(("directories", "files"), [(30, 20), (1, 1000)])
def test_on_a_slow_volume_many_calls_wait_at_the_same_time(
    volume: Path, directories: int, files: int
) -> None:
    with slow_volume(volume, directories, files, latency_ms=1) as told:
        outcome = chown_tree(str(volume), UID, UID)
        assert owners(volume) == {UID}

    assert outcome.changed == 1 + directories * (files + 1)
    assert told["most_at_once"] > 8


def test_the_look_at_a_volume_takes_the_same_whatever_it_holds(volume: Path) -> None:
    requests = []
    for files in (500, 50_000):
        with slow_volume(volume, 1, files, latency_ms=0) as told:
            assert find_directory(f"{volume}/directory-0", find_mounts()) is not None
        requests.append(told["requests"])

    assert requests[0] == requests[1]


def test_a_walk_whose_workers_are_killed_goes_on_without_them(volume: Path) -> None:
    with slow_volume(volume, 4, 150, latency_ms=1):
        argv = [sys.executable, "-c", _WALK, str(volume), str(UID)]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=_REPOSITORY) as walk:
            for worker in eventually(lambda: _children(walk.pid, 3)):
                os.kill(worker, signal.SIGKILL)
            said = walk.communicate()[0]
        assert owners(volume) == {UID}

    changed, is_whole = said.split()
    assert is_whole == "True"
    assert 0 < int(changed) <= 605  # what the killed have changed may not be counted


def test_workers_end_with_the_walk_also_when_it_is_killed(volume: Path) -> None:
    with slow_volume(volume, 4, 500, latency_ms=1):
        argv = [sys.executable, "-c", _WALK, str(volume), str(UID)]
        with subprocess.Popen(argv, cwd=_REPOSITORY) as walk:
            workers = eventually(lambda: _children(walk.pid, 3))
            walk.kill()
        eventually(lambda: _assert_gone(workers), within_s=5)


def test_where_no_more_descriptors_are_to_be_had_there_is_less_help(volume: Path) -> None:
    with slow_volume(volume, 1, 500, latency_ms=0):
        argv = [
            "sh",
            "-c",
            'ulimit -n 12; exec "$@"',
            "sh",
            sys.executable,
            "-c",
            _WALK,
            str(volume),
            str(UID),
        ]
        done = subprocess.run(argv, capture_output=True, text=True, cwd=_REPOSITORY, check=False)

    assert done.stdout == "502 True\n", done.stderr


def test_a_long_walk_tells_how_far_it_is(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    chown_tree(str(tmp_path), UID, UID, progress_s=0)

    assert f"{tmp_path}: 1 entries seen, 1 changed to {UID}:{UID}\n" in capfd.readouterr().err


def _children(pid: int, count: int) -> list[int]:
    found = [child.pid for child in psutil.Process(pid).children()]
    assert len(found) == count
    return found


def _assert_gone(pids: list[int]) -> None:
    assert not [
        pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"
    ]

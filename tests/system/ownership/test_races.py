"""The walk leads nowhere else, whoever changes the tree meanwhile."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from labinit.files import chown_walk
from labinit.files.chown import Chown, Outcome
from labinit.files.chown_walk import chown_tree
from tests.system.ownership.trees import GID, UID, Walks, owner, owners

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")

# Exchanges two names for each other as fast as the kernel lets it, until SIGTERM: renameat2(2) with
# RENAME_EXCHANGE.
_SWAP = """
import ctypes, os, signal, sys
exchange = ctypes.CDLL(None, use_errno=True).renameat2
one, other = map(os.fsencode, sys.argv[1:])
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
print("ready", flush=True)
count = 0
try:
    while exchange(-100, one, -100, other, 2) == 0:
        count += 1
    print(os.strerror(ctypes.get_errno()))
finally:
    print(count)
"""


@contextmanager
def swapping(one: Path, other: Path) -> Iterator[None]:
    """Exchange the two all the time, in a process of its own."""
    argv = [sys.executable, "-c", _SWAP, str(one), str(other)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield
        finally:
            process.terminate()
        assert int(process.stdout.read()) > 1000


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[Path]:
    """Something of root's, which has to stay so."""
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    for number in range(20):
        (foreign / f"file{number}").write_text("")
    yield foreign
    assert owners(foreign) == {(0, 0)}


@pytest.fixture(params=["alone", "with workers"])
def walks(request: pytest.FixtureRequest) -> Walks:
    """In one process, or with the workers that otherwise only a long walk gets."""
    return Walks(1000, workers=0) if request.param == "alone" else Walks(100, alone_s=-1, workers=2)


def test_a_directory_that_is_swapped_for_a_link_does_not_lead_the_walk_away(
    foreign: Path, tree: Path, walks: Walks
) -> None:
    chown_tree(
        str(tree), UID, UID
    )  # nothing in there is root's any more: then the walk may not trust anything
    (tree / "swapped").mkdir()
    for number in range(20):
        (tree / "swapped" / f"file{number}").write_text("")
    (tree / "swapped-with").symlink_to(foreign)

    with swapping(tree / "swapped", tree / "swapped-with"):
        walks.back_and_forth(tree)


def test_a_file_that_is_swapped_for_a_hard_link_does_not_give_the_foreign_file_away(
    foreign: Path, tree: Path, walks: Walks
) -> None:
    chown_tree(str(tree), UID, UID)
    (tree / "swapped").write_text("")
    (tree / "swapped-with").hardlink_to(foreign / "file0")

    with swapping(tree / "swapped", tree / "swapped-with"):
        walks.back_and_forth(tree)


@pytest.mark.usefixtures("foreign")
def test_the_way_back_from_a_deep_directory_that_was_moved_does_not_lead_elsewhere(
    tmp_path: Path, walks: Walks
) -> None:
    """From below the 64th level the walk goes back by `..`, which is the directory that the moved
    one is in now."""
    tree = tmp_path / "tree"
    tree.joinpath(*["d"] * 80).mkdir(parents=True)
    (tmp_path / "empty").mkdir()
    chown_tree(str(tree), UID, UID)

    with swapping(tree / "d" / "d", tmp_path / "empty"):
        walks.back_and_forth(tree, share=4)

    assert owner(tmp_path) == (0, 0)


# The same, but as the user argv[1] and within a directory, and it goes on where it is not allowed
# to.
_SWAP_AS = """
import ctypes, os, signal, sys
exchange = ctypes.CDLL(None, use_errno=True).renameat2
os.chdir(sys.argv[2])
os.setresuid(*[int(sys.argv[1])] * 3)
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
print("ready", flush=True)
counts = [0, 0]
try:
    while True:
        counts[exchange(-100, b"swapped", -100, b"swapped-with", 2) == 0] += 1
finally:
    print(*counts)
"""


def test_a_third_party_swaps_no_foreign_file_in_while_the_walk_is_in_its_directory(
    foreign: Path, memory: Path, walks: Walks
) -> None:
    """Its owner may change everything in it, until it is somebody else's."""
    foreign = memory / "foreign"
    foreign.write_text("")
    theirs = memory / "tree" / "theirs"
    theirs.mkdir(parents=True)
    (theirs / "swapped-with").hardlink_to(foreign)
    (theirs / "swapped").write_text("")
    own = os.open(theirs / "swapped", os.O_RDONLY)  # under whatever name, later
    argv = [sys.executable, "-c", _SWAP_AS, str(UID), str(theirs)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        for _ in range(walks.rounds):
            for path in (memory / "tree", theirs, own):
                os.chown(path, UID, UID)
            chown_tree(str(memory / "tree"), UID + 1, UID, **walks.options)
        process.terminate()
        _, swapped = map(int, process.stdout.read().split())
    os.close(own)

    assert swapped > 100
    assert owner(foreign) == (0, 0)


def test_only_what_nobody_else_can_change_is_changed_by_name(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a third party's directory stays his until it is its turn, so that a kill leaves it
    his."""
    tree = memory / "tree"
    found = {}
    for name, uid, mode in (
        ("own", UID, 0o755),
        ("open", 0, 0o775),
        ("theirs", 777, 0o755),
        ("roots", 0, 0o755),
    ):
        (tree / name).mkdir(parents=True)
        (tree / name / "file").write_text("")
        os.chown(tree / name, uid, uid)
        (tree / name).chmod(mode)

    class RecordingChown(Chown):
        def change_entries(
            self, names: list[str], directory: int, *, only_root_can_write: bool
        ) -> Outcome:
            path = os.readlink(f"/proc/self/fd/{directory}")
            found[os.path.basename(path)] = (os.fstat(directory).st_uid, only_root_can_write)
            return super().change_entries(names, directory, only_root_can_write=only_root_can_write)

    monkeypatch.setattr(chown_walk, "Chown", RecordingChown)
    chown_tree(str(tree), UID, GID, workers=0)

    assert found == {
        "roots": (0, True),
        "theirs": (777, False),
        "open": (0, False),
        "own": (UID, False),
    }
    assert owners(tree) == {(UID, GID)}

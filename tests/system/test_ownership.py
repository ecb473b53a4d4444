"""The walk changes the owner of what it should and of nothing else, whatever a tree looks like and whoever is changing it."""

import json
import os
import re
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from labinit.files import chown_walk
from labinit.files.chown import Chown, Outcome
from labinit.files.chown_walk import chown_tree
from tests.polling import eventually
from tests.system.machines import Machine

UID, GID = 4321, 4322
# As many as the issue asks for take half a minute: LABINIT_ENTRIES=1000000.
_ENTRIES = int(os.environ.get("LABINIT_ENTRIES", "150000"))
_REPOSITORY = str(Path(__file__).parents[2])

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")

# Walks argv[1], gives it to argv[2], and tells what happened.
_WALK = """
import json, resource, sys
from labinit.files.chown_walk import chown_tree
own = int(sys.argv[2])
outcome = chown_tree(sys.argv[1], own, own)
# Not ru_maxrss of its own, in which the process that started this one still counts.
own_peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
peak = max(own_peak, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
print(json.dumps({"seen": outcome.seen, "changed": outcome.changed, "refused": outcome.refused,
    "left_alone": outcome.left_alone, "is_whole": outcome.is_whole, "first": outcome.first_refused, "peak_kb": peak}))
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


@pytest.fixture
def memory() -> Iterator[Path]:
    """A directory for what would take a disk long to make.

    Removed by rm(1): Python's own way recurses too deep.
    """
    path = tempfile.mkdtemp(prefix="labinit-test-", dir="/dev/shm")
    yield Path(path)
    subprocess.run(["rm", "--recursive", path], check=True)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A directory of root's with one of everything that a user keeps."""
    tree = tmp_path / "tree"
    (tree / "notebooks" / "deep").mkdir(parents=True)
    (tree / "notebooks" / "deep" / "a.ipynb").write_text("{}")
    (tree / "two\nlines").write_text("")
    (tree / "link").symlink_to("notebooks")
    (tree / "dangling").symlink_to("/nowhere")
    os.close(os.open(os.fsencode(tree) + b"/not-utf8-\xff\xfe", os.O_CREAT, 0o600))
    return tree


def test_everything_in_a_tree_changes_its_owner(tree: Path) -> None:
    outcome = chown_tree(str(tree), UID, GID)

    assert owners(tree) == {(UID, GID)}
    assert (outcome.seen, outcome.changed, outcome.left_alone, outcome.is_whole) == (8, 8, 0, True)


def test_what_is_right_already_keeps_its_times(tree: Path) -> None:
    chown_tree(str(tree), UID, GID)
    before = (tree / "notebooks").stat().st_ctime_ns

    assert chown_tree(str(tree), UID, GID).changed == 0
    assert (tree / "notebooks").stat().st_ctime_ns == before


def test_links_are_given_away_and_not_followed(tree: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("")
    (tree / "to-directory").symlink_to(outside)
    (tree / "to-file").symlink_to(outside / "file")

    chown_tree(str(tree), UID, GID)

    assert owners(outside) == {(0, 0)}
    assert owner(tree / "to-directory") == owner(tree / "to-file") == (UID, GID)


def test_a_hard_link_of_a_foreign_file_and_a_device_stay_as_they_are(
    tree: Path, tmp_path: Path
) -> None:
    (tmp_path / "shadow").write_text("secret")
    (tree / "hard-link").hardlink_to(tmp_path / "shadow")
    os.mknod(tree / "device", stat.S_IFCHR | 0o666, os.makedev(1, 3))

    outcome = chown_tree(str(tree), UID, GID)

    assert outcome.left_alone == 2
    assert owner(tmp_path / "shadow") == owner(tree / "device") == (0, 0)


def test_a_second_name_of_a_file_of_the_users_own_gets_its_group(
    tree: Path, tmp_path: Path
) -> None:
    (tmp_path / "original").write_text("")
    os.chown(tmp_path / "original", UID, 0)
    (tree / "second-name").hardlink_to(tmp_path / "original")

    assert chown_tree(str(tree), UID, GID).left_alone == 0
    assert owner(tree / "second-name") == (UID, GID)


def test_pipes_and_sockets_are_given_away_without_being_opened(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tree / "pipe")
    monkeypatch.chdir(tree)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        # An open of the pipe would wait here for a writer, for ever.
        chown_tree(str(tree), UID, GID)

    assert owner(tree / "pipe") == owner(tree / "socket") == (UID, GID)


def test_a_setuid_program_of_roots_does_not_become_one_of_the_users(tree: Path) -> None:
    (tree / "suid").write_text("")
    (tree / "suid").chmod(0o4755)

    chown_tree(str(tree), UID, GID)

    assert stat.filemode((tree / "suid").stat().st_mode) == "-rwxr-xr-x"


def test_no_mount_is_crossed_also_none_of_the_same_file_system(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text("")
    for name in ("bound", "tmpfs"):
        (tree / name).mkdir()
    (tree / "bound-file").write_text("")
    mounts = (
        f"mount --bind {tmp_path}/other {tree}/bound; mount --bind {tmp_path}/other/file {tree}/bound-file;"
        f" mount -t tmpfs none {tree}/tmpfs; touch {tree}/tmpfs/file"
    )
    # The walk happens in a mount namespace of its own, and what it leaves is seen without those
    # mounts.
    enter = f'[ -n "${{IN:-}}" ] || IN=1 exec unshare --mount --propagation private sh -c \'{mounts}; exec "$@"\' sh "$@"'

    assert walk_in(enter, tree)["refused"] == {}
    assert owners(tmp_path / "other") == {(0, 0)}
    assert owner(tree / "bound") == owner(tree / "bound-file") == (0, 0)
    assert owner(tree / "notebooks" / "deep" / "a.ipynb") == (UID, UID)


def test_a_tree_may_be_far_deeper_than_there_are_descriptors(memory: Path) -> None:
    tree = memory / "deep"
    tree.mkdir()
    here = os.open(tree, os.O_RDONLY)
    for _ in range(1500):
        for name in ("before", "down", "side"):
            os.mkdir(name, dir_fd=here)
        os.close(os.open("file", os.O_CREAT, dir_fd=here))
        below = os.open("down", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)

    outcome = walk_in("ulimit -n 256", tree)

    assert outcome["changed"] == 1500 * 4 + 1
    assert outcome["refused"] == {}
    assert chown_tree(str(tree), UID, UID).changed == 0


def test_a_huge_directory_takes_no_more_memory_than_a_small_one(memory: Path) -> None:
    for name, count in (("small", 100), ("huge", _ENTRIES)):
        (memory / name).mkdir()
        directory = os.open(memory / name, os.O_RDONLY)
        for number in range(count):
            os.mknod(f"a-name-of-usual-length-{number}.ipynb", dir_fd=directory)
        os.close(directory)

    small, huge = (walk_in(":", memory / name) for name in ("small", "huge"))

    assert huge["changed"] == _ENTRIES + 1
    assert int(str(huge["peak_kb"])) < int(str(small["peak_kb"])) + 2048


# --- a process that changes the tree meanwhile


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


class Walks:
    """How often to walk, and with how many workers."""

    def __init__(self, rounds: int, **options: Any) -> None:
        self.rounds = rounds
        self.options = options

    def back_and_forth(self, tree: Path, share: int = 1) -> None:
        """Walk that often; the owner alternates, so that each walk has everything to do."""
        for number in range(self.rounds // share):
            chown_tree(str(tree), UID + number % 2, UID, **self.options)


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
    """From below the 64th level the walk goes back by `..`, which is the directory that the moved one is in now."""
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
    """And a third party's directory stays his until it is its turn, so that a kill leaves it his."""
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


# --- refusals


def test_an_id_that_the_namespace_does_not_have_is_refused_and_the_walk_gives_up_early(
    memory: Path,
) -> None:
    tree = memory / "tree"
    tree.mkdir()
    for number in range(3000):
        os.mknod(tree / str(number))

    enter = (
        '[ -n "${IN:-}" ] || IN=1 exec unshare --user --map-root-user sh -c \'exec "$@"\' sh "$@"'
    )
    outcome = walk_in(enter, tree)

    assert 1000 <= outcome["refused"]["22"] < 3000
    assert outcome["is_whole"] is False
    assert owner(tree) == (0, 0)


def test_a_file_that_may_not_change_is_refused_by_its_path_and_the_rest_is_changed(
    tree: Path,
) -> None:
    if (
        subprocess.run(
            ["chattr", "+i", tree / "two\nlines"], check=False, capture_output=True
        ).returncode
        != 0
    ):
        pytest.skip("this file system knows no immutable files")
    try:
        outcome = chown_tree(str(tree), UID, GID)
    finally:
        subprocess.run(["chattr", "-i", tree / "two\nlines"], check=True)

    assert (outcome.refused.total(), outcome.first_refused) == (1, str(tree / "two\nlines"))
    assert owner(tree) == (UID, GID)


# --- in a boot


@pytest.mark.parametrize("before", [0, 777])
def test_sigterm_ends_the_walk_at_once_and_the_next_boot_walks_again(
    machine: Machine, before: int
) -> None:
    machine.output(
        "mkdir /data && cd /data && for name in $(seq 20); do mkdir $name; (cd $name; seq 4000 | xargs touch); done;"
        f" chown -R {before}:{before} /data"
    )
    boot = machine.start({"LABUID": "1234"}, "true")
    eventually(lambda: _assert_owned_in_part(machine))
    boot.kill(15)
    done = boot.wait()

    assert done.exit_code == 143, done
    ended = re.search(r"the set-up ended after (.*) s, killed by SIGTERM", done.stderr)
    assert ended, done
    assert float(ended[1]) < 1
    assert machine.owner("/data") == (before, before)
    assert machine.boot({"LABUID": "1234"}).exit_code == 0
    assert machine.owner("/data") == (1234, 1234)
    assert machine.output("find /data ! -uid 1234") == ""


def _assert_owned_in_part(machine: Machine) -> None:
    assert any(machine.owner(f"/data/{number}")[0] == 1234 for number in range(1, 21))


def test_a_file_that_keeps_its_owner_is_a_warning_with_a_hint_and_not_the_end(
    machine: Machine,
) -> None:
    machine.output("mkdir /data && touch /data/fixed && chattr +i /data/fixed")
    done = machine.boot({"LABUID": "1234"})

    assert done.exit_code == 0, done
    assert (
        "labinit: warning: /data: its file system (overlay) keeps the owner of 1 of 2 entries, first /data/fixed:"
        " Operation not permitted; chown -R 1234:1234 it on the host, or set LABUID and LABGID to the owner it has\n"
    ) in done.stderr
    assert machine.owner("/data") == (1234, 1234)


def test_a_file_that_keeps_its_owner_is_no_warning_where_the_user_can_write_to_it(
    machine: Machine,
) -> None:
    machine.output("mkdir /data && touch /data/log && chmod 666 /data/log && chattr +a /data/log")
    done = machine.boot({"LABUID": "1234"})

    assert done.exit_code == 0, done
    assert "warning" not in done.stderr
    assert (
        "first /data/log: Operation not permitted; the user can write there all the same\n"
        in done.stderr
    )

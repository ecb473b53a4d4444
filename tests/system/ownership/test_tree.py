"""The walk changes the owner of what it should and of nothing else, whatever a tree looks like."""

import os
import socket
import stat
from pathlib import Path

import pytest

from labinit.files.chown_walk import chown_tree
from tests.system.ownership.trees import GID, UID, owner, owners, walk_in

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")

# A million take half a minute: LABINIT_ENTRIES=1000000.
_ENTRIES = int(os.environ.get("LABINIT_ENTRIES", "150000"))


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
        f"mount --bind {tmp_path}/other {tree}/bound; mount --bind {tmp_path}/other/file "
        f"{tree}/bound-file;"
        f" mount -t tmpfs none {tree}/tmpfs; touch {tree}/tmpfs/file"
    )
    # The walk happens in a mount namespace of its own, and what it leaves is seen without those
    # mounts.
    enter = (
        f'[ -n "${{IN:-}}" ] || IN=1 exec unshare --mount --propagation private sh -c '
        f'\'{mounts}; exec "$@"\' sh "$@"'
    )

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

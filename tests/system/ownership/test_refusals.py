"""What may not be changed is told, and a stop ends the walk at once."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from labinit.files.chown_walk import chown_tree
from tests.polling import eventually
from tests.system.machines import Machine
from tests.system.ownership.trees import GID, UID, owner, walk_in

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


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


@pytest.mark.parametrize("before", [0, 777])
def test_sigterm_ends_the_walk_at_once_and_the_next_boot_walks_again(
    machine: Machine, before: int
) -> None:
    machine.output(
        "mkdir /data && cd /data && for name in $(seq 20); do mkdir $name; (cd $name; "
        "seq 4000 | xargs touch); done;"
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
        "labinit: warning: /data: its file system (overlay) keeps the owner of 1 of 2 "
        "entries, first /data/fixed:"
        " Operation not permitted; chown -R 1234:1234 it on the host, "
        "or set LABUID and LABGID to the owner it has\n"
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

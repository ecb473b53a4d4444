"""A boot that is killed anywhere, or runs out of space, is finished by the next one: same end as
undisturbed."""

import json
import os
import random
import stat
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.system import machines
from tests.system.hashes import is_hash_of
from tests.system.machines import Machine
from tests.system.running import Running

PASSWORD = "open, sesame"
SETTINGS = {
    "LABUID": "1234",
    "LABPASSWD": PASSWORD,
    "JUPYTER_TOKEN": "fixed",
    "LABHOME": "/srv/homes/lab",
}
# What a boot leaves, in whole trees: names, types, modes, owners.
_TREES = ("/etc", "/srv", "/data", "/run", "/var/lib/labinit")
_CONTENTS = (
    *machines.ACCOUNT_FILES,
    "/etc/sudoers.d/labinit",
    "/run/labinit/token",
    "/var/lib/labinit/boot.json",
)

# Stops labinit before its n-th write, and says so: with 0 never, and then it tells them all. The
# audit events are Python's own, so that nothing of labinit is replaced.
_STOP = """
import os, sys
# On one processor a walk has no workers, whose writes would be counted by nobody.
os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
count = 0
def stop(event, args):
    global count
    is_write = event in {"os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename",
                         "os.rmdir", "os.symlink", "subprocess.Popen"} or (
        event == "open" and args[2] & (os.O_WRONLY | os.O_RDWR)
        and not str(args[0]).startswith(("/dev", "/proc")))
    if is_write:
        count += 1
        if int(%r) in {0, count}:
            os.write(1, f"{event} {args[0]!r}\\n".encode())
            if int(%r):
                os.read(0, 1)
sys.addaudithook(stop)
"""
# Usually the writes that matter most and a few instants; with LABINIT_CRASHES=200 every write and
# 200 instants.
_CRASHES = int(os.environ.get("LABINIT_CRASHES", "0"))
pytestmark = pytest.mark.timeout(3600 if _CRASHES else 300)
# What the steps of a first boot take, and a little more.
_SET_UP_S = 0.15
_WEIGHTY = (
    "os.rename",
    "subprocess.Popen",
    "os.mkdir 'homes'",
    "os.mkdir 'lab'",
    "os.chown 7",
    "os.mkdir 'jupyter'",
)


def start_to_stop(machine: Machine, number: int) -> Running:
    """Start a boot that stops before its write of that number."""
    code = _STOP % (number, number) + machines.LABINIT
    return machine.spawn([sys.executable, "-BIS", "-c", code, "true"], SETTINGS)


def furnish(machine: Machine) -> Machine:
    """Fill a data directory with files of root's, so that the walk takes its time."""
    for directory in range(5):
        for file in range(5):
            machine.write(f"/data/directory{directory}/file{file}", "content")
    return machine


def state(machine: Machine) -> dict[str, object]:
    """Return everything a boot is answerable for; salts and times, which differ from boot to boot,
    are taken out."""
    found: dict[str, object] = {
        str(path): _look(Path(directory, name))
        for tree in _TREES
        for directory, directories, files in os.walk(machine.path(tree))
        for name in (*directories, *files)
        if (path := "/" + str(Path(directory, name).relative_to(machine.path("/"))))
    }
    found |= {path: (found[path], machine.read(path)) for path in _CONTENTS}
    shadow = machine.shadow("lab")
    assert shadow is not None
    assert is_hash_of(shadow[1], PASSWORD), shadow
    line = ":".join(shadow)
    found["/etc/shadow"] = machine.read("/etc/shadow").replace(
        line, ":".join(["lab", "HASH", "TODAY", *shadow[3:]])
    )
    record = json.loads(machine.read("/var/lib/labinit/boot.json"))
    found["/var/lib/labinit/boot.json"] = record | {"password": "DIGEST", "first_boot": "NOW"}
    return found


def _look(path: Path) -> tuple[object, ...]:
    there = path.lstat()
    link = os.readlink(path) if stat.S_ISLNK(there.st_mode) else ""
    return stat.filemode(there.st_mode), there.st_uid, there.st_gid, link


def wait_for_log(boot: Running) -> None:
    """Wait for the first line of the log, which comes just before the first step."""
    stderr = boot._process.stderr
    assert stderr is not None
    assert os.read(stderr.fileno(), 1), "it has ended"


def differences_after_boot(machine: Machine, undisturbed: dict[str, object]) -> dict[str, object]:
    """Boot once more, as the engine would; return path → as after an undisturbed boot, as it is,
    where that differs."""
    done = machine.boot(SETTINGS)
    assert done.exit_code == 0, done
    assert "warning" not in done.stderr, done
    now = state(machine)
    paths = sorted(now.keys() | undisturbed.keys())
    return {
        path: (undisturbed.get(path), now.get(path))
        for path in paths
        if undisturbed.get(path) != now.get(path)
    }


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, object]:
    """The end of a boot that nobody disturbs."""
    if reason := machines.why_not():
        pytest.skip(reason)
    machine = furnish(Machine())
    try:
        done = machine.boot(SETTINGS)
        assert done.exit_code == 0, done
        return state(machine)
    finally:
        machine.close()


@pytest.fixture(scope="module")
def writes(undisturbed: dict[str, object]) -> list[str]:
    """Every write of labinit's own in such a boot, in order."""
    machine = furnish(Machine())
    try:
        done = start_to_stop(machine, 0).wait()
        assert done.exit_code == 0, done
        assert state(machine) == undisturbed
        return done.stdout.splitlines()
    finally:
        machine.close()


def test_a_boot_killed_before_any_of_its_writes_is_finished_by_the_next(
    writes: list[str], undisturbed: dict[str, object]
) -> None:
    wrong = {}
    for number, write in enumerate(writes, 1):
        if _CRASHES or write.startswith(_WEIGHTY):
            with closing(furnish(Machine())) as machine:
                boot = start_to_stop(machine, number)
                assert boot.read_line() == write
                boot.end()
                wrong[f"{number}: {write}"] = differences_after_boot(machine, undisturbed)
    assert len(wrong) > 20, writes
    assert not {write: found for write, found in wrong.items() if found}


def test_a_boot_killed_at_random_instants_is_finished_by_the_next(
    undisturbed: dict[str, object],
) -> None:
    """Also inside useradd, chpasswd, visudo and the walk: here it is the clock that decides."""
    seed = random.randrange(2**32)
    instants = random.Random(seed)
    wrong = {}
    for number in range(_CRASHES or 16):
        with closing(furnish(Machine())) as machine:
            # One in three is killed again before it is through, as in a restart loop.
            for _ in range(instants.choice((1, 1, 2))):
                boot = machine.start(SETTINGS, "sleep", "60")
                wait_for_log(boot)
                time.sleep(instants.uniform(0, _SET_UP_S))
                boot.end()
            wrong[number] = differences_after_boot(machine, undisturbed)
    assert not {number: found for number, found in wrong.items() if found}, f"seed {seed}"


def test_a_boot_that_runs_out_of_space_says_so_in_one_line_and_the_next_with_space_finishes_it(
    writes: list[str], undisturbed: dict[str, object]
) -> None:
    failed, wrong = set(), {}
    for number, write in enumerate(writes, 1):
        # The account tools try for 15 s to make a lock file on a full disk.
        is_slow = write.startswith("subprocess.Popen") and not write.endswith(
            ("'chpasswd'", "'visudo'")
        )
        is_like_others = write.startswith("open '/etc/.labinit/") and number % 4
        if write.startswith(("open '", "subprocess.Popen")) and (
            _CRASHES or not (is_slow or is_like_others)
        ):
            with closing(furnish(Machine(size="4m"))) as machine:
                boot = start_to_stop(machine, number)
                assert boot.read_line() == write
                fill(machine)
                done = boot.wait("go on")
                if done.exit_code != 0:
                    errors = [
                        line
                        for line in done.stderr.splitlines()
                        if line.startswith("labinit: error: ")
                    ]
                    assert (done.exit_code, len(errors)) == (71, 1), done
                    assert done.stderr.endswith(f"{errors[0]}\n"), done
                    assert "free some space" in errors[0], done
                    failed.add(errors[0].split(":")[2].strip())
                machine.path("/filler").unlink()
                wrong[f"{number}: {write}"] = differences_after_boot(machine, undisturbed)
    assert len(failed) >= 7, failed  # skeleton files that find no room are no reason to stop
    assert not {write: found for write, found in wrong.items() if found}


def fill(machine: Machine) -> None:
    """Leave no space at all."""
    with machine.path("/filler").open("wb") as filler:
        there = os.statvfs(filler.fileno())
        os.posix_fallocate(filler.fileno(), 0, there.f_bavail * there.f_frsize)

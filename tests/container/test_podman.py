"""The image and the units of deploy/podman under a real podman, with root and without."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from tests.container.compose import build_tools
from tests.container.engine import CHECKOUT, Engine
from tests.container.everywhere import COMMIT, TOKEN, mode_of
from tests.container.jupyter import Client
from tests.container.log_warnings import unexpected_warnings
from tests.container.podmans import IMAGE, UID, Podman, generate, inspect, why_not
from tests.polling import eventually

WHO = "id --user; id --user --name; pwd; touch /data/file"
# A first keep-id copies the image, with other owners, if the kernel cannot map them.
READY_S = 180
# After that the unit's container is killed.
STOP_S = 15

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def rootful(docker: Engine, image: str) -> Iterator[Podman]:
    yield from podman_with(docker, image, 0)


@pytest.fixture(scope="module")
def rootless(docker: Engine, image: str) -> Iterator[Podman]:
    yield from podman_with(docker, image, UID)


def podman_with(docker: Engine, image: str, uid: int) -> Iterator[Podman]:
    if reason := why_not():
        pytest.skip(reason)
    podman = Podman(uid)
    try:
        podman.load(docker, image)
        podman("secret", "create", "jupyter_token", "-", stdin=f"{TOKEN}\n")
        yield podman
    finally:
        podman.close()


@contextmanager
def started(
    podman: Podman, docker: Engine, name: str, changes: Mapping[str, str] | None = None
) -> Iterator[Client]:
    """Start what a unit starts, on a free port, and stop it as the unit does."""
    specifiers = {
        "%h": str(podman.home),
        "%t": f"{podman.home}/run",
        "%N": name,
        "%U": str(podman.uid),
        "127.0.0.1:8080:": "127.0.0.1::",
    }
    path = CHECKOUT / f"deploy/podman/{name}.container"
    unit = generate(path, docker, build_tools(docker), specifiers | dict(changes or {}))
    podman(*unit.start, timeout_s=READY_S)

    def is_healthy() -> None:
        assert inspect(podman, name, ".State.Running"), podman.logs(name)
        done = podman.try_("healthcheck", "run", name)
        assert done.exit_code == 0, f"{done}\n{podman.logs(name)}"

    eventually(is_healthy, READY_S)
    yield Client(podman.address(name), TOKEN)
    log = podman.logs(name)
    assert TOKEN not in log
    assert unexpected_warnings(log, ()) == []
    began = time.monotonic()
    podman(*unit.stop)
    assert time.monotonic() - began < STOP_S, f"was killed:\n{log}"
    # podman 5 does that itself.
    (podman.home / f"run/{name}.cid").unlink(missing_ok=True)


@pytest.mark.parametrize("engine", ["rootful", "rootless"])
def test_the_unit_starts_a_lab_whose_files_are_its_owners(
    docker: Engine, request: pytest.FixtureRequest, engine: str
) -> None:
    podman: Podman = request.getfixturevalue(engine)
    is_root = podman.uid == 0
    # What the unit tells root to change.
    changes = {"LABUID=0": "LABUID=1000", ":/root": ":/home/lab"} if is_root else {}
    with started(podman, docker, "jupyter", changes) as client:
        with client.kernel() as kernel:
            cell = kernel.run("open('/data/note', 'w').write('saved'); print(6 * 7)")
        assert cell.stdout == "42\n", cell
        shell = client.terminal("touch ~/kept && id -un" + COMMIT)
        assert shell.exit_code == 0, shell
        assert ("lab" if is_root else "root") in shell.output.split()
    note = podman.home / "lab/note"
    assert (note.read_text(), note.stat().st_uid) == ("saved", 1000 if is_root else UID)
    with started(podman, docker, "jupyter", changes) as client:
        assert client.terminal("ls ~/kept /data/note").exit_code == 0, "gone with the container"


def test_the_hardened_unit_has_no_capability_and_no_root(docker: Engine, rootless: Podman) -> None:
    with started(rootless, docker, "jupyter-hardened") as client:
        with client.kernel() as kernel:
            assert kernel.run("open('/data/mine', 'w').write('saved'); print(1)").stdout == "1\n"
            assert kernel.run("open('/etc/x', 'w')").error
        shell = client.terminal("cat /proc/self/status; touch ~/kept && id -u" + COMMIT)
        assert shell.exit_code == 0, shell
        assert "CapBnd:\t0000000000000000" in shell.output
        assert "NoNewPrivs:\t1" in shell.output
        assert str(UID) in shell.output.split()
    assert (rootless.home / "lab/mine").stat().st_uid == UID
    with started(rootless, docker, "jupyter-hardened") as client:
        assert client.terminal("ls ~/kept").exit_code == 0, "gone with the container"


@pytest.mark.parametrize(
    ("engine", "options", "mode", "uid"),
    [
        ("rootful", [], "full set-up as root", 1000),
        ("rootful", ["--env=LABUID=0"], "everything as root", 0),
        ("rootless", ["--env=LABUID=0"], "everything as root", 0),
        ("rootless", ["--userns=keep-id"], f"as user {UID}:{UID}, without set-up", UID),
    ],
)
def test_the_mode_and_the_owner(
    request: pytest.FixtureRequest, engine: str, options: list[str], mode: str, uid: int
) -> None:
    podman: Podman = request.getfixturevalue(engine)
    command = ["sh", "-c", WHO]
    mount = f"--volume={podman.home}/lab:/data"
    done = podman.try_("run", "--rm", mount, *options, IMAGE, *command, timeout_s=READY_S)
    assert done.exit_code == 0, done
    assert mode_of(done.stderr) == mode
    assert done.stdout.split()[0] == str(uid)

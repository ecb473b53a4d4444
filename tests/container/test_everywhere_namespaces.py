"""The same image in a user namespace, as rootless engines make it"""

from typing import Any

import pytest

from tests.commands import Finished
from tests.container.containers import Containers, Mounts
from tests.container.engine import Volumes
from tests.container.everywhere import AS_LAB, PASSWORD, WHO, mode_of

# Starts what follows in a user namespace of its own: $1 lists its ids as FIRST:OUTSIDE:COUNT,
# separated by commas.
IN_USER_NAMESPACE = """
import ctypes, os, sys

def pipe_and_fork():
    read, write = os.pipe()
    return read, write, os.fork()

told, tell, parent = pipe_and_fork()
if parent:  # keeps the outer namespace, and writes the map of its child
    pid = int(os.read(told, 20))
    lines = sys.argv[1].replace(":", " ").replace(",", "\\n")
    for name in ("uid_map", "gid_map"):
        with open(f"/proc/{pid}/{name}", "w") as file:
            file.write(lines)
    status = os.waitpid(parent, 0)[1]
    os._exit(os.waitstatus_to_exitcode(status))
if ctypes.CDLL(None, use_errno=True).unshare(0x10000000 | 0x00020000):
    sys.exit(os.strerror(ctypes.get_errno()))
os.write(tell, str(os.getpid()).encode())
def read(name):
    return open(f"/proc/self/{name}").read()
while os.getuid() != 0 or "0" not in read("uid_map") or not read("gid_map"):
    pass
os.setgroups([])
os.setresgid(0, 0, 0)
os.setresuid(0, 0, 0)
os.execvp(sys.argv[2], sys.argv[2:])
"""


class Namespaces:
    """Runs labinit in a user namespace of its own, as a rootless engine does: root is root of
    nothing but its ids."""

    def __init__(self, container: Containers) -> None:
        self._container = container

    def __call__(
        self, ids: str, command: list[str], env: dict[str, str], mounts: Mounts, **options: Any
    ) -> Finished:
        args = [
            "--cap-add=SYS_ADMIN",
            "--security-opt=seccomp=unconfined",
            "--security-opt=apparmor=unconfined",
        ]
        args += ["--entrypoint=/opt/lab/bin/python"]
        return self._container.run(
            ["-c", IN_USER_NAMESPACE, ids, "labinit", *command], env, mounts, args, **options
        )


@pytest.fixture
def namespace(container: Containers) -> Namespaces:
    return Namespaces(container)


USUAL_IDS = "0:0:1,1:100001:65535"


def test_in_a_user_namespace_everything_is_set_up(namespace: Namespaces, volume: Volumes) -> None:
    data = volume()
    script = f"{WHO}; echo {PASSWORD} | sudo -S -p '' id -u; touch /data/file"
    done = namespace(USUAL_IDS, ["sh", "-c", script], {"LABPASSWD": PASSWORD}, {data: "/data"})
    assert done.stdout.split() == [*AS_LAB, "0"], done
    assert mode_of(done.stderr) == "full set-up as root"
    assert (data / "file").stat().st_uid == 101000


def test_in_a_user_namespace_root_is_you(namespace: Namespaces, volume: Volumes) -> None:
    data = volume()
    done = namespace("0:0:1", ["sh", "-c", "id -u; touch file"], {"LABUID": "0"}, {data: "/data"})
    assert done.stdout == "0\n", done
    assert (data / "file").stat().st_uid == 0


@pytest.mark.parametrize(
    ("ids", "env", "problem"),
    [
        (
            "0:0:1",
            {},
            "LABUID would be 1000, which does not exist in this user namespace (it has 0)",
        ),
        (
            "0:0:1,1:100001:499",
            {"LABUID": "499", "LABGID": "500"},
            "LABGID would be 500, which does not exist in this user namespace (it has 0, 1 to 499)",
        ),
    ],
)
def test_an_id_that_a_user_namespace_does_not_have_is_named_with_the_hint_of_the_engine(
    namespace: Namespaces, volume: Volumes, ids: str, env: dict[str, str], problem: str
) -> None:
    mounts = {volume(): "/data"}
    refused = namespace(ids, ["true"], env, mounts)
    assert refused.exit_code == 78
    assert refused.stderr.startswith(f"labinit: error: {problem}; set LABUID=0, ")
    assert refused.stderr.endswith("restart dockerd\n")
    assert refused.stderr.count("\n") == 1
    # As advised, either way.
    assert namespace(ids, ["true"], {"LABUID": "0"}, mounts).exit_code == 0
    assert namespace(USUAL_IDS, ["true"], env, mounts).exit_code == 0


def test_data_of_an_owner_outside_of_the_user_namespace_stays_theirs(
    namespace: Namespaces, volume: Volumes
) -> None:
    data = volume(300000, 300000, 0o777)
    told = ["/data belongs to 65534:65534 .*its files stay as they are, and lab .* can write there"]
    mounts = {data: "/data"}
    done = namespace(USUAL_IDS, ["touch", "/data/file"], {}, mounts, expect_warnings=told)
    assert done.exit_code == 0, done
    assert data.stat().st_uid == 300000
    assert (data / "file").stat().st_uid == 101000


def test_data_that_root_may_not_give_away_is_told_with_the_hint(
    namespace: Namespaces, volume: Volumes
) -> None:
    data = volume(300000, 300000, 0o755)
    mounts = {data: "/data"}
    told = [
        "/data belongs to 65534:65534 .*its files stay as they are, and lab .* cannot write there",
        (
            "/data cannot be written by 1000:1000: .*; give it on the host to the user who runs "
            "the engine"
        ),
    ]
    done = namespace(USUAL_IDS, ["touch", "/data/file"], {}, mounts, expect_warnings=told)
    assert done.exit_code == 1
    assert namespace(USUAL_IDS, ["touch", "/data/file"], {}, {volume(): "/data"}).exit_code == 0

"""The same image as a pod and a hub would start it"""

import json

import pytest

from tests.container.containers import Containers
from tests.container.engine import Volumes
from tests.container.everywhere import (
    COMMIT,
    ENV,
    NO_CAPABILITIES,
    NO_NEW_PRIVILEGES,
    WHO,
    answers,
    mode_of,
)

RESTRICTED_POD = [
    *("--user", "1000700000:0", "--group-add", "2000", "--read-only", "--tmpfs", "/tmp"),
    *NO_CAPABILITIES,
    *NO_NEW_PRIVILEGES,
]


def test_a_restricted_pod_starts(container: Containers, volume: Volumes) -> None:
    # fsGroup: the volume belongs to the group, and so does what is made in it.
    data = volume(0, 2000, 0o2770)
    links = {
        "JUPYTER_SERVICE_HOST": "10.0.0.1",
        "LAB_PORT": "tcp://10.0.0.2:80",
        "LAB_SERVICE_PORT": "80",
    }
    started = container(ENV | links, {data: "/data"}, RESTRICTED_POD)
    answers(started)
    assert mode_of(started.logs()) == "as user 1000700000:0, without set-up"
    shell = started.terminal("whoami; pip --version >/dev/null; touch /data/file" + COMMIT)
    assert shell.exit_code == 0, shell
    assert (data / "file").stat().st_gid == 2000
    assert started.stop() < 8


def test_a_service_link_in_the_place_of_the_port_is_dropped(
    container: Containers, volume: Volumes
) -> None:
    told = "JUPYTER_PORT=tcp://10.0.0.1:80 .* dropped; .*enableServiceLinks: false"
    env = ENV | {"JUPYTER_PORT": "tcp://10.0.0.1:80"}
    answers(container(env, {volume(): "/data"}, expect_warnings=[told]))


HUB = {
    "JUPYTERHUB_API_TOKEN": "0123456789",
    "JUPYTERHUB_API_URL": "http://127.0.0.1:1/hub/api",
    "JUPYTERHUB_BASE_URL": "/",
    "JUPYTERHUB_CLIENT_ID": "jupyterhub-user-ann",
    "JUPYTERHUB_SERVICE_PREFIX": "/user/ann/",
    "JUPYTERHUB_SERVICE_URL": "http://0.0.0.0:8888/user/ann/",
    "JUPYTERHUB_USER": "ann",
}


@pytest.mark.parametrize(
    ("command", "argv"),
    [
        ([], ["jupyterhub-singleuser"]),
        (["jupyterhub-singleuser"], ["jupyterhub-singleuser"]),
        (["start-singleuser.sh", "--debug"], ["jupyterhub-singleuser", "--debug"]),
        (
            ["--SingleUserNotebookApp.default_url=/lab"],
            ["jupyterhub-singleuser", "--SingleUserNotebookApp.default_url=/lab"],
        ),
    ],
)
def test_a_hub_gets_its_own_server_and_no_flag_that_would_beat_its_variables(
    container: Containers, command: list[str], argv: list[str]
) -> None:
    done = container.run(["--dry-run", "--format=json", "--", *command], HUB)
    found = json.loads(done.stdout)["command"]
    assert [found[0].rpartition("/")[2], *found[1:]] == argv


def test_a_hub_that_names_its_user_gets_an_account_of_that_name(
    container: Containers, volume: Volumes
) -> None:
    """As SystemUserSpawner does."""
    env = HUB | {
        "NB_USER": "ann",
        "NB_UID": "1234",
        "NB_GID": "100",
        "HOME": "/home/ann",
        "JUPYTER_PORT": "8888",
    }
    mounts = {volume(1234, 100): "/home/ann"}
    done = container.run(
        ["sh", "-c", f"{WHO}; env"], env, mounts, ["--user", "0", "--workdir", "/home/ann"]
    )
    assert done.stdout.split()[:7] == ["1234", "100", "ann", "ann", "ann", "/home/ann", "/data"], (
        done
    )
    variables = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    assert HUB.items() <= variables.items()
    assert "JUPYTER_TOKEN_FILE" not in variables

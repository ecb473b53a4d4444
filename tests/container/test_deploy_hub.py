"""deploy/hub as it stands: a person logs in and gets a server within limits; what is somebody else's is refused."""

import re
from collections.abc import Iterator

import pytest

from tests.container.deployed_hub import DeployedHub
from tests.container.engine import Engine

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def hub(
    docker: Engine, image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeployedHub]:
    directory = tmp_path_factory.mktemp("hub")
    started = DeployedHub(docker, image, directory)
    try:
        started.up()
        yield started
    finally:
        started.close()


def test_a_user_has_limits_no_way_to_root_and_labctl_says_who_started_it(hub: DeployedHub) -> None:
    hub.start("bob")
    about = hub.docker(
        "inspect",
        "--format",
        "{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.PidsLimit}} {{.HostConfig.ShmSize}}"
        " {{.HostConfig.CpuQuota}} {{.HostConfig.Binds}}",
        hub.container("bob"),
    )
    assert about.startswith(f"{1 << 30} {1 << 30} 512 {256 << 20} 100000 "), about
    assert "docker.sock" not in about
    done = hub.inside("bob", "labctl", "shell", "-c", "sudo -n true; id -u; ls /run/secrets")
    assert done.stdout.split() == ["1000"], done
    status = hub.inside("bob", "labctl", "status")
    for part in ("user bob, api http://hub:8081/hub/api", "1 CPU, 512 processes"):
        assert part in status.stdout, status
    assert f"/data: {hub.prefix}-bob-data" in status.stdout
    assert "problem" not in hub.inside("bob", "labctl", "status", "--json").stdout
    token = re.search("JUPYTERHUB_API_TOKEN=(\\w+)", hub.docker("inspect", hub.container("bob")))
    assert token
    assert token[1] not in status.stdout


def test_a_volume_of_another_user_is_refused(hub: DeployedHub) -> None:
    name = f"{hub.prefix}-gil-data"
    hub.docker("volume", "create", "--label", "labinit.hub-user=hal", name)
    line = hub.failed_line("gil")
    assert f"volume {name} belongs to the user hal" in line
    assert hub.docker.try_("inspect", hub.container("gil")).exit_code != 0

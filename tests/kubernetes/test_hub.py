"""deploy/kubernetes/hub: the files as they are, in a namespace that enforces "restricted"."""

from collections.abc import Iterator

import pytest
import yaml

from tests.container.jupyter import Client
from tests.kubernetes.cluster import DEPLOY, kubectl, must
from tests.kubernetes.cluster_hub import HUB_IMAGE, ClusterHub
from tests.kubernetes.conftest import START_S

pytestmark = pytest.mark.timeout(START_S + 600)

# The second is no name that a pod or a volume can have.
ANN, EVE = "ann", "eve@example.org"


@pytest.fixture(scope="module")
def hub(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterHub]:
    """A running hub whose users get the image under test."""
    with ClusterHub(image, tmp_path_factory.mktemp("hub")) as running:
        yield running


def test_two_people_run_cells_and_come_back_to_their_own_files(hub: ClusterHub) -> None:
    clients = {user: hub.start(user) for user in (ANN, EVE)}
    for user, client in clients.items():
        with client.kernel() as kernel:
            code = f"import os; open('note', 'w').write({user!r}); print(os.getuid(), os.getcwd())"
            assert kernel.run(code).stdout == "1000 /data\n"
    stranger = Client(clients[EVE].url, clients[ANN].token)
    assert stranger.request("GET", "/api/contents").status_code in {403, 404}
    for user in clients:
        hub.stop(user)
        client = hub.start(user)
        assert client.api("GET", "/api/contents/note")["content"] == user
        hub.stop(user)


def test_labctl_says_whose_pod_it_is_and_where(hub: ClusterHub) -> None:
    hub.start(EVE)
    status = hub.status(EVE)
    assert status["platforms"]["hub"]["user"] == EVE
    assert "problem" not in status["platforms"]["hub"]
    assert status["platforms"]["kubernetes"] == {
        "namespace": hub.namespace.name,
        "pod": hub.container(EVE),
        "node": "node1",
    }
    assert status["limits"] == {**status["limits"], "memory": 2 << 30, "cpus": 2}
    assert "no volume" not in status["volumes"]["/data"]
    assert status["boot"]["warnings"] == []
    hub.stop(EVE)


def test_every_trait_in_the_values_for_the_chart_exists(hub: ClusterHub) -> None:
    """The chart passes hub.config on to the classes of these names."""
    config = yaml.safe_load((DEPLOY / "values.yaml").read_text())["hub"]["config"]
    ask = "from kubespawner import KubeSpawner; print(*KubeSpawner.class_trait_names(config=True))"
    known = hub.namespace("exec", "deployment/hub", "--", "/opt/hub/bin/python", "-c", ask).split()
    assert config.keys() == {"KubeSpawner"}
    assert config["KubeSpawner"].keys() <= set(known)


def test_a_quota_is_named(hub: ClusterHub) -> None:
    hub.namespace("create", "quota", "small", "--hard=pods=2")
    try:
        assert "exceeded quota: small" in hub.failed_line(ANN)
    finally:
        hub.namespace("delete", "quota", "small")


def test_what_keeps_new_servers_from_starting_is_named_and_ends_none_that_runs(
    hub: ClusterHub,
) -> None:
    with hub.start(ANN).kernel() as kernel:
        assert kernel.run("x = 41").status == "ok"
        try:
            # Each is a new hub.
            hub.reconfigure('c.KubeSpawner.image = "labinit.test/missing:1"')
            assert kernel.run("print(x + 1)").stdout == "42\n"
            assert 'image "labinit.test/missing:1"' in hub.failed_line(EVE)
            no_lab = f'c.KubeSpawner.image = "{HUB_IMAGE}"'
            hub.reconfigure(f"{no_lab}\nc.KubeSpawner.start_timeout = 30")
            line = hub.failed_line(EVE)
            assert "the server has ended (1); the last line of its log: ERROR: " in line
            must(kubectl("cordon", "node1"))
            assert "node(s) were unschedulable" in hub.failed_line(EVE)
        finally:
            kubectl("uncordon", "node1")
            hub.reconfigure("")
    assert "problem" not in hub.status(ANN)["platforms"]["hub"]
    hub.stop(ANN)

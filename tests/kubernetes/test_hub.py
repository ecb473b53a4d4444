"""deploy/kubernetes/hub: the files as they are, in a namespace that enforces "restricted"."""

from collections.abc import Iterator

import pytest
import requests
import yaml

from tests.container.jupyter import Client
from tests.kubernetes.cluster import DEPLOY, kubectl, must
from tests.kubernetes.cluster_hub import HUB_IMAGE, ClusterHub
from tests.kubernetes.conftest import START_S

pytestmark = pytest.mark.timeout(START_S + 600)

# The second is no name that a pod, a volume or an account can have.
ANN, EVE = "ann", "ünï-code-of-eve@example.org"
# Everybody but ann gets what does not start, and no volume, by the name.
WRONG = f"""
def wrong(spawner):
    name = spawner.user.name
    if name == "{ANN}":
        return
    spawner.storage_pvc_ensure, spawner.volumes, spawner.volume_mounts = False, {{}}, {{}}
    if name == "no-image":
        spawner.image = "labinit.test/missing:1"
    if name == "no-server":
        spawner.image = "{HUB_IMAGE}"
    if name == "sudo":
        spawner.allow_privilege_escalation = True
    if name == "no-room":
        spawner.start_timeout = 30

c.Spawner.pre_spawn_hook = wrong
"""


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


def test_the_commands_of_the_backup_save_what_is_there(hub: ClusterHub) -> None:
    hub.start(EVE)
    hub.readme.run("\n".join(hub.readme.commands("Upgrade and backup")))
    saved = {file.name: file.stat().st_size for file in hub.readme.folder.glob("backup/*")}
    files = f"{hub.container(EVE)}.tar.gz"
    assert saved.keys() == {"backup.sqlite", "cookie_secret", "secret.yaml", files}
    assert all(saved.values()), saved


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


def test_what_the_cluster_forbids_is_named_and_no_token_gets_into_the_log(hub: ClusterHub) -> None:
    hub.namespace("create", "quota", "small", "--hard=pods=2")
    try:
        assert "exceeded quota: small" in hub.failed_line(ANN)
    finally:
        hub.namespace("delete", "quota", "small")
    hub.namespace("delete", "rolebinding", "hub")
    try:
        assert "is forbidden: User " in hub.failed_line(ANN)
    finally:
        hub.apply()
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data-gil", "annotations": {"hub.jupyter.org/username": "hal"}},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    hub.namespace.apply([claim])
    assert "volume claim data-gil belongs to the user hal, not to gil" in hub.failed_line("gil")
    assert "JUPYTERHUB_API_TOKEN" not in hub.hub_log()


def test_without_its_hub_a_server_goes_on_and_a_new_hub_says_what_keeps_others_from_starting(
    hub: ClusterHub,
) -> None:
    with hub.start(ANN).kernel() as kernel:
        assert kernel.run("x = 41").status == "ok"
        hub.namespace("scale", "deployment/hub", "--replicas=0")
        hub.namespace("wait", "--for=delete", "pod", "--selector=app.kubernetes.io/name=hub")
        try:
            assert kernel.run("print(x + 1)").stdout == "42\n"
            page = requests.get(f"{hub.url}/hub/home", timeout=30)
            assert page.status_code == 503
            assert "the hub is restarting" in page.text
            assert "does not answer" in hub.status(ANN)["platforms"]["hub"]["problem"]
        finally:
            hub.reconfigure(WRONG)
        assert "problem" not in hub.status(ANN)["platforms"]["hub"]
        assert 'image "labinit.test/missing:1"' in hub.failed_line("no-image")
        line = hub.failed_line("no-server")
        assert "the server has ended (1); the last line of its log: ERROR: " in line
        assert "violates PodSecurity" in hub.failed_line("sudo")
        try:
            must(kubectl("cordon", "node1"))
            assert "node(s) were unschedulable" in hub.failed_line("no-room")
        finally:
            kubectl("uncordon", "node1")
        assert kernel.run("print(x + 1)").stdout == "42\n"
    hub.revoke_token_of(ANN)
    refused = hub.status(ANN)["platforms"]["hub"]["problem"]
    assert "does not accept this server's token" in refused
    assert "403 GET /hub/api/user " in hub.hub_log()
    assert "JUPYTERHUB_API_TOKEN" not in hub.hub_log()

"""deploy/swarm on two real nodes: users keep their files, whatever happens to the nodes."""

from collections.abc import Iterator

import pytest
import requests
from websocket import WebSocketConnectionClosedException

from tests.container.deployed_swarm import HUB_IMAGE, DeployedSwarm, build_hub
from tests.container.engine import CHECKOUT, Engine
from tests.container.jupyter import Client
from tests.container.swarms import why_not
from tests.polling import eventually

MOVED_S = 60
CONFIG = CHECKOUT / "deploy/swarm/jupyterhub_config.py"

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def hub(docker: Engine) -> Iterator[DeployedSwarm]:
    if reason := why_not():
        pytest.skip(reason)
    with DeployedSwarm(docker) as started:
        yield started


def is_on(hub: DeployedSwarm, user: str, node: str, client: Client) -> None:
    """Assert that a user's server answers, on a node."""
    where, state = hub.task(user)
    assert where == node, f"on {where}: {state}"
    try:
        assert client.request("GET", "/api/status", timeout=10).ok, state
    except requests.RequestException as error:
        raise AssertionError(f"{state}: {error}") from error


def start_on(hub: DeployedSwarm, node: str) -> Client:
    """Start the server of ann on a node, or move it there."""
    hub.users_on(node)
    client = hub.start("ann")
    eventually(lambda: is_on(hub, "ann", node, client), MOVED_S)
    return client


def note(client: Client, file: str, letter: str) -> str:
    """Append a letter to a file in /data, and return what is in it."""
    code = f"open('/data/{file}', 'a').write('{letter}'); print(open('/data/{file}').read())"
    with client.kernel() as kernel:
        done = kernel.run(code)
    assert not done.error, done
    return done.stdout.strip()


def test_a_setting_that_is_wrong_is_named(docker: Engine) -> None:
    build_hub(docker)
    mount = f"--volume={CONFIG}:/etc/jupyterhub/jupyterhub_config.py:ro"
    env = ("--env=USER_MEMORY=lots", "--env=USER_CPUS=0", "--env=HUB_AUTHENTICATOR=nobody")
    homes = ("HOMES_TYPE=none", "HOMES_OPTIONS=bind", "HOMES_DEVICE=/homes")
    done = docker.try_("run", "--rm", mount, *env, *(f"--env={home}" for home in homes), HUB_IMAGE)
    assert done.exit_code == 78, done
    lines = [line for line in done.stderr.splitlines() if line.startswith("labinit: error: ")]
    assert len(lines) == 4, done
    for name, line in zip(("AUTHENTICATOR", "MEMORY", "CPUS", "proxy_token"), lines, strict=True):
        assert name in line
        assert "docker secret create" in line or "docker stack deploy" in line


def test_a_user_gets_a_server_on_a_node_that_may_run_it(hub: DeployedSwarm) -> None:
    assert "no node for ann: no suitable node" in hub.failed_line("ann")
    assert hub.manager.try_("service", "inspect", hub.container("ann")).exit_code != 0
    with hub.worker.without(hub.swarm.homes):
        hub.users_on("worker")
        assert "failed to mount local volume" in hub.failed_line("ann")
    assert note(start_on(hub, "worker"), "first", "a") == "a"
    assert (hub.swarm.homes / "ann/data/first").stat().st_uid == 1000
    words = hub.labctl("ann")
    service = hub.container("ann")
    for part in (
        f"service {service}, task {service}.1.",
        "node worker",
        "user ann, api http://hub:8081/hub/api",
        "1 CPU, 512 processes",
        "of 1.0 GiB",
        f"/data: {hub.swarm.homes}/ann/data",
    ):
        assert part in words, f"{part!r} in {words}"
    shell = hub.inside("ann", "labctl", "shell", "-c", "sudo -n true; id -u; ls /run/secrets")
    assert shell.stdout.split() == ["1000"], shell


def test_a_name_or_a_directory_that_nobody_can_have_is_refused(hub: DeployedSwarm) -> None:
    assert "take a shorter name" in hub.failed_line("ü" * 60)
    assert "name must be" in hub.failed_line("x" * 60)
    directory = hub.swarm.homes / "gil"
    directory.mkdir()
    (directory / ".hub-user").write_text("hal")
    assert "gil belongs to the user hal, not to gil" in hub.failed_line("gil")


def test_users_work_on_while_the_hub_is_replaced_and_log_in_after_it(hub: DeployedSwarm) -> None:
    client = start_on(hub, "worker")
    before = address_of_hub(hub)
    with client.kernel() as kernel:
        kernel.run("x = 41")
        hub.manager("service", "scale", "--detach=false", "lab_hub=0", timeout=300)
        assert kernel.run("x + 1").results == [{"text/plain": "42"}]
        page = requests.get(f"{hub.url}/hub/home", timeout=MOVED_S)
        assert page.status_code == 503
        assert "the hub is restarting" in page.text
        assert "the hub does not answer" in hub.labctl("ann")
        hub.manager("service", "scale", "--detach", "lab_hub=1")
    hub.wait_until_up()
    assert address_of_hub(hub) != before
    # Her server asks the new hub about a token that it has not seen.
    assert hub.start("ann").api("GET", "/api/contents")
    hub.revoke_token_of("ann")
    assert "does not accept this server's token" in hub.labctl("ann")
    assert "403 GET /hub/api/user " in hub.hub_log()


def address_of_hub(hub: DeployedSwarm) -> str:
    return hub.inside("ann", "getent", "hosts", "hub").stdout.split()[0]


def test_a_server_that_was_stopped_starts_anew_with_its_files(hub: DeployedSwarm) -> None:
    assert note(start_on(hub, "worker"), "anew", "a") == "a"
    hub.stop_server("ann")
    assert note(start_on(hub, "worker"), "anew", "b") == "ab"


def test_servers_leave_a_node_that_is_drained_with_their_files(hub: DeployedSwarm) -> None:
    client = start_on(hub, "worker")
    assert note(client, "drain", "a") == "a"
    hub.users_on("manager", "worker")
    hub.update_node("worker", "--availability", "drain")
    try:
        eventually(lambda: is_on(hub, "ann", "manager", client), MOVED_S)
        assert note(client, "drain", "b") == "ab"
    finally:
        hub.update_node("worker", "--availability", "active")


def test_the_users_of_a_lost_node_are_served_by_another_one(hub: DeployedSwarm) -> None:
    """The last test: the node stays lost."""
    client = start_on(hub, "worker")
    assert note(client, "lost", "a") == "a"
    hub.users_on("manager", "worker")
    with client.kernel() as kernel:
        hub.worker.kill()
        page = requests.get(f"{client.url}/api", timeout=MOVED_S)
        assert page.status_code == 503
        assert "is moving to another machine" in page.text
        eventually(lambda: is_on(hub, "ann", "manager", client), MOVED_S)
        # What was open is closed, not left hanging: a browser opens it anew.
        with pytest.raises((WebSocketConnectionClosedException, OSError)):
            kernel.run("1")
    assert note(client, "lost", "b") == "ab"
    assert "worker Down" in hub.manager("node", "ls", "--format", "{{.Hostname}} {{.Status}}")

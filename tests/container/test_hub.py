"""A real hub: spawn, work through its proxy, stop, and start the same container again."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.container.engine import Engine
from tests.container.hubs import Hub, why_not


@pytest.fixture(scope="module")
def hub(docker: Engine, image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    if reason := why_not():
        pytest.skip(reason)
    started = Hub(
        docker, image, Path(tmp_path_factory.mktemp("hub")), ["--ServerApp.terminals_enabled=True"]
    )
    yield started
    started.close()


def test_a_hub_spawns_a_server_of_its_own_as_the_lab_user_and_starts_it_again(hub: Hub) -> None:
    for _ in range(2):
        server = hub.spawn("ann")
        with server.kernel() as kernel:
            cell = kernel.run(
                "import getpass, os; print(getpass.getuser(), os.getcwd()); "
                "open('file', 'a').write('x')"
            )
        assert cell.stdout == "lab /data\n", cell
        shell = server.terminal("whoami; echo $JUPYTERHUB_USER")
        assert shell.output.split()[-2:] == ["lab", "ann"]
        hub.stop("ann")
        state = hub.state("ann")
        assert (state["Running"], state["ExitCode"]) == (False, 0), hub.logs("ann")
    log = hub.logs("ann")
    assert log.count("labinit: starting jupyterhub-singleuser as lab (1000:1000)") == 2
    assert not re.search(r"^labinit: warning: ", log, re.MULTILINE), log


def test_what_is_not_the_hubs_user_is_not_let_in(hub: Hub) -> None:
    server = hub.spawn("bob")
    assert server.request("GET", "/api/contents").ok
    server.token = ""
    assert server.request("GET", "/api/contents").status_code in {302, 401, 403}


def test_labctl_follows_the_hub(hub: Hub) -> None:
    server = hub.spawn("eve")
    with server.kernel() as kernel:
        kernel.run("1")
        health = hub.exec("eve", "labctl", "health")
        assert health.exit_code == 0, health
        assert health.stdout.startswith("http://127.0.0.1:8888/user/eve/api answers")
        status = json.loads(hub.exec("eve", "labctl", "status", "--json").stdout)
        assert [found["id"] for found in status["kernels"]] == [kernel.id]
        assert status["kernels_unknown"] == ""

"""The second start of a container, which is a short one: it tells and does what a long one does."""

import json
import uuid
from collections.abc import Iterator

import pytest

from tests.container.containers import Container, Containers
from tests.container.engine import Engine, Volumes
from tests.polling import eventually

SETTINGS = {"LABUID": "1000", "LABPASSWD": "open, sesame", "JUPYTER_TOKEN": "a-token", "LABLOG": "debug"}
SHORT = "labinit: debug: the same start as the last one"


def is_short(container: Container) -> bool:
    """Tell it of the latest boot."""
    boots = container.logs().split("labinit: labinit ")
    return SHORT in boots[-2]  # said right before the line with the version


@pytest.fixture
def again(container: Containers, volume: Volumes) -> Container:
    """A container that has been started twice."""
    lab = container(SETTINGS, {volume(): "/data"}).wait_ready()
    lab.restart().wait_ready()
    assert is_short(lab), lab.logs()
    return lab


def test_the_boot_report_is_of_this_start(again: Container) -> None:
    before = json.loads(again.output("cat", "/run/labinit/boot.json"))
    again.restart().wait_ready()
    assert is_short(again)
    report = json.loads(again.output("cat", "/run/labinit/boot.json"))
    assert report["began"] > before["began"]
    assert (report["steps"], report["identity"]["uid"], report["port"]) == ([], 1000, 8080)
    assert report.keys() == before.keys()
    assert again.output("stat", "--format", "%U %a", "/run/labinit/boot.json") == "root 644"
    assert "answers" in again.output("labctl", "health")
    assert json.loads(again.output("labctl", "status", "--json", user="lab"))


def test_a_port_in_use_is_named(container: Containers) -> None:
    first = container(port=8080).wait_ready()
    started = container.run(
        (), SETTINGS | {"LABPORT": "8081"}, args=("--detach", "--network", f"container:{first.name}")
    )
    assert started.exit_code == 0, started
    second = container.last
    second.wait_for_log("running at")
    second.stop()
    # Between its starts, somebody takes its port.
    code = "import socket, time; taken = socket.create_server(('', 8081)); print('ready', flush=True); time.sleep(600)"
    taken = first.docker("exec", "--detach", first.name, "python", "-c", code)
    assert taken == ""

    def is_taken() -> None:
        assert ":1F91 " in first.output("cat", "/proc/net/tcp")

    eventually(is_taken, 30)
    second.start()
    assert second.wait() == 78
    assert is_short(second)
    problem = "labinit: error: listen on port 8081: Address already in use; choose a free port with LABPORT"
    assert problem in second.logs().splitlines()


@pytest.fixture
def snapshot(docker: Engine) -> Iterator[str]:
    """A name for an image, which is removed."""
    name = f"labinit-test-{uuid.uuid4().hex[:12]}"
    yield name
    docker.try_("image", "rm", "--force", name)


def test_a_copy_of_the_container_elsewhere_takes_the_long_way(
    docker: Engine, again: Container, container: Containers, snapshot: str
) -> None:
    docker("commit", again.name, snapshot)
    said = "/data is on no volume: it goes with the container"
    assert said not in again.logs()
    copy = container(SETTINGS, image=snapshot).wait_ready()
    log = "\n".join(copy.boot_log())
    assert SHORT not in copy.logs()
    assert said in log

"""`make up`: a container a checkout, never another's."""

import shutil
import socket
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.container.engine import CHECKOUT, Engine, Volumes


@pytest.fixture
def environ(docker: Engine, image: str, volume: Volumes) -> Iterator[dict[str, str]]:
    """What `make up` is given: a name, a port and a directory of the test's own."""
    name = f"labinit-test-{uuid.uuid4().hex[:12]}"
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = str(listener.getsockname()[1])
    yield docker.environ | {"IMAGE": image, "NAME": name, "PORT": port, "DATA": str(volume())}
    docker.try_("rm", "--force", "--volumes", name)


def up(checkout: Path, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "tools/up"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def test_up_prints_the_address_and_leaves_another_checkouts_container_alone(
    docker: Engine, environ: dict[str, str], tmp_path: Path
) -> None:
    first = up(CHECKOUT, environ)
    assert first.returncode == 0, first.stderr
    address = next(word for word in first.stdout.split() if word.startswith("http://"))
    assert requests.get(address, timeout=10).status_code == 200
    container = docker("inspect", "--format", "{{.Id}}", environ["NAME"])

    again = up(CHECKOUT, environ)
    assert again.stdout == first.stdout
    shutil.copytree(CHECKOUT / "tools", tmp_path / "tools")
    other = up(tmp_path, environ)
    assert other.returncode == 1
    assert str(CHECKOUT) in other.stderr
    assert docker("inspect", "--format", "{{.Id}}", environ["NAME"]) == container

"""labinit by pip in an image of somebody else."""

import os
import subprocess
import uuid
from collections.abc import Iterator

import pytest

from tests.container.containers import Containers
from tests.container.engine import CHECKOUT, Engine

_FOREIGN = """
FROM debian:trixie-slim
RUN apt-get update && apt-get install --yes --no-install-recommends python3-venv && apt-get clean
ARG PIP_INDEX_URL
COPY . /source
RUN python3 -m venv /opt/init && /opt/init/bin/pip install --quiet /source
ENTRYPOINT ["/opt/init/bin/labinit", "--init-only", "--"]
"""


@pytest.fixture(scope="module")
def foreign_image(docker: Engine) -> Iterator[str]:
    """Somebody else's image, with labinit from pip as its init."""
    name = f"labinit-test-foreign:{uuid.uuid4().hex[:12]}"
    arguments = [
        f"--build-arg={key}={os.environ[key]}" for key in ("PIP_INDEX_URL",) if os.environ.get(key)
    ]
    command = docker.command(
        "build", "--quiet", "--tag", name, *arguments, "--file", "-", str(CHECKOUT)
    )
    environ = {**docker.environ, "DOCKER_BUILDKIT": "1"}
    done = subprocess.run(
        command,
        env=environ,
        input=_FOREIGN,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    yield name
    docker.try_("rmi", name)


@pytest.mark.timeout(660)
def test_pip_installs_an_init_for_any_image(container: Containers, foreign_image: str) -> None:
    shown = container.run(
        ["sh", "-c", "cat /proc/$$/environ; exit 7"],
        {"LC_ALL": "C", "PYTHONPATH": "/x"},
        image=foreign_image,
    )
    assert shown.exit_code == 7
    assert shown.stderr == ""
    names = [entry.partition("=")[0] for entry in shown.stdout.split("\0")[:-1]]
    assert sorted(names) == ["HOME", "HOSTNAME", "LC_ALL", "PATH", "PYTHONPATH"]

    started = container(
        image=foreign_image,
        command=["sh", "-c", "trap 'exit 3' TERM; echo ready; while :; do sleep 0.05; done"],
    )
    started.wait_for_log("ready")
    assert started.output("id", "--user") == "0"
    started.stop()
    assert started.exit_code == 3
    assert container.run(["no-such-command"], image=foreign_image).exit_code == 127

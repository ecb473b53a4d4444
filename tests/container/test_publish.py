"""What is published: the image by `make push`, to a registry of the test's own, and the documents
as a site."""

import os
import re
import subprocess
import uuid
from collections.abc import Iterator

import pytest
import requests

from tests.container.compose import build_tools
from tests.container.engine import CHECKOUT, Engine
from tests.container.running_container import SESSION
from tests.polling import eventually

CONFIG = (
    "version: 0.1\nstorage: {filesystem: {rootdirectory: /tmp/registry}}\nhttp: {addr: ':5000'}\n"
)


@pytest.fixture
def registry(docker: Engine) -> Iterator[str]:
    """Host and port of an empty registry."""
    name = f"labinit-test-{uuid.uuid4().hex[:12]}"
    serve = f"printf '%s' \"{CONFIG}\" >/tmp/config.yml; exec docker-registry serve /tmp/config.yml"
    options = ("--detach", "--name", name, "--label", SESSION, "--publish", "127.0.0.1::5000")
    docker("run", *options, build_tools(docker), "sh", "-c", serve)
    try:
        address = docker("port", name, "5000/tcp").splitlines()[0]

        def answers() -> None:
            try:
                assert requests.get(f"http://{address}/v2/", timeout=5).ok
            except requests.ConnectionError as error:
                raise AssertionError(docker("logs", name)) from error

        eventually(answers)
        yield address
    finally:
        docker("rm", "--force", "--volumes", name)


def push(docker: Engine, image: str) -> subprocess.CompletedProcess[str]:
    environ = docker.environ | {"PATH": os.environ["PATH"]}
    argv = ["make", "push", f"IMAGE={image}"]
    return subprocess.run(
        argv, cwd=CHECKOUT, env=environ, text=True, capture_output=True, timeout=280, check=False
    )


def test_one_command_builds_and_pushes(
    docker: Engine,
    image: str,  # noqa: ARG001 - its cache
    registry: str,
) -> None:
    name = f"{registry}/me/labinit"
    try:
        done = push(docker, f"{name}:1.2.3")
        assert done.returncode == 0, done.stderr
        assert requests.get(f"http://{registry}/v2/me/labinit/tags/list", timeout=5).json()[
            "tags"
        ] == ["1.2.3"]
        label = '{{index .Config.Labels "org.opencontainers.image.version"}}'
        assert re.fullmatch(
            r"\d+\.\d+\.\d+", docker("inspect", "--format", label, f"{name}:1.2.3").strip()
        )
    finally:
        docker.try_("rmi", f"{name}:1.2.3")


def test_an_image_without_a_registry_is_refused_before_it_is_built(docker: Engine) -> None:
    done = push(docker, "labinit:1.2.3")
    assert done.returncode != 0
    assert "names no registry to push to; run: make push IMAGE=HOST/NAME:TAG" in done.stderr


def test_the_documents_become_a_site_in_which_every_link_leads_somewhere() -> None:
    done = subprocess.run(
        ["tools/site"], cwd=CHECKOUT, text=True, capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr

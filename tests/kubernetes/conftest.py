"""What every test of this tier stands on: a real cluster with the image under test, and namespaces
in it."""

import os
from collections.abc import Callable, Iterator

import pytest

from tests.container.engine import Engine
from tests.kubernetes.cluster import Namespace, must, tool

# The first test waits for what `make test` compiles in the background.
START_S = 1800


@pytest.fixture(scope="session")
def cluster() -> Iterator[None]:
    """A running cluster: one that runs already is used and stays."""
    why = must(tool("why-not"))
    if why:
        # Where it is meant to run it has to run.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no Kubernetes: {why}")
    was_up = tool("kubectl", "get", "nodes").exit_code == 0
    must(tool("up", timeout_s=START_S))
    yield
    if not was_up:
        must(tool("down"))


@pytest.fixture(scope="session")
def image(cluster: None) -> str:  # noqa: ARG001 - it is loaded into it
    """The image under test, LABINIT_IMAGE or labinit:latest, in the cluster."""
    name = os.environ.get("LABINIT_IMAGE") or "labinit:latest"
    if Engine().try_("image", "inspect", name).exit_code != 0:
        pytest.fail(f"there is no image {name}; run: make image")
    must(tool("load", name, timeout_s=600))
    return name


@pytest.fixture(scope="module")
def namespaces(cluster: None) -> Iterator[Callable[[str], Namespace]]:  # noqa: ARG001 - it runs
    """Makes namespaces that enforce a pod security standard."""
    made: list[Namespace] = []

    def make(standard: str) -> Namespace:
        made.append(Namespace())
        made[-1].create(standard)
        return made[-1]

    yield make
    for namespace in made:
        namespace.close()

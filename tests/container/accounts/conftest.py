"""Fixtures of the tests of accounts."""

import pytest

from tests.container.containers import Containers
from tests.container.engine import Volumes
from tests.container.running_container import Container


@pytest.fixture
def system(container: Containers, volume: Volumes) -> Container:
    """A container of the image in which nothing has booted yet: `boot` does, as often as one
    likes."""
    return container(
        volumes={volume(): "/data"}, command=["sleep", "1000"], args=["--entrypoint=/usr/bin/env"]
    )

"""Fixtures of the tests of secrets."""

import pytest

from tests.container.containers import Containers
from tests.container.engine import Volumes
from tests.container.log_warnings import CLIENT_LEFT
from tests.container.running_container import Container
from tests.container.secrets.secrets_seen import SETTINGS


@pytest.fixture(scope="module")
def lab(module_container: Containers, module_volume: Volumes) -> Container:
    return module_container(
        SETTINGS, {module_volume(): "/data"}, expect_warnings=CLIENT_LEFT
    ).wait_ready()

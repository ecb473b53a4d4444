"""Fixtures of the tests of server."""

from pathlib import Path

import pytest

from tests.container.containers import Containers
from tests.container.engine import Volumes
from tests.container.running_container import Container
from tests.container.server.server_lab import PASSWORD, TOKEN


@pytest.fixture(scope="module")
def data(module_volume: Volumes) -> Path:
    """A directory of root's, with what root has left in it."""
    path = module_volume()
    (path / "by-root.txt").write_text("kept")
    (path / "sub").mkdir(mode=0o700)
    (path / "sub" / "deep.txt").write_text("kept")
    (path / "link").symlink_to("/etc/passwd")
    return path


@pytest.fixture(scope="module")
def lab(module_container: Containers, data: Path) -> Container:
    started = module_container(
        {"LABUID": "1000", "LABGID": "1000", "LABPASSWD": PASSWORD, "JUPYTER_TOKEN": TOKEN},
        {data: "/data"},
        ["--restart", "unless-stopped"],
        expect_warnings=[
            r"40[13] (GET|POST) /",
            "wrote error: 'Forbidden'",
            "Couldn't authenticate",
            "Invalid credentials",
        ],
    )
    return started.wait_ready()

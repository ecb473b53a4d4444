"""Fixtures of the tests of hooks."""

from pathlib import Path

import pytest

from tests.container.engine import Volumes
from tests.container.hooks.hook_files import EACH, FIRST, Hooks


@pytest.fixture
def directory(volume: Volumes) -> Path:
    """What is mounted at /etc/labinit.d."""
    path = volume()
    for name in (FIRST, EACH):
        (path / name).mkdir(mode=0o755)
    return path


@pytest.fixture
def hook(directory: Path) -> Hooks:
    """Writes a hook: which directory, its name, and what it does."""

    def write(when: str, name: str, script: str) -> None:
        path = directory / when / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    return write


@pytest.fixture
def mounts(directory: Path, volume: Volumes) -> dict[Path | str, str]:
    return {directory: "/etc/labinit.d:ro", volume(): "/data"}

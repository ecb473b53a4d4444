"""The front with the toy engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from driver import Kernel, write_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An engine.json for the toy engine."""
    return write_spec(tmp_path_factory.mktemp("toy") / "engine.json")


@pytest.fixture(scope="session")
def data_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place for the history."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def kernel(toy: Path, data_home: Path) -> Iterator[Kernel]:
    """One kernel for the tests of a module."""
    kernel = Kernel(toy, env={"XDG_DATA_HOME": str(data_home)})
    kernel.run("import os, sys, time, signal, subprocess")
    yield kernel
    kernel.close()


@pytest.fixture
def start(toy: Path, tmp_path: Path) -> Iterator[Callable[..., Kernel]]:
    """Kernels of a test's own."""
    kernels: list[Kernel] = []

    def start(spec: Path = toy, **options: Any) -> Kernel:
        env = {"XDG_DATA_HOME": str(tmp_path), **options.pop("env", {})}
        kernels.append(Kernel(spec, env=env, **options))
        return kernels[-1]

    yield start
    for kernel in kernels:
        kernel.close()

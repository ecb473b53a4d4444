"""The Racket kernel of the image, behind the driver of kernels/front/tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from driver import Kernel

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def racket() -> Iterator[Kernel]:
    """One kernel for the tests of a module."""
    kernel = Kernel("racket")
    yield kernel
    kernel.close()

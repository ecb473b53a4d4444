"""Waits for what a test asserts. The only place in the tests that sleeps."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(assertion: Callable[[], T], within_s: float = 30) -> T:
    """Return what `assertion` returns as soon as it holds; its own message survives if it never
    does."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            return assertion()
        except AssertionError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.05)

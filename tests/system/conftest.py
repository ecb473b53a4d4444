"""What every system test stands on: machines of its own, with the real tools of the system in
them."""

from collections.abc import Callable, Iterator

import pytest

from tests.system.machines import Machine, why_not


@pytest.fixture
def make_machine() -> Iterator[Callable[..., Machine]]:
    """Makes machines; `size` limits what they can write, as in `make_machine(size="1m")`."""
    if reason := why_not():
        pytest.skip(reason)
    made: list[Machine] = []

    def make(**options: str) -> Machine:
        made.append(Machine(**options))
        return made[-1]

    yield make
    for machine in made:
        machine.close()


@pytest.fixture
def machine(make_machine: Callable[..., Machine]) -> Machine:
    """A machine that has never booted."""
    return make_machine()

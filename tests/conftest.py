"""The order of the tiers: what takes seconds first, so that it is what fails first."""

import pytest

_TIERS = ("unit", "system", "container")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(
        key=lambda item: next((rank for rank, tier in enumerate(_TIERS) if tier in item.path.parts), len(_TIERS))
    )

"""The order of the tiers, what takes seconds first, and the same examples in every run.

HYPOTHESIS_PROFILE=explore looks for new ones; those that fail become an `@example`.
"""

import os

import hypothesis
import pytest

hypothesis.settings.register_profile("same", derandomize=True, deadline=None, database=None)
hypothesis.settings.register_profile("explore", max_examples=2000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

_TIERS = ("unit", "system", "container", "kubernetes")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(
        key=lambda item: next(
            (rank for rank, tier in enumerate(_TIERS) if tier in item.path.parts), len(_TIERS)
        )
    )

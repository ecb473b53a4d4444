"""The tests of kernels/front, in the image: with its Python, as an unknown user on a read-only
root."""

from pathlib import Path

import pytest

from tests.container.containers import Containers
from tests.container.engine import CHECKOUT

OWN_TESTS = CHECKOUT / "kernels/front/tests"


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "path", sorted(OWN_TESTS.glob("test_*.py")), ids=lambda path: path.stem.removeprefix("test_")
)
def test_the_fronts_own_tests_pass_for_an_unknown_user_on_a_read_only_root(
    container: Containers, installed_pytest: Path, path: Path
) -> None:
    done = container.run(
        [
            "/opt/lab/bin/python",
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            f"/tests/{path.name}",
        ],
        env={"PYTHONPATH": "/needed", "PYTHONDONTWRITEBYTECODE": "1"},
        volumes={installed_pytest: "/needed:ro", OWN_TESTS: "/tests:ro"},
        args=["--user=54321:0", "--read-only", "--tmpfs=/tmp:exec", "--cap-drop=ALL"],
        expect_warnings=[".*"],
        timeout_s=600,
    )
    assert done.exit_code == 0, done

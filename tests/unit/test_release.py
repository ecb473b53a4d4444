"""A tag, the version and the changelog say the same."""

import subprocess
from pathlib import Path

import pytest

from labinit import __version__

ROOT = Path(__file__).parents[2]


def check(tag: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "tools/release", tag], capture_output=True, text=True, check=False
    )


def test_the_version_has_a_section_in_the_changelog() -> None:
    assert check(f"v{__version__}").returncode == 0


@pytest.mark.parametrize("tag", [__version__, "v9.9.9", "v", "latest"])
def test_any_other_tag_is_refused(tag: str) -> None:
    done = check(tag)
    assert done.returncode == 1
    assert __version__ in done.stderr


def test_a_tag_of_this_commit_is_that_of_its_version() -> None:
    git = ["git", "-C", str(ROOT), "tag", "--points-at", "HEAD", "--list", "v*"]
    tags = subprocess.run(git, capture_output=True, text=True, check=False).stdout.split()
    assert [tag for tag in tags if tag != f"v{__version__}"] == []

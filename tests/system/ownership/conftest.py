"""Fixtures of the tests of ownership."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def memory() -> Iterator[Path]:
    """A directory for what would take a disk long to make.

    Removed by rm(1): Python's own way recurses too deep.
    """
    path = tempfile.mkdtemp(prefix="labinit-test-", dir="/dev/shm")
    yield Path(path)
    subprocess.run(["rm", "--recursive", path], check=True)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A directory of root's with one of everything that a user keeps."""
    tree = tmp_path / "tree"
    (tree / "notebooks" / "deep").mkdir(parents=True)
    (tree / "notebooks" / "deep" / "a.ipynb").write_text("{}")
    (tree / "two\nlines").write_text("")
    (tree / "link").symlink_to("notebooks")
    (tree / "dangling").symlink_to("/nowhere")
    os.close(os.open(os.fsencode(tree) + b"/not-utf8-\xff\xfe", os.O_CREAT, 0o600))
    return tree

"""The documents, taken literally: every command block is executed as it is written.

A block that begins with ```sh is executed, in the order of its document and in one directory,
unless
the line before it is `<!-- not executed: REASON -->`. Names, ports and images that exist once a
machine are replaced by `documents/docker`.
"""

import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.container.engine import CHECKOUT, Engine, Volumes

DOCUMENTS = [
    CHECKOUT / "README.md",
    CHECKOUT / "README.zh-CN.md",
    *sorted((CHECKOUT / "docs").glob("*.md")),
    CHECKOUT / "deploy/README.md",
]
BLOCK = re.compile(
    r"^(?:<!-- not executed: (.+) -->\n)?( *)```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL
)


def blocks(document: Path) -> list[str]:
    """Return the texts of the blocks that are to be executed."""
    found = BLOCK.findall(document.read_text())
    return [
        re.sub(f"^{indent}", "", text, flags=re.MULTILINE)
        for reason, indent, text in found
        if not reason
    ]


@pytest.fixture
def prefix(docker: Engine) -> Iterator[str]:
    """A name for everything that the document's commands make, which goes with the test."""
    name = f"labinit-test-{uuid.uuid4().hex[:12]}"
    yield name
    for kind, remove in (("container", "rm"), ("volume", "volume rm")):
        listed = docker(kind, "ls", *(["--all"] if kind == "container" else []), "--quiet",
                        "--filter", f"name={name}").split()  # fmt: skip
        if listed:
            docker(*remove.split(), "--force", *listed)


@pytest.mark.parametrize(
    "document", [path for path in DOCUMENTS if blocks(path)], ids=lambda path: path.name
)
@pytest.mark.timeout(600)
def test_the_commands_of_a_document_work_as_they_stand(
    docker: Engine, image: str, volume: Volumes, prefix: str, document: Path
) -> None:
    scratch = volume()
    for directory in ("home", "user/lab", "work"):
        (scratch / directory).mkdir(parents=True)
    environ = docker.environ | {
        "PATH": f"{Path(__file__).parent / 'documents'}:{os.environ['PATH']}",
        "REAL_DOCKER": shutil.which(docker.command()[0]) or "docker",
        "REAL_MAKE": shutil.which("make") or "make",
        "NAME_PREFIX": prefix,
        "IMAGE": image,
        "SCRATCH": str(scratch),
        "CHECKOUT": str(CHECKOUT),
        "HOME": str(scratch / "home"),
    }
    commands = blocks(document)
    if not any("docker run -d" in block for block in commands):
        commands.insert(0, "docker run -d --name jupyter labinit:latest")
    script = "\n".join(["set -eux -o pipefail", *commands])
    done = subprocess.run(
        ["bash", "-c", script],
        env=environ,
        cwd=scratch / "work",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=560,
        check=False,
    )
    assert done.returncode == 0, f"{document.name}: {done.stdout}\n{done.stderr}"


def test_a_block_that_looks_like_commands_says_that_it_is_one() -> None:
    """Or it would not be executed, and nobody would notice."""
    commands = r"^( *)```\n(?:\$ )?(?:docker|make|mkdir|cd|podman|git|pip) "
    wrong = [path.name for path in DOCUMENTS if re.search(commands, path.read_text(), re.MULTILINE)]
    assert not wrong

#!/usr/bin/env python3
"""Measures an image's layers, as stored and as fetched; writes the table into docs/kernels.md.

Usage: tools/sizes.py [IMAGE]   (DOCKER and DOCKER_HOST as `tools/engine env` prints them)
"""

import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zlib
from pathlib import Path
from typing import IO, NamedTuple

CHECKOUT = Path(__file__).resolve().parents[1]
TABLE = CHECKOUT / "docs" / "kernels.md"
_COPY = re.compile(r"^COPY .*--from=(\S+) (\S+) /$", re.MULTILINE)
# In every image; what is not here is a language.
_SHARED = {
    "debian": "Debian",
    "locales": "locales",
    "rest": "dpkg's database",
    "environment": "JupyterLab",
    "python": "Python's kernel",
    "labinit": "labinit",
}


class Layer(NamedTuple):
    """What a layer is of, and its bytes: unpacked, and as a registry has it."""

    owner: str
    size: int
    compressed: int


def copied_layers() -> list[str]:
    """Return the owner of each layer that the last stage of the Dockerfile copies, lowest first."""
    last = (CHECKOUT / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    owners = {"launcher": "labinit"}
    return [
        Path(path).name if stage == "debian" else owners.get(stage, stage)
        for stage, path in _COPY.findall(last)
    ]


def compressed(layer: IO[bytes]) -> int:
    """Return the bytes of a layer after gzip at the engine's level."""
    packer, size = zlib.compressobj(6, wbits=31), 0
    while chunk := layer.read(1 << 20):
        size += len(packer.compress(chunk))
    return size + len(packer.flush())


def saved_layers(image: str) -> list[tuple[int, int]]:
    """Return (bytes, compressed bytes) of each layer, lowest first."""
    docker = os.environ.get("DOCKER", "docker")
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run([docker, "save", "--output", file.name, image], check=True)
        with tarfile.open(file.name) as archive:
            (manifest,) = json.load(archive.extractfile("manifest.json") or sys.exit("no manifest"))
            found = []
            for path in manifest["Layers"]:
                layer = archive.extractfile(path)
                assert layer
                found.append((archive.getmember(path).size, compressed(layer)))
    return found


def measure(image: str) -> list[Layer]:
    """Return the layers, lowest first."""
    sizes, copied = saved_layers(image), copied_layers()
    # Below are Debian and its packages for everybody; the last command leaves next to nothing.
    below = ["debian"] * (len(sizes) - len(copied) - 1)
    return [
        Layer(owner, *size) for owner, size in zip([*below, *copied, "labinit"], sizes, strict=True)
    ]


def row(title: str, layers: list[Layer]) -> str:
    """Return a line of the table."""
    unpacked = sum(layer.size for layer in layers) / 1e6
    fetched = sum(layer.compressed for layer in layers) / 1e6
    return f"| {title} | {fetched:.1f} | {unpacked:.1f} |"


def table_of(layers: list[Layer]) -> str:
    """Return what is in every image, what each language adds, and all of it."""
    languages = dict.fromkeys(layer.owner for layer in layers if layer.owner not in _SHARED)
    by_owner = {
        owner: [layer for layer in layers if layer.owner == owner]
        for owner in (*_SHARED, *languages)
    }
    shared = [layer for layer in layers if layer.owner in _SHARED]
    return "\n".join(
        [
            *("| layers | MB to download | MB unpacked |", "|---|--:|--:|"),
            *(row(title, by_owner[owner]) for owner, title in _SHARED.items()),
            row("**Python only**", shared),
            *(row(f"+ {name}", by_owner[name]) for name in languages),
            row("**all of them**", layers),
        ]
    )


def main() -> None:
    """Measure, and replace what stands between the marks."""
    table = table_of(measure(sys.argv[1] if len(sys.argv) > 1 else "labinit:latest"))
    before, _, rest = TABLE.read_text().partition("<!-- sizes -->")
    after = rest.partition("<!-- /sizes -->")[2]
    TABLE.write_text(f"{before}<!-- sizes -->\n{table}\n<!-- /sizes -->{after}")
    print(table)


if __name__ == "__main__":
    main()

"""Writes engine.json and kernel.json. Usage: kernelspec.py PREFIX DIRECTORY GO IXGO.

PREFIX is where the engine will be, DIRECTORY where the kernelspec goes, GO and IXGO are versions.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def engine(prefix: str, go: str, ixgo: str) -> dict[str, object]:
    """Return what the front reads: see kernels/front/README.md."""
    return {
        "name": "go",
        "display_name": "Go",
        "argv": [f"{prefix}/go-engine"],
        "language_info": {
            "name": "go",
            "version": go.removeprefix("go"),
            "mimetype": "text/x-go",
            "file_extension": ".go",
            "pygments_lexer": "go",
            "codemirror_mode": "go",
        },
        "banner": f"{go}, interpreted by ixgo {ixgo}. %help lists the commands.",
        "implementation": "labinit-go",
        "help_links": [
            {"text": "Go", "url": "https://go.dev/doc/"},
            {"text": "Standard library", "url": "https://pkg.go.dev/std"},
        ],
    }


def kernelspec(prefix: str, go: str, ixgo: str) -> dict[str, object]:
    """Return what Jupyter reads. Every path is absolute: hubs and sudo drop PATH."""
    return {
        "argv": [
            "/opt/lab/bin/python",
            "-I",
            "/usr/local/lib/kernel-front",
            f"{prefix}/engine.json",
            "-f",
            "{connection_file}",
        ],
        "display_name": "Go",
        "language": "go",
        "interrupt_mode": "message",
        "kernel_protocol_version": "5.3",
        "metadata": {
            "debugger": False,
            "supported_encryption": ["curve"],
            "labinit": {
                "version": f"{go}, ixgo {ixgo}, our own kernel",
                "cell": "6 * 7",
                "shows": "42",
            },
        },
    }


def main() -> None:
    """Write them, below the current directory."""
    prefix, directory, go, ixgo = sys.argv[1:]
    for path, content in (
        (Path(prefix.lstrip("/"), "engine.json"), engine(prefix, go, ixgo)),
        (Path(directory, "kernel.json"), kernelspec(prefix, go, ixgo)),
    ):
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

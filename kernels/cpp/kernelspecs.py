"""Writes engine.json and the kernelspecs: kernelspecs.py PREFIX PYTHON FRONT DIRECTORY VERSION.

PREFIX is where the engine will be, PYTHON and FRONT what starts a kernel of ours, DIRECTORY where
the kernelspecs go, VERSION what `labctl kernels` says. Writes below the current directory.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

# The names are those of the xeus kernels, which existing notebooks carry.
STANDARDS = (11, 14, 17, 20, 23)
# What this image called them before: its notebooks still open. In the launcher they have no cards.
FORMER_NAMES = {f"cpp{standard}": standard for standard in STANDARDS}
# Of xeus-cpp's notebooks on OpenMP. The pragmas work in every kernel where libomp is installed.
OTHER_NAMES = {"xcpp17-omp": 17}


def engine(prefix: str) -> dict[str, Any]:
    """Return engine.json. The standard is appended to its arguments by each kernelspec."""
    return {
        "name": "cpp",
        "display_name": "C++",
        "argv": [f"{prefix}/bin/cpp-engine", f"-I{prefix}/include"],
        "language_info": {
            "name": "c++",
            "version": "",
            "mimetype": "text/x-c++src",
            "codemirror_mode": "text/x-c++src",
            "pygments_lexer": "c++",
            "file_extension": ".cpp",
        },
        "banner": "C++ on clang's interpreter",
        "implementation": "cpp-engine",
    }


def kernelspec(prefix: str, python: str, front: str, standard: int, version: str) -> dict[str, Any]:
    """Return one kernel.json. Every path is absolute: hubs and sudo drop PATH."""
    return {
        # Isolated: nothing in the notebook's folder or the user's home can take the place of the
        # front's modules.
        "argv": [
            *(python, "-I", front, f"{prefix}/engine-{standard}.json", "-f", "{connection_file}"),
            *("--", f"-std=c++{standard}"),
        ],
        "display_name": f"C++{standard}",
        "language": "c++",
        "interrupt_mode": "message",
        "kernel_protocol_version": "5.3",
        "metadata": {
            "debugger": False,
            "supported_encryption": ["curve"],
            "labinit": {"version": version, "cell": "6 * 7", "shows": "42"},
        },
    }


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a file, and the directories above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Write them."""
    prefix, python, front, directory, version = sys.argv[1:]
    names = {f"xcpp{standard}": standard for standard in STANDARDS} | FORMER_NAMES | OTHER_NAMES
    for standard in STANDARDS:
        described = engine(prefix)
        described["display_name"] = f"C++{standard}"
        described["language_info"]["version"] = str(standard)
        write_json(Path(f".{prefix}/engine-{standard}.json"), described)
    for name, standard in names.items():
        spec = kernelspec(prefix, python, front, standard, version)
        if name not in {f"xcpp{one}" for one in STANDARDS}:
            spec["display_name"] += f" ({name})"
            spec["metadata"]["labinit"]["alias_of"] = f"xcpp{standard}"
        write_json(Path(directory, name, "kernel.json"), spec)
        # The launcher hides some cards by their icons' addresses.
        icon = Path(__file__).with_name(f"xcpp{standard}.svg")
        shutil.copyfile(icon, Path(directory, name, "logo-svg.svg"))


if __name__ == "__main__":
    main()

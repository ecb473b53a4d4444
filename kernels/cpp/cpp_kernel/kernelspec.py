"""Writes the five kernelspecs. Usage: kernelspec.py PREFIX PYTHON DIRECTORY VERSION.

PREFIX is where the kernel will be, PYTHON the interpreter with ipykernel, DIRECTORY where the
kernelspecs go, VERSION what `labctl kernels` says. Imports nothing of the kernel.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

STANDARDS = (11, 14, 17, 20, 23)


def kernelspec(prefix: str, python: str, standard: int, version: str) -> dict[str, object]:
    """Return one kernel.json. Every path is absolute: hubs and sudo drop PATH."""
    return {
        # Isolated: nothing in the notebook's folder or the user's home can take the place of the
        # kernel's modules.
        "argv": [
            python,
            "-I",
            f"{prefix}/cpp_kernel",
            "--std",
            f"c++{standard}",
            "-f",
            "{connection_file}",
        ],
        "display_name": f"C++{standard}",
        "language": "c++",
        "interrupt_mode": "signal",
        "metadata": {
            "debugger": False,
            "supported_encryption": ["curve"],
            "labinit": {"version": version, "cell": "6 * 7", "shows": "42"},
        },
        "kernel_protocol_version": "5.5",
    }


def main() -> None:
    """Write them."""
    prefix, python, directory, version = sys.argv[1:]
    for standard in STANDARDS:
        folder = Path(directory, f"cpp{standard}")
        folder.mkdir(parents=True)
        spec = json.dumps(kernelspec(prefix, python, standard, version), indent=1)
        (folder / "kernel.json").write_text(spec + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

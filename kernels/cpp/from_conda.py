"""Installs a C++ kernel from a conda channel into /opt/cxx, below the current directory.

Usage: from_conda.py KERNEL CHANNEL. Where the channel cannot be reached, or has no such kernel for
this machine, the reason goes to where `labctl kernels` and the end of the build find it.
"""

import asyncio
import json
import shutil
import sys
import time
from pathlib import Path

import rattler

# A network that swallows packets must not hold up the build.
TRIES = 3
TRY_S = 180
# Files of the packages name the place they are installed to, so it is the final one, whence they
# are moved.
PREFIX = Path("/opt/cxx")
SPECS = Path("usr/local/share/jupyter/kernels")
MISSING = Path("usr/local/share/labinit/missing-kernels/cpp")
CURE = "build again with CONDA_CHANNEL, without CXX_KERNEL, or from another network"


def resolve(kernel: str, channel: str) -> list[rattler.RepoDataRecord]:
    """Return the packages to install. Raises: whatever the last try has raised."""
    for attempt in range(1, TRIES + 1):
        try:
            return asyncio.run(asyncio.wait_for(solve(kernel, channel), TRY_S))
        except TimeoutError:
            problem: Exception = TimeoutError(f"no answer in {TRY_S} s")
        except Exception as error:  # noqa: BLE001 - the library's own have no common base
            problem = error
        told = f"{kernel}: try {attempt} of {TRIES}: {first_line(problem)}"
        print(told, file=sys.stderr)  # noqa: T201
        time.sleep(attempt)
    raise problem


async def solve(kernel: str, channel: str) -> list[rattler.RepoDataRecord]:
    """Return the packages to install."""
    machine = rattler.VirtualPackage.detect()
    return await rattler.solve([rattler.Channel(channel)], [kernel], virtual_packages=machine)


async def install(records: list[rattler.RepoDataRecord]) -> None:
    """Install them where they will be in the image."""
    await rattler.install(records, target_prefix=PREFIX)


def fetch(records: list[rattler.RepoDataRecord]) -> None:
    """Install them, in a few tries: an index may answer where the packages do not."""
    for left in reversed(range(TRIES)):
        try:
            asyncio.run(install(records))
        except Exception:
            shutil.rmtree(PREFIX, ignore_errors=True)
            if not left:
                raise
        else:
            return


def first_line(problem: Exception) -> str:
    """Return what can stand in a sentence."""
    return (str(problem).strip() or type(problem).__name__).splitlines()[0]


def write_kernelspecs(version: str) -> None:
    """Copy the packages' kernelspecs to where Jupyter looks, with what `labctl kernels` shows."""
    found = sorted((PREFIX / "share/jupyter/kernels").glob("xcpp*"))
    if not found:
        sys.exit(f"{version} brings no kernelspec")
    for folder in found:
        shutil.copytree(folder, SPECS / folder.name)
        path = SPECS / folder.name / "kernel.json"
        spec = json.loads(path.read_text())
        spec["argv"][0] = str(
            PREFIX / "bin" / Path(spec["argv"][0]).name
        )  # hubs and sudo drop PATH
        spec["metadata"] = spec.get("metadata", {}) | {
            "labinit": {"version": version, "cell": "6 * 7", "shows": "42"}
        }
        path.write_text(json.dumps(spec, indent=1) + "\n")


def main(kernel: str, channel: str) -> None:
    """Install it, or say why not."""
    try:
        records = resolve(kernel, channel)
        fetch(records)
    except Exception as problem:  # noqa: BLE001 - the image is complete without it
        MISSING.parent.mkdir(parents=True)
        MISSING.write_text(
            f"{kernel} could not be had from {channel}: {first_line(problem)}; {CURE}\n"
        )
        return
    version = next(str(record.version) for record in records if record.name.normalized == kernel)
    write_kernelspecs(f"{kernel} {version}")
    Path("opt").mkdir()
    shutil.move(PREFIX, "opt")


main(*sys.argv[1:])

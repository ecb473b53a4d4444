"""The table behind `labctl kernels`. Runs as the lab user, never as root: kernels may be his."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import queue
import sys
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import psutil
from rich.console import Console
from rich.table import Table
from rich.text import Text

from labinit.ctl.ask import printable
from labinit.ctl.kernels import add_arguments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jupyter_client.blocking.client import BlockingKernelClient
    from jupyter_client.manager import KernelManager

# Where the build leaves one file for each kernel that was asked for and cannot be there, with the
# reason in it.
MISSING = "/usr/local/share/labinit/missing-kernels"
_START_S, _RESULT_S = 60, 60
_MEBI = 1 << 20


@dataclass(frozen=True)
class Kernel:
    """An installed kernel."""

    name: str
    language: str
    version: str
    # What its installer has a check run, if anything, and what that shows.
    cell: str = ""
    shows: str = ""


@dataclass(frozen=True)
class Check:
    """How a kernel works."""

    kernel: str
    language: str
    seconds: float  # from its start to the first result
    memory: int  # bytes of all its processes
    problem: str = ""


def find_kernels() -> list[Kernel]:
    """Return what the server offers, in the order of the names."""
    # Slow, and not needed for a usage error.
    from jupyter_client.kernelspec import KernelSpecManager  # noqa: PLC0415

    # As the server is configured: Python's is one like the others.
    specs = KernelSpecManager(ensure_native_kernel=False).get_all_specs()
    kernels = []
    for name, entry in sorted(specs.items()):
        spec = entry["spec"]
        ours = spec.get("metadata", {}).get("labinit", {})
        # Another name of a kernel, which old notebooks carry, is no other kernel.
        if "alias_of" not in ours:
            known = {field: str(ours.get(field, "")) for field in ("version", "cell", "shows")}
            kernels.append(Kernel(name, str(spec.get("display_name", name)), **known))
    return kernels


def find_missing() -> dict[str, str]:
    """Return why each kernel is missing that the image was to have."""
    missing = {}
    with contextlib.suppress(FileNotFoundError):
        for name in sorted(os.listdir(MISSING)):
            with open(f"{MISSING}/{name}", encoding="utf-8") as file:
                missing[name] = file.read().strip()
    return missing


def check(kernel: Kernel) -> Check:
    """Start a kernel, run its cell, stop it."""
    began = time.monotonic()
    language, memory, problem = kernel.language, 0, ""
    try:
        with _started(kernel.name) as (manager, client):
            language = _language(client)
            shown = _run(client, kernel.cell) if kernel.cell else kernel.shows
            seconds = time.monotonic() - began
            memory = _memory_of(manager)
            if kernel.shows not in shown:
                problem = f"{kernel.cell!r} shows {shown!r}, not {kernel.shows!r}"
    # A kernel may fail in any way, and the others are still to be checked.
    except Exception as error:  # noqa: BLE001
        seconds = time.monotonic() - began
        problem = str(error).strip().partition("\n")[0] or type(error).__name__
    return Check(kernel.name, language, seconds, memory, problem)


@contextlib.contextmanager
def _started(name: str) -> Iterator[tuple[KernelManager, BlockingKernelClient]]:
    from jupyter_client.manager import KernelManager  # noqa: PLC0415

    manager = KernelManager(kernel_name=name)
    # What a kernel says belongs into the server's log, not into the table.
    with open(os.devnull, "wb") as nowhere:
        manager.start_kernel(stdout=nowhere, stderr=nowhere)
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=_START_S)
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def _language(client: BlockingKernelClient) -> str:
    info = client.kernel_info(reply=True, timeout=_START_S)["content"]["language_info"]
    return f"{info['name']} {info.get('version', '')}".strip()


def _run(client: BlockingKernelClient, code: str) -> str:
    """Return all text that a cell shows: kernels differ in what is a result, output or an error."""
    texts: list[str] = []

    def take(message: dict[str, Any]) -> None:
        content = message["content"]
        result = content.get("data", {}).get("text/plain", "")
        texts.append(content.get("text", "") + result + content.get("evalue", ""))

    try:
        client.execute_interactive(code, allow_stdin=False, timeout=_RESULT_S, output_hook=take)
    except (queue.Empty, TimeoutError):
        raise TimeoutError(f"no result within {_RESULT_S} s") from None
    return "".join(texts).strip()


def _memory_of(manager: KernelManager) -> int:
    """Return the proportional share of a kernel's processes: what others share counts in parts."""
    pid = getattr(manager.provisioner, "pid", None)
    if pid is None:
        return 0
    first = psutil.Process(pid)
    total = 0
    for process in (first, *first.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            total += process.memory_full_info().pss
    return total


def make_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Return rows as columns of text. Kernels' names are the user's, the terminal may be root's."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="")
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table


def _check_row(check: Check) -> tuple[str, ...]:
    memory = f"{check.memory / _MEBI:.0f} MiB" if check.memory else "-"
    return check.kernel, check.language, f"{check.seconds:.1f}", memory, check.problem or "ok"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return 1 if a check has failed."""
    parser = argparse.ArgumentParser("labctl kernels")
    add_arguments(parser)
    options = parser.parse_args(arguments)
    kernels, missing = find_kernels(), find_missing()
    checks = [check(kernel) for kernel in kernels] if options.check else []
    if options.json:
        names = ("name", "language", "version")
        installed = [{name: getattr(kernel, name) for name in names} for kernel in kernels]
        results = [asdict(one) for one in checks]
        print(json.dumps({"kernels": installed, "missing": missing, "checks": results}))
    else:
        _show(kernels, missing, checks)
    return 1 if any(one.problem for one in checks) else 0


def _show(kernels: Sequence[Kernel], missing: Mapping[str, str], checks: Sequence[Check]) -> None:
    console = Console(highlight=False)
    if checks:
        header = ("KERNEL", "LANGUAGE", "SECONDS", "MEMORY", "RESULT")
        console.print(make_table(header, map(_check_row, checks)))
    else:
        rows = [(kernel.name, kernel.language, kernel.version or "-") for kernel in kernels]
        console.print(make_table(("KERNEL", "LANGUAGE", "VERSION"), rows))
    for name, why in missing.items():
        print(printable(f"{name} is missing: {why}"))


if __name__ == "__main__":
    sys.exit(main())

"""The kernels that run: what the server knows of them, and what their processes take."""

from __future__ import annotations

import re
import time
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil

from labinit.ctl.running import find_server, get

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labinit.ctl.running import Running

# As long as it takes to tell a kernel that computes from one that does not.
_SAMPLE_S = 0.2
_CONNECTION_FILE = re.compile(r"kernel-([0-9a-f-]{36})\.json")


class Process(NamedTuple):
    """A process and all it has started. Units: percent of one core; bytes resident."""

    pid: int
    cpu_percent: float
    memory: int


class Kernel(NamedTuple):
    """A kernel.

    Shape: what the server does not tell is ""; `process` is None where none is found.
    """

    id: str
    name: str
    notebook: str
    state: str
    process: Process | None


class Table(NamedTuple):
    """All processes of the container.

    Shape: `why` says why the server's part is missing, "" if it is not.
    """

    kernels: tuple[Kernel, ...]
    processes: int
    zombies: int
    why: str


def find_kernels(running: Running, environ: Mapping[str, str]) -> Table:
    """Return the kernels, in the order in which the server lists them."""
    told, why = _ask(running, environ) if running.report["is_server"] else ([], "")
    processes = list(psutil.process_iter(["pid", "status"]))
    measured = _measure(processes)
    ids = dict.fromkeys([*(str(kernel.get("id", "")) for kernel, _ in told), *measured])
    by_id = {str(kernel.get("id", "")): (kernel, notebook) for kernel, notebook in told}
    kernels = []
    for kernel_id in ids:
        kernel, notebook = by_id.get(kernel_id, ({}, ""))
        state, name = str(kernel.get("execution_state", "")), str(kernel.get("name", ""))
        kernels.append(Kernel(kernel_id, name, notebook, state, measured.get(kernel_id)))
    zombies = sum(process.info["status"] == psutil.STATUS_ZOMBIE for process in processes)
    return Table(tuple(kernels), len(processes), zombies, why)


def _ask(
    running: Running, environ: Mapping[str, str]
) -> tuple[list[tuple[dict[str, Any], str]], str]:
    """Return each kernel as the server describes it, with its notebook; and why not, if it does not tell."""
    server, token = find_server(running, environ), _token(running, environ)
    try:
        status, kernels = get(server, "api/kernels", token)
        sessions = get(server, "api/sessions", token)[1]
    except (OSError, HTTPException) as error:
        return [], f"the server does not answer: {error}"
    if status in {401, 403}:
        return (
            [],
            "the server has a token of its own"
            if token
            else "the token can be read by root and the lab user",
        )
    if not isinstance(kernels, list) or not isinstance(sessions, list):
        return [], f"the server answers with {status}"
    notebooks = {
        session["kernel"]["id"]: str(session.get("path", ""))
        for session in sessions
        if session.get("kernel")
    }
    return [(kernel, notebooks.get(kernel["id"], "")) for kernel in kernels], ""


def _token(running: Running, environ: Mapping[str, str]) -> str:
    if hubs := environ.get("JUPYTERHUB_API_TOKEN"):
        return hubs
    try:
        with open(f"{running.directory}/token", encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def _measure(processes: list[psutil.Process]) -> dict[str, Process]:
    """Return what each kernel takes, by its id, which stands in the name of its connection file."""
    roots: dict[str, psutil.Process] = {}
    for process in processes:
        kernel_id = _kernel_id(process)
        if kernel_id:
            roots.setdefault(
                kernel_id, process
            )  # lowest pid first: what a kernel starts may carry the name too
    trees = {kernel_id: _tree(root) for kernel_id, root in roots.items()}
    before = {kernel_id: _cpu_s(tree) for kernel_id, tree in trees.items()}
    began = time.monotonic()
    time.sleep(_SAMPLE_S if roots else 0)
    took_s = max(time.monotonic() - began, 0.001)
    return {
        kernel_id: Process(
            roots[kernel_id].pid,
            round(max(0.0, _cpu_s(tree) - before[kernel_id]) / took_s * 100, 1),
            sum(_resident(process) for process in tree),
        )
        for kernel_id, tree in trees.items()
    }


def _kernel_id(process: psutil.Process) -> str:
    try:
        match = _CONNECTION_FILE.search(" ".join(process.cmdline()))
    except psutil.Error:
        return ""
    return match[1] if match else ""


def _tree(root: psutil.Process) -> list[psutil.Process]:
    try:
        return [root, *root.children(recursive=True)]
    except psutil.Error:
        return [root]


def _cpu_s(tree: list[psutil.Process]) -> float:
    total = 0.0
    for process in tree:
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system
    return total


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0

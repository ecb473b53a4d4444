"""The kernels that run: what the server knows of them, and what their processes take."""

from __future__ import annotations

import contextlib
import errno
import re
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import psutil

from labinit.ctl.ask import MAX_ROWS, Answer, ask, text
from labinit.ctl.running import get
from labinit.layout import TOKEN_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labinit.ctl.running import Running, Server

# As long as it takes to tell a kernel that computes from one that does not.
_SAMPLE_S = 0.2
_CONNECTION_FILE = re.compile(r"kernel-([0-9a-f-]{36})\.json")

_TOLD = ("id", "name", "notebook", "state")


def find_kernels(running: Running | None, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the kernels, in the order in which the server lists them, and count all processes.

    Shape: empty where nothing runs; what the server does not tell of a kernel is "", its process is
    None where none is seen; "kernels_unknown" says why the server's part is missing, else "".
    Units: of a process and all it has started, percent of one core; bytes resident.
    """
    answer = None
    if running and running.report["is_server"]:
        answer = ask(running, environ, partial(_list_kernels, running, environ))
    facts = ["pid", "ppid", "status", "cmdline", "memory_info"]
    processes = list(psutil.process_iter(facts)) if running else []
    measured = _measure(processes)
    rows = {row[0]: row for row in answer.rows} if answer else {}
    ids = list(dict.fromkeys([*rows, *measured]))
    told = {kernel_id: rows.get(kernel_id, (kernel_id, "", "", "")) for kernel_id in ids[:MAX_ROWS]}
    return {
        "kernels": [
            {**dict(zip(_TOLD, row, strict=True)), "process": measured.get(kernel_id)}
            for kernel_id, row in told.items()
        ],
        "kernels_unknown": _why_unknown(answer),
        "kernels_left_out": len(ids) - len(told) + (answer.more_rows if answer else 0),
        "processes": len(processes),
        "zombies": sum(one.info["status"] == psutil.STATUS_ZOMBIE for one in processes),
    }


def read_token(running: Running, environ: Mapping[str, str]) -> str:
    """Return the token of the server, "" where there is none or this user may not read it."""
    if hubs := environ.get("JUPYTERHUB_API_TOKEN"):
        return hubs
    try:
        with open(f"{running.directory}/{TOKEN_NAME}", encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def _list_kernels(
    running: Running, environ: Mapping[str, str], server: Server
) -> tuple[int, list[tuple[str, ...]]]:
    """Return status, and id, name, notebook and state of each kernel.

    Raises: PermissionError, where the server does not take the token; what `get` raises.
    """
    token = read_token(running, environ)
    status, kernels = get(server, "api/kernels", token)
    if status in {401, 403}:
        why = "the token can be read by root and the lab user"
        raise PermissionError(errno.EACCES, "the server has a token of its own" if token else why)
    sessions = get(server, "api/sessions", token)[1]
    if not isinstance(kernels, list) or not isinstance(sessions, list):
        raise TypeError(f"the server answers with {status}")
    notebooks = {
        text(session["kernel"].get("id")): text(session.get("path"))
        for session in sessions
        if isinstance(session, dict) and isinstance(session.get("kernel"), dict)
    }
    rows: list[tuple[str, ...]] = []
    for kernel in kernels:
        if isinstance(kernel, dict):
            kernel_id, state = text(kernel.get("id")), text(kernel.get("execution_state"))
            notebook = notebooks.get(kernel_id, "")
            rows.append((kernel_id, text(kernel.get("name")), notebook, state))
    return status, rows


def _why_unknown(answer: Answer | None) -> str:
    if answer is None or (answer.status and not answer.problem):
        return ""
    return f"the server does not answer: {answer.problem}"


def _measure(processes: list[psutil.Process]) -> dict[str, dict[str, Any]]:
    """Return what each kernel takes, by its id, which stands in the name of its connection file."""
    roots: dict[str, psutil.Process] = {}
    for process in processes:
        match = _CONNECTION_FILE.search(" ".join(process.info["cmdline"] or ()))
        if match and len(roots) < MAX_ROWS:
            # Lowest pid first: what a kernel starts may carry the name too.
            roots.setdefault(match[1], process)
    children: dict[int, list[psutil.Process]] = {}
    for process in processes:
        children.setdefault(process.info["ppid"], []).append(process)
    trees = {kernel_id: _tree(root, children) for kernel_id, root in roots.items()}
    for tree in trees.values():
        _cpu_percent(tree)
    time.sleep(_SAMPLE_S if roots else 0)
    return {
        kernel_id: {
            "pid": roots[kernel_id].pid,
            "cpu_percent": round(_cpu_percent(tree), 1),
            "memory": sum(one.info["memory_info"].rss for one in tree if one.info["memory_info"]),
        }
        for kernel_id, tree in trees.items()
    }


def _tree(
    root: psutil.Process, children: Mapping[int, list[psutil.Process]]
) -> list[psutil.Process]:
    """Return a process and all it has started, as of one look at all processes."""
    tree = [root]
    for process in tree:
        tree += children.get(process.pid, ())
    return tree


def _cpu_percent(tree: list[psutil.Process]) -> float:
    """Return what they have used since the last call, 0 at the first. Units: percent of a core."""
    total = 0.0
    for process in tree:
        with contextlib.suppress(psutil.Error):  # it has ended meanwhile
            total += process.cpu_percent()
    return total

"""What runs here, as whom, with how much memory, how it was set up, and whether it still is as asked."""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from labinit import boot_report
from labinit.ctl.health import judge
from labinit.ctl.memory import Memory, read_memory
from labinit.ctl.running import address_of, find_running, find_server
from labinit.ctl.sessions import Table, find_kernels
from labinit.errors import LabinitError
from labinit.init.oom import oom_kills

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labinit.boot_report import BootReport


@dataclass(frozen=True)
class Drift:
    """What the next boot would change. Shape: `why` says why that is unknown, "" if it is known."""

    steps: tuple[tuple[str, str], ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Status:
    """Everything `labctl status` shows.

    Shape: `url` is "" if the command is no server; `report` None if none runs.
    """

    is_well: bool
    health: str
    report: BootReport | None
    uptime_s: float
    url: str
    table: Table
    memory: Memory
    oom_kills: int
    drift: Drift


def run(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Print the status, and return 0 if something runs."""
    parser = argparse.ArgumentParser(
        "labctl status", description="What runs here, and how it was set up."
    )
    parser.add_argument("--json", action="store_true", help="the same for programs")
    options = parser.parse_args(arguments)
    status = observe_status(environ)
    if options.json:
        print(json.dumps(to_json(status), indent=2))
    else:
        from labinit.ctl.status_view import show  # noqa: PLC0415 - rich takes longer than all the rest

        show(status)
    return 0 if status.report else 1


def observe_status(environ: Mapping[str, str]) -> Status:
    """Return the status. Reads only."""
    running = find_running(environ)
    is_well, sentence = judge(running, environ)
    if running is None:
        return Status(
            is_well, sentence, None, 0, "", Table((), 0, 0, ""), read_memory(), oom_kills(), Drift()
        )
    report = running.report
    return Status(
        is_well=is_well,
        health=sentence,
        report=report,
        uptime_s=boot_report.age_of(report["started"]),
        url=address_of(find_server(running, environ)) if report["is_server"] else "",
        table=find_kernels(running, environ),
        memory=read_memory(),
        oom_kills=oom_kills(),
        drift=find_drift(environ, report),
    )


def find_drift(environ: Mapping[str, str], report: BootReport) -> Drift:
    """Return what a boot would change now.

    What every boot does again is no drift: hooks, and LABCHOWN=always.
    """
    from labinit.facts.system import observe  # noqa: PLC0415 - with all that a boot needs
    from labinit.plan.plan import make_plan  # noqa: PLC0415
    from labinit.plan.steps import FixOwner, RunHook  # noqa: PLC0415
    from labinit.settings.load import load_settings  # noqa: PLC0415

    # Who boots: root, or with --user whoever that is.
    uid = report["identity"]["uid"] if report["identity"]["is_inherited"] else 0
    if os.geteuid() != uid:
        who, how = (f"uid {uid}", f"docker exec --user {uid}") if uid else ("root", "docker exec")
        return Drift(why=f"only {who} can see it: {how} NAME labctl status")
    try:
        settings = load_settings(environ).settings
        steps = make_plan(settings, observe(settings)).steps
    except LabinitError as error:
        return Drift(why=str(error))
    again = [
        step
        for step in steps
        if not isinstance(step.action, RunHook)
        and not (isinstance(step.action, FixOwner) and settings.chown == "always")
    ]
    return Drift(tuple((step.summary, step.reason) for step in again))


def to_json(status: Status) -> dict[str, Any]:
    """Return the status for programs.

    Units as in the names; bytes, seconds, percent of one core.
    """
    report = status.report
    return {
        "healthy": status.is_well,
        "health": status.health,
        "version": report["version"] if report else None,
        "mode": report["mode"] if report else None,
        "identity": report["identity"] if report else None,
        "pid": report["pid"] if report else None,
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - status.uptime_s))
        if report
        else None,
        "uptime_s": round(status.uptime_s, 1),
        "url": status.url,
        "kernels": [
            {**kernel._asdict(), "process": kernel.process._asdict() if kernel.process else None}
            for kernel in status.table.kernels
        ],
        "kernels_unknown": status.table.why,
        "memory": status.memory._asdict(),
        "oom_kills": status.oom_kills,
        "processes": status.table.processes,
        "zombies": status.table.zombies,
        "boot": {name: report[name] for name in ("took_s", "steps", "warnings")}
        if report
        else None,
        "drift": asdict(status.drift),
    }

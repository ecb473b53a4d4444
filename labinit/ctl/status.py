"""What runs here, as whom, with how much memory, how set up, and whether it still is as asked."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from labinit import boot_report, cgroup
from labinit.ctl.health import judge
from labinit.ctl.platforms import find_platforms, find_volumes, words_of
from labinit.ctl.running import find_running
from labinit.ctl.sessions import find_kernels
from labinit.errors import LabinitError
from labinit.linux import status_field

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Mapping

    from labinit.boot_report import BootReport


_BOOT = ("took_s", "steps", "warnings")


@dataclass(frozen=True)
class Drift:
    """What the next boot would change. Shape: `why` says why that is unknown, "" if it is known."""

    steps: tuple[tuple[str, str], ...] = ()
    why: str = ""


def add_arguments(parser: ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument("--json", action="store_true", help="the same for programs")


def run(options: Namespace, environ: Mapping[str, str]) -> int:
    """Print the status, and return 0 if something runs."""
    status = observe_status(environ)
    if options.json:
        print(json.dumps(status, indent=2))
    else:
        # rich takes longer than all the rest.
        from labinit.ctl.status_view import show  # noqa: PLC0415

        show(status)
    return 0 if status["boot"] else 1


def observe_status(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return all that `labctl status` shows, as programs get it. Reads only.

    Shape: None and empty where nothing runs; a "limit" is None where only the machine's holds, what
    is "used" where it is unknown; "url" is "" if the command is no server.
    Units: as in the names; bytes; percent of one core.
    """
    running = find_running(environ)
    health = judge(running, environ)
    report: Mapping[str, Any] = running.report if running else {}
    uptime_s = boot_report.age_of(report["started"]) if running else 0
    started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - uptime_s))
    used, limit = cgroup.memory()
    return {
        "healthy": health.is_well,
        "health": health.sentence,
        **{name: report.get(name) for name in ("version", "mode", "identity", "pid")},
        "started": started if running else None,
        "uptime_s": round(uptime_s, 1),
        "url": health.url,
        **find_kernels(running, environ),
        "memory": {"used": used, "limit": limit},
        "oom_kills": cgroup.oom_kills(),
        "shared_memory": _shared_memory(),
        "sudo": explain_sudo(report, environ, has_no_new_privs=_has_no_new_privs()),
        "platforms": find_platforms(environ),
        "limits": {"memory": limit, "cpus": cgroup.cpus(), "processes": cgroup.processes()},
        "volumes": find_volumes((report["data"], report["identity"]["home"])) if running else {},
        "boot": {name: report[name] for name in _BOOT} if running else None,
        "drift": asdict(find_drift(environ, running.report) if running else Drift()),
    }


def _shared_memory() -> dict[str, int | None]:
    """Return how full /dev/shm is, with which processes of a computation exchange data."""
    try:
        space = os.statvfs("/dev/shm")  # noqa: S108 - not a temporary file
    except OSError:
        return {"used": None, "limit": None}
    used = (space.f_blocks - space.f_bfree) * space.f_frsize
    return {"used": used, "limit": space.f_blocks * space.f_frsize}


def _has_no_new_privs() -> bool:
    """Tell whether the engine has started the container so that nobody can gain privileges."""
    try:
        return status_field("NoNewPrivs", 1) == "1"
    except OSError:
        return False


def explain_sudo(
    report: Mapping[str, Any], environ: Mapping[str, str], *, has_no_new_privs: bool
) -> str:
    """Return whether the user can use sudo, and if not why, and what to do about it. Pure."""
    if not report:
        return ""
    identity = report["identity"]
    words = words_of(environ)

    def because(option: str) -> str:
        return f"none: the container was started with {option}; {words.remedy}"

    works = "without a" if environ.get("LABSUDO") == "nopasswd" else "with the"
    is_read_only = "without an account" in report["mode"]
    reasons = (
        (identity["uid"] == 0, "not needed: the user is root (LABUID=0)"),
        (identity["is_inherited"], because(words.user)),
        (has_no_new_privs, because(words.no_new_privileges)),
        (identity["may_gain_privileges"], f"yes, {works} password"),
        (is_read_only, because(f"read-only accounts ({words.read_only})")),
        (environ.get("LABSUDO") == "none", "none: LABSUDO=none"),
    )
    remedy = "set LABPASSWD, or LABSUDO=nopasswd, and make the container anew"
    why = f"none: there is no password; {remedy}"
    return next((text for holds, text in reasons if holds), why)


def find_drift(environ: Mapping[str, str], report: BootReport) -> Drift:
    """Return what a boot would change now, but for what every boot does again."""
    from labinit.facts.system import observe  # noqa: PLC0415 - with all that a boot needs
    from labinit.plan.plan import make_plan  # noqa: PLC0415
    from labinit.plan.steps import ChownTree, RunHook  # noqa: PLC0415
    from labinit.settings.load import load_settings  # noqa: PLC0415

    # Who boots: root, or with --user whoever that is.
    uid = report["identity"]["uid"] if report["identity"]["is_inherited"] else 0
    if os.geteuid() != uid:
        who = f"uid {uid}" if uid else "root"
        return Drift(why=f"only {who} can see it: {words_of(environ).execute} labctl status")
    try:
        settings = load_settings(environ).settings
        steps = make_plan(settings, observe(settings)).steps
    except LabinitError as error:
        return Drift(why=str(error))
    # Every boot runs the hooks and, with LABCHOWN=always, the walk.
    again = (RunHook, ChownTree) if settings.chown == "always" else (RunHook,)
    changes = (step for step in steps if not isinstance(step.action, again))
    return Drift(tuple((step.summary, step.reason) for step in changes))

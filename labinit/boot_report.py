"""The boot report: what the boot behind the running program did.

For `labctl`; labinit itself decides nothing by it.

`labctl health` imports this module: standard library only, and as little of it as possible.
"""

import os
import time

from labinit import __version__
from labinit.layout import REPORT_NAME, RUN_DIRECTORY
from labinit.linux import ProcessStat, status_field
from labinit.quick import dumps, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, TypedDict

    from labinit.errors import Notice
    from labinit.init.program import Program
    from labinit.plan.steps import Plan
    from labinit.settings.load import Settings

    class BootReport(TypedDict):
        """What stands in the file."""

        format: int
        version: str
        # The program, and its start in clock ticks since the machine's: a pid alone is given again.
        pid: int
        started: int
        # The boot: in seconds since 1970, and from the fork to just before the program.
        began: float
        took_s: float
        mode: str
        # Who the program runs as, the fields of `plan.steps.Identity`.
        identity: dict[str, Any]
        data: str
        port: int
        is_server: bool
        # Each with "summary", "reason" and "took_s"; with "problem" and "hint".
        steps: list[dict[str, Any]]
        warnings: list[dict[str, str]]


_FORMAT = 1
_MAX_LETTERS = 1 << 20


def describe(
    plan: "Plan",
    times_s: "Iterable[float]",
    settings: "Settings",
    program: "Program",
    warnings: "Iterable[Notice]",
) -> "BootReport":
    """Return the report of a boot that ends now, by this process, which becomes the program."""
    age_s = age_of(started := ProcessStat(os.getpid()).started)
    return {
        "format": _FORMAT,
        "version": __version__,
        "pid": os.getpid(),
        "started": started,
        "began": round(time.time() - age_s, 2),
        "took_s": round(age_s, 3),
        "mode": plan.mode,
        "identity": plan.identity._asdict(),
        "data": settings.data,
        "port": settings.port,
        "is_server": program.is_server,
        "steps": [
            {"summary": step.summary, "reason": step.reason, "took_s": round(took_s, 4)}
            for step, took_s in zip(plan.steps, times_s, strict=True)
        ],
        "warnings": [{"problem": one.problem, "hint": one.hint} for one in warnings],
    }


def write(directory: str, report: "BootReport") -> None:
    """Write it; where that is not possible there is none: that is no reason not to start."""
    path = f"{directory}/{REPORT_NAME}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        # Renamed when it is whole: a health check may read it at any instant.
        descriptor = os.open(f"{path}.new", flags, 0o644)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(descriptor, 0o644)  # whatever the umask is: the lab user reads it, too
            file.write(dumps(report))
        os.rename(f"{path}.new", path)
    except OSError:
        return


def read(runtime_directory: str = "") -> "tuple[str, BootReport] | None":
    """Return the run directory and the report in it, if the program that it tells of still runs.

    `runtime_directory` is what JUPYTER_RUNTIME_DIR says, which the lab user's own processes have.
    """
    own = f"/tmp/labinit-{os.geteuid()}"  # noqa: S108 - one that only this user can write
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    for directory in (RUN_DIRECTORY, own, os.path.dirname(runtime_directory)):
        try:
            descriptor = os.open(f"{directory}/{REPORT_NAME}", flags)
            with os.fdopen(descriptor, encoding="utf-8") as file:
                # Whoever wrote it chooses whom root becomes in `labctl shell`.
                if os.fstat(descriptor).st_uid not in {0, os.geteuid()}:
                    continue
                report: BootReport = loads(file.read(_MAX_LETTERS))
            if report["format"] == _FORMAT and _is_current(report):
                return directory, report
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue
    return None


def _is_current(report: "BootReport") -> bool:
    """Tell whether the pid still is that program, and that user's: it may be old, or forged."""
    return (
        ProcessStat(report["pid"]).started == report["started"]
        and int(status_field("Uid", report["pid"])) == report["identity"]["uid"]
    )


def age_of(started: int) -> float:
    """Return how many seconds ago a process was started. Units: clock ticks since the machine's."""
    # The clock that goes on while the machine is suspended. Source: proc_pid_stat(5), starttime.
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started / os.sysconf("SC_CLK_TCK")

"""The status as text for people, in 80 columns. Pure but for the printing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from labinit.ctl.ask import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from labinit.boot_report import BootReport
    from labinit.ctl.platforms import Limits
    from labinit.ctl.sessions import Kernel
    from labinit.ctl.status import Space, Status

_BINARY = 1024
_SLOW_S = 0.1


def show(status: Status) -> None:
    """Print it: with colours on a terminal, without elsewhere."""
    console = Console(highlight=False, soft_wrap=False)
    table = Grid.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _rows(status):
        table.add_row(name, value)
    console.print(table)
    if status.table.kernels:
        console.print(_kernels(status.table.kernels))
    if status.table.more:
        console.print(f"and {status.table.more} more")


def _rows(status: Status) -> Iterable[tuple[str, Text]]:
    report = status.report
    yield "health", plain(status.health, style="green" if status.is_well else "red")
    if report:
        who = report["identity"]
        groups = ",".join(str(gid) for gid in who["groups"])
        yield (
            "user",
            plain(
                f"{who['user']} ({who['uid']}:{who['gid']}), groups {groups}, home {who['home']}"
            ),
        )
        yield "mode", Text(f"{report['mode']}, labinit {report['version']}")
        yield "sudo", Text(status.sudo)
        yield "up", Text(f"{duration(status.uptime_s)}, process {report['pid']}")
    if status.url:
        yield "server", plain(f"{status.url} (inside the container)")
    for name, facts in status.platforms.items():
        yield name, _platform(facts)
    yield "memory", _memory(status)
    if limits := _limits(status.limits):
        yield "limits", Text(limits)
    # The word once, at the first of them.
    for number, (path, name) in enumerate(status.volumes.items()):
        yield "" if number else "volumes", plain(f"{path}: {name}")
    if _is_nearly_full(status.shared_memory):
        hint = "give it more with docker run --shm-size, or shut down what uses it"
        used = f"{_used_of(status.shared_memory)} used; {hint}"
        yield "/dev/shm", Text(used, style="red")  # noqa: S108
    if report:
        yield "processes", _processes(status)
        yield "boot", _boot(report)
        for warning in report["warnings"]:
            yield "", plain(f"warned: {warning['problem']}; {warning['hint']}", style="yellow")
        yield "drift", _drift(status)
        count = len(status.table.kernels) + status.table.more
        yield "kernels", plain(status.table.why or str(count or "none"))


def _platform(facts: dict[str, str]) -> Text:
    known = ", ".join(f"{name} {value}" for name, value in facts.items() if name != "problem")
    text = plain(known)
    if problem := facts.get("problem"):
        text.append("; ").append(plain(problem, style="red"))
    return text


def _limits(limits: Limits) -> str:
    """Return what the container may use beside memory, whose line has its own limit."""
    words = []
    if limits.cpus is not None:
        words.append(f"{limits.cpus:g} CPU{'' if limits.cpus == 1 else 's'}")
    if limits.processes is not None:
        words.append(f"{limits.processes} processes")
    return ", ".join(words)


def _memory(status: Status) -> Text:
    text = Text(_used_of(status.memory), style="red" if _is_nearly_full(status.memory) else "")
    if status.oom_kills:
        often = "once" if status.oom_kills == 1 else f"{status.oom_kills} times"
        text.append(f"; out of memory {often}", style="red")
    return text


def _used_of(space: Space) -> str:
    used, limit = space.used, space.limit
    if used is None:
        return "unknown"
    return (
        f"{size(used)} of {size(limit)} ({used * 100 // limit} %)"
        if limit
        else f"{size(used)}, no limit"
    )


def _is_nearly_full(space: Space) -> bool:
    return bool(space.limit) and (space.used or 0) * 10 > (space.limit or 0) * 9


def _processes(status: Status) -> Text:
    text = Text(f"{status.table.processes}, ")
    zombies = status.table.zombies
    return text.append(
        f"{zombies} zombies" if zombies else "no zombies", style="red" if zombies else ""
    )


def _boot(report: BootReport) -> Text:
    steps = report["steps"]
    text = Text(
        f"{report['took_s']:.2f} s, {len(steps) or 'no'} step{'' if len(steps) == 1 else 's'}"
    )
    for step in steps:
        text.append(
            f"\n{step['took_s']:6.2f} s  ", style="yellow" if step["took_s"] > _SLOW_S else "dim"
        )
        text.append(plain(step["summary"]))
    return text


def _drift(status: Status) -> Text:
    if status.drift.why:
        return plain(f"unknown: {status.drift.why}")
    if not status.drift.steps:
        return Text("none: the next boot would change nothing", style="green")
    text = Text("the next boot would", style="yellow")
    for summary, reason in status.drift.steps:
        text.append("\n").append(plain(f"{summary}: {reason}"))
    return text


def _kernels(kernels: Iterable[Kernel]) -> Grid:
    grid = Grid(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("notebook", "kernel", "state"):
        grid.add_column(
            name, overflow="fold" if name == "notebook" else "ellipsis", no_wrap=name != "notebook"
        )
    for name in ("CPU", "memory", "pid"):
        grid.add_column(name, justify="right", no_wrap=True)
    for kernel in kernels:
        process = kernel.process
        measured = (
            (f"{process.cpu_percent:.0f} %", size(process.memory), str(process.pid))
            if process
            else ("?",) * 3
        )
        names = (kernel.notebook or kernel.id, kernel.name or "?", kernel.state or "?")
        grid.add_row(*map(plain, names), *measured)
    return grid


def plain(text: str, style: str = "") -> Text:
    """Return a text that the user has a say in, without what would drive the terminal of root."""
    # A Text, not a str, in which rich would see markup: "[red]".
    return Text(printable(text), style)


def size(count: int) -> str:
    """Return a number of bytes as people write it."""
    value = float(count)
    for unit in ("B", "KiB", "MiB"):
        if value < _BINARY:
            return f"{value:.0f} {unit}"
        value /= _BINARY
    return f"{value:.1f} GiB"


def duration(seconds: float) -> str:
    """Return a time span in its two greatest units."""
    minutes, hours = int(seconds) // 60, int(seconds) // 3600
    if minutes < 1:
        return f"{seconds:.0f} s"
    if hours < 1:
        return f"{minutes} min {int(seconds) % 60} s"
    return f"{hours} h {minutes % 60} min" if hours < 48 else f"{hours // 24} days {hours % 24} h"

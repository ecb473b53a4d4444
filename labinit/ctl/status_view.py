"""The status as text for people, in 80 columns. Pure but for the printing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from labinit.ctl.ask import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

_BINARY = 1024
_SLOW_S = 0.1


def show(status: dict[str, Any]) -> None:
    """Print what `observe_status` returns: with colours on a terminal, without elsewhere."""
    console = Console(highlight=False, soft_wrap=False)
    table = Grid.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _rows(status):
        table.add_row(name, value)
    console.print(table)
    if status["kernels"]:
        console.print(_kernels(status["kernels"]))
    if status["kernels_left_out"]:
        console.print(f"and {status['kernels_left_out']} more")


def _rows(status: dict[str, Any]) -> Iterable[tuple[str, Text]]:
    boot, who, shared_memory = status["boot"], status["identity"], status["shared_memory"]
    yield "health", plain(status["health"], style="green" if status["healthy"] else "red")
    if boot:
        groups = ",".join(map(str, who["groups"]))
        ids = f"{who['user']} ({who['uid']}:{who['gid']})"
        yield "user", plain(f"{ids}, groups {groups}, home {who['home']}")
        yield "mode", Text(f"{status['mode']}, labinit {status['version']}")
        yield "sudo", Text(status["sudo"])
        yield "up", Text(f"{duration(status['uptime_s'])}, process {status['pid']}")
    if status["url"]:
        yield "server", plain(f"{status['url']} (inside the container)")
    for name, facts in status["platforms"].items():
        yield name, _platform(facts)
    yield "memory", _memory(status)
    if limits := _limits(status["limits"]):
        yield "limits", Text(limits)
    # The word once, at the first of them.
    for number, (path, name) in enumerate(status["volumes"].items()):
        yield "" if number else "volumes", plain(f"{path}: {name}")
    if _is_nearly_full(shared_memory):
        hint = "give it more with docker run --shm-size, or shut down what uses it"
        used = f"{_used_of(shared_memory)} used; {hint}"
        yield "/dev/shm", Text(used, style="red")  # noqa: S108
    if boot:
        yield "processes", _processes(status)
        yield "boot", _boot(boot)
        for warning in boot["warnings"]:
            yield "", plain(f"warned: {warning['problem']}; {warning['hint']}", style="yellow")
        yield "drift", _drift(status["drift"])
        count = len(status["kernels"]) + status["kernels_left_out"]
        yield "kernels", plain(status["kernels_unknown"] or str(count or "none"))


def _platform(facts: dict[str, str]) -> Text:
    known = ", ".join(f"{name} {value}" for name, value in facts.items() if name != "problem")
    text = plain(known)
    if problem := facts.get("problem"):
        text.append("; ").append(plain(problem, style="red"))
    return text


def _limits(limits: dict[str, Any]) -> str:
    """Return what the container may use beside memory, whose line has its own limit."""
    cpus, processes = limits["cpus"], limits["processes"]
    words = [f"{cpus:g} CPU{'' if cpus == 1 else 's'}"] if cpus is not None else []
    words += [f"{processes} processes"] if processes is not None else []
    return ", ".join(words)


def _memory(status: dict[str, Any]) -> Text:
    memory, kills = status["memory"], status["oom_kills"]
    text = Text(_used_of(memory), style="red" if _is_nearly_full(memory) else "")
    if kills:
        text.append(f"; out of memory {'once' if kills == 1 else f'{kills} times'}", style="red")
    return text


def _used_of(space: dict[str, Any]) -> str:
    used, limit = space["used"], space["limit"]
    if used is None:
        return "unknown"
    if not limit:
        return f"{size(used)}, no limit"
    return f"{size(used)} of {size(limit)} ({used * 100 // limit} %)"


def _is_nearly_full(space: dict[str, Any]) -> bool:
    return (space["used"] or 0) * 10 > (space["limit"] or float("inf")) * 9


def _processes(status: dict[str, Any]) -> Text:
    text, zombies = Text(f"{status['processes']}, "), status["zombies"]
    return text.append(f"{zombies or 'no'} zombies", style="red" if zombies else "")


def _boot(boot: dict[str, Any]) -> Text:
    steps = boot["steps"]
    plural = "" if len(steps) == 1 else "s"
    text = Text(f"{boot['took_s']:.2f} s, {len(steps) or 'no'} step{plural}")
    for step in steps:
        style = "yellow" if step["took_s"] > _SLOW_S else "dim"
        text.append(f"\n{step['took_s']:6.2f} s  ", style=style)
        text.append(plain(step["summary"]))
    return text


def _drift(drift: dict[str, Any]) -> Text:
    if drift["why"]:
        return plain(f"unknown: {drift['why']}")
    if not drift["steps"]:
        return Text("none: the next boot would change nothing", style="green")
    text = Text("the next boot would", style="yellow")
    for summary, reason in drift["steps"]:
        text.append("\n").append(plain(f"{summary}: {reason}"))
    return text


def _kernels(kernels: Iterable[dict[str, Any]]) -> Grid:
    grid = Grid(box=None, padding=(0, 2, 0, 0), header_style="dim")
    grid.add_column("notebook", overflow="fold")
    for name in ("kernel", "state"):
        grid.add_column(name, overflow="ellipsis", no_wrap=True)
    for name in ("CPU", "memory", "pid"):
        grid.add_column(name, justify="right", no_wrap=True)
    for kernel in kernels:
        names = (kernel["notebook"] or kernel["id"], kernel["name"] or "?", kernel["state"] or "?")
        measured = ("?", "?", "?")
        if process := kernel["process"]:
            cpu = f"{process['cpu_percent']:.0f} %"
            measured = (cpu, size(process["memory"]), str(process["pid"]))
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

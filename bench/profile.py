"""Where the time of a regular start goes, from the time stamps of the container's own log, as a
picture.

Nothing is instrumented: the engine stamps each line, and each line marks the end of a phase.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import time
from collections import Counter
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from bench.containers import IMAGE, Container, container, docker
from bench.peers import CLASSIC, LABINIT, data_volume, peers
from bench.tables import median, table

if TYPE_CHECKING:
    from collections.abc import Mapping

ROUNDS = int(os.environ.get("BENCH_PROFILE_ROUNDS", "5"))
PICTURE = Path("docs/images/start-profile.svg")

# What ends each phase: a line of the log. The first phase ends, and the last one begins, without
# one.
_ENGINE = "the engine: network, mounts, namespaces"
_PHASES = {
    "labinit: PID 1, a look at everything, the digest": r"labinit: labinit ",
    "labinit: become the user": r"labinit: starting JupyterLab",
    "Python and the server's modules": (
        r"\[I .* ServerApp\] jupyter_lsp \| extension was " r"successfully linked"
    ),
    "JupyterLab: extensions, handlers, settings": (
        r"\[I .* ServerApp\] Jupyter Server .* " r"is running at"
    ),
}
_LAST = "the first request"
_COLOURS = ("#9aa5b1", "#d1495b", "#edae49", "#2e86ab", "#5aa469", "#7a5ea8")
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")
_SHOWN_PACKAGES = 14


def _moment(stamp: str) -> float:
    """Return the seconds since 1970 of an engine's time stamp, which has nanoseconds."""
    whole, _, fraction = stamp.removesuffix("Z").partition(".")
    return dt.datetime.fromisoformat(f"{whole}+00:00").timestamp() + float(f"0.{fraction or 0}")


def _phases(made: Container) -> dict[str, float]:
    """Start it once more; return phase → milliseconds."""
    began = time.time()
    offset = time.monotonic() - began
    made.start()
    ready = made.wait_ready() - offset
    started = _moment(docker("inspect", "--format", "{{.State.StartedAt}}", made.name))
    lines = [line.partition(" ") for line in made.log(since=started)]
    phases, last = {_ENGINE: started - began}, started
    for name, pattern in _PHASES.items():
        moment = next((_moment(stamp) for stamp, _, text in lines if re.match(pattern, text)), None)
        if moment is not None:
            phases[name], last = moment - last, moment
    return {name: max(0.0, s) * 1e3 for name, s in (phases | {_LAST: ready - last}).items()}


def _measure() -> dict[str, dict[str, float]]:
    compared = [peer for peer in peers() if peer.name in {CLASSIC, LABINIT}]
    found: dict[str, list[dict[str, float]]] = {peer.name: [] for peer in compared}
    with data_volume() as volume:
        for _ in range(ROUNDS):
            for peer in compared:
                with container(
                    *peer.arguments(options=(*volume, "--publish", "127.0.0.1::8080"))
                ) as made:
                    made.seconds_to_ready()
                    made.stop()
                    found[peer.name].append(_phases(made))
    return {
        name: {phase: median([one[phase] for one in rounds]) for phase in rounds[0]}
        for name, rounds in found.items()
    }


def _packages() -> dict[str, float]:
    """Return package → its share of the time that importing the server takes: the largest, then all
    others."""
    code = ("-X", "importtime", "/opt/lab/libexec/jupyter-lab", "--version")
    fastest: dict[str, int] = {}
    for _ in range(ROUNDS):
        text = docker(
            "run", "--rm", "--entrypoint", "sh", IMAGE, "-c", f"python {' '.join(code)} 2>&1"
        )
        for us, module in _IMPORT.findall(text):
            fastest[module] = min(int(us), fastest.get(module, int(us)))
    shares: Counter[str] = Counter()
    for module, us in fastest.items():
        shares[module.partition(".")[0]] += us
    total = sum(shares.values())
    top = dict(shares.most_common(_SHOWN_PACKAGES))
    others = {f"{len(shares) - len(top)} others": total - sum(top.values())}
    return {name: us / total for name, us in (top | others).items()}


def _bar(y: int, parts: Mapping[str, float], scale: float, colours: Mapping[str, str]) -> list[str]:
    x, lines = 20.0, []
    for name, ms in parts.items():
        width = ms * scale
        title = f"<title>{escape(name)}: {ms:.0f} ms</title>"
        lines.append(
            f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="34" '
            f'fill="{colours[name]}">{title}</rect>'
        )
        if width > 34:
            lines.append(
                f'<text x="{x + width / 2:.1f}" y="{y + 22}" fill="#fff" '
                f'text-anchor="middle">{ms:.0f}</text>'
            )
        x += width
    return lines


def _draw(found: Mapping[str, Mapping[str, float]], packages: Mapping[str, float]) -> str:
    names = list(dict.fromkeys(phase for phases in found.values() for phase in phases))
    order = [_ENGINE, *_PHASES, _LAST]
    colours = {name: _COLOURS[order.index(name)] for name in names}
    scale = 860 / max(sum(phases.values()) for phases in found.values())
    lines, y = [], 40
    for name, phases in found.items():
        lines.append(
            f'<text x="20" y="{y}" font-weight="bold">{escape(name)}: '
            f"{sum(phases.values()):.0f} ms</text>"
        )
        lines += _bar(y + 8, phases, scale, colours)
        y += 70
    for name in (name for name in order if name in colours):
        lines.append(f'<rect x="20" y="{y - 11}" width="12" height="12" fill="{colours[name]}"/>')
        label = f"{name} ({found[LABINIT][name]:.0f} ms behind labinit)"
        lines.append(f'<text x="40" y="{y}">{escape(label)}</text>')
        y += 20
    modules = found[LABINIT]["Python and the server's modules"]
    y += 20
    lines.append(
        f'<text x="20" y="{y}" font-weight="bold">the server\'s modules behind labinit, '
        f"{modules:.0f} ms</text>"
    )
    largest = max(list(packages.values())[:-1])
    for package, share in packages.items():
        y += 18
        # The last, all others together, is no package: as long as there is room, and grey.
        is_package = share <= largest and package != list(packages)[-1]
        width, colour = (share / largest * 640, _COLOURS[3]) if is_package else (640, "#c3cbd3")
        lines.append(f'<text x="150" y="{y}" text-anchor="end">{escape(package)}</text>')
        lines.append(
            f'<rect x="160" y="{y - 11}" width="{width:.1f}" height="13" fill="{colour}"/>'
        )
        lines.append(f'<text x="{168 + width:.1f}" y="{y}">{share * modules:.0f}</text>')
    size = f'width="900" height="{y + 20}"'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="13">'
    )
    return "\n".join([head, f'<rect {size} fill="#fff"/>', *lines, "</svg>"]) + "\n"


def report() -> str:
    """Measure, draw the picture, and return the section."""
    found = _measure()
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(_draw(found, _packages()))
    names = [_ENGINE, *_PHASES, _LAST]
    rows = [
        [name, *(f"{phases[name]:.0f}" if name in phases else "" for phases in found.values())]
        for name in names
    ]
    rows.append(["all", *(f"{sum(phases.values()):.0f}" for phases in found.values())])
    about = (
        f"Medians of {ROUNDS} regular starts in turn, in ms. The shell script's own time is in "
        "that of Python."
    )
    return (
        f"## What a regular start is spent on\n\n{about}\n\n"
        f"{table(('', *found), rows)}\n\n![](images/{PICTURE.name})"
    )

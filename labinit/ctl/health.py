"""Whether the server answers, and if not, why. What the image's HEALTHCHECK asks.

Runs every few seconds: standard library only where a server runs, and as little of it as possible.
"""

import itertools
import os
import signal
import time

from labinit import boot_report
from labinit.ctl.ask import ask, printable
from labinit.ctl.running import find_running, get, listens_since
from labinit.linux import ProcessStat
from labinit.quick import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Mapping

    from labinit.ctl.running import Running

# Who has answered for that long has been seen healthy; from then on, twice a minute is enough.
_SETTLED_S = 10
PAUSE_S = 28
_ROUNDS = 10
# How long one check waits for a start, and how often it looks meanwhile.
_WAIT_S = 30
_LOOK_S = 0.25
# A server that has not said by then where it listens never will.
_START_S = 60
_NEEDED = ("JUPYTER_RUNTIME_DIR", "JUPYTERHUB_SERVICE_URL")
# No 200, but the server's own answer: it asks who it is, or sends to where that can be said.
_ANSWERS = {200, 301, 302, 401, 403}


def add_arguments(parser: "ArgumentParser") -> None:
    """Add what this command takes."""
    parser.add_argument(
        "--pace",
        action="store_true",
        help="wait for a start; rest before a server that has settled",
    )


def run(options: "Namespace", environ: "Mapping[str, str]") -> int:
    """Print one line, and return 0 if all is well, else 1.

    With --pace, wait for a start to come to its end, and once the server has settled, look only
    after a pause: so a HEALTHCHECK with a short interval sees a start at once and costs next to
    nothing, however long the start takes and however many containers start side by side. Docker has
    no interval for the start of its own before version 25.
    """
    running = find_running(environ)
    if options.pace and _is_settled(running):
        _rest(judge(running, environ), environ)
    deadline = time.monotonic() + (_WAIT_S if options.pace else 0)
    health = judge(find_running(environ), environ)
    while not health.is_well and time.monotonic() < deadline:
        time.sleep(_LOOK_S)
        health = judge(find_running(environ), environ)
    print(health.sentence)
    return 0 if health.is_well else 1


class Health(NamedTuple):
    """Whether all is well, and a sentence why. Shape: `url` is "" if the command is no server."""

    is_well: bool
    sentence: str
    url: str = ""


def judge(running: "Running | None", environ: "Mapping[str, str]") -> Health:
    """Return how the command does."""
    if running is None:
        if _is_plain_init():
            return Health(True, "the command runs; with --init-only, that is all there is to know")
        if _is_booting():
            return Health(False, "still setting up: the log says what it does")
        return Health(False, "nothing runs: the log says why")
    age_s = boot_report.age_of(running.report["started"])
    age = f"{age_s:.0f} s after its start"
    if not running.report["is_server"]:
        return Health(True, f"the command runs, {age}; it is no server")
    if age_s < _START_S and listens_since(running) is None:
        # To ask where it was meant to be would put a 404 into the log of one that is elsewhere.
        url = f"http://127.0.0.1:{running.report['port']}/"
        return Health(False, f"the server does not listen yet, {age}", url)
    answer = ask(running, environ, lambda server: (get(server, "api")[0], []))
    if not answer.status:
        sentence = f"{answer.url}api does not answer: {answer.problem}"
    elif answer.status in _ANSWERS:
        sentence = f"{answer.url}api answers"
    else:
        sentence = f"{answer.url}api answers with {answer.status}"
    return Health(answer.status in _ANSWERS, printable(f"{sentence}, {age}"), answer.url)


# An interpreter for each look would be most of what an idle container costs: curl looks, and what
# it does not like is looked at again, by who knows more. The address is the user's, so it is
# quoted.
_LOOK = (
    f'sleep {PAUSE_S}; while [ $((round += 1)) -le {_ROUNDS} ] && [ -n "$1" ]'
    ' && curl -qgsfk --noproxy "*" --max-time 4 --output /dev/null "$1"; '
    f"do sleep {PAUSE_S}; done; exec /usr/local/bin/labctl health"
)


def _rest(health: Health, environ: "Mapping[str, str]") -> None:
    """Become a shell that sleeps, which is a tenth of an interpreter that does, and looks then.

    While the server answers, it goes on with that for some minutes. The engine has given us the
    container's environment, with what is secret in it: the shell gets no more than it needs.
    """
    signal.setitimer(signal.ITIMER_REAL, 0)  # or it would be the shell's
    needed = {name: environ[name] for name in _NEEDED if name in environ}
    address = f"{health.url}api" if health.is_well and health.url else ""
    arguments = ["sh", "-c", _LOOK, "labctl", address]
    os.execve("/bin/sh", arguments, {"PATH": "/usr/bin:/bin", **needed})


def _is_settled(running: "Running | None") -> bool:
    if running is None:
        return _is_plain_init() and boot_report.age_of(ProcessStat(1).started) > _SETTLED_S
    since = listens_since(running)
    if since is not None:
        return time.time() - since > _SETTLED_S
    start_s = _START_S if running.report["is_server"] else 0
    return boot_report.age_of(running.report["started"]) > start_s + _SETTLED_S


def _is_plain_init() -> bool:
    """Tell whether PID 1 is labinit with --init-only: it keeps no report, ends with its command."""
    import psutil  # noqa: PLC0415 - not where a server runs

    try:
        words = psutil.Process(1).cmdline()
    except psutil.Error:
        return False
    return any(
        word.endswith(("labinit", "/labinit/__main__.py")) and following == "--init-only"
        for word, following in itertools.pairwise(words)
    )


def _is_booting() -> bool:
    """Tell whether a child of labinit still is labinit: its parent has the same command line."""
    import psutil  # noqa: PLC0415

    lines = {
        process.pid: (process.info["ppid"], process.info["cmdline"])
        for process in psutil.process_iter(["ppid", "cmdline"])
    }
    return any(
        line and any("labinit" in word for word in line) and lines.get(parent, (0, None))[1] == line
        for parent, line in lines.values()
    )

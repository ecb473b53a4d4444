"""Whether the server answers, and if not, why. What the image's HEALTHCHECK asks.

Runs every few seconds: standard library only, and as little of it as possible.
"""

import os
import time

from labinit import boot_report
from labinit.ctl.running import Running, address_of, find_running, find_server, get, listens_since
from labinit.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labinit.ctl.running import Server

# Who has answered for that long has been seen healthy; from then on, twice a minute is enough.
_SETTLED_S = 10
_PAUSE_S = 28
# How long one check waits for a start, and how often it looks meanwhile.
_WAIT_S = 30
_LOOK_S = 0.25
# A server that has not said by then where it listens never will.
_START_S = 60
_NEEDED = ("JUPYTER_RUNTIME_DIR", "JUPYTERHUB_SERVICE_URL")
# No 200, but the server's own answer: it asks who it is, or sends to where that can be said.
_ANSWERS = {200, 301, 302, 401, 403}


def run(arguments: "Sequence[str]", environ: "Mapping[str, str]") -> int:
    """Print one line, and return 0 if all is well, else 1.

    With --pace, wait for a start to come to its end, and once the server has settled, look only
    after a pause: so a HEALTHCHECK with a short interval sees a start at once and costs next to
    nothing, however long the start takes and however many containers start side by side. Docker has
    no interval for the start of its own before version 25.
    """
    if arguments and list(arguments) != ["--pace"]:
        raise UsageError(
            f"labctl health {arguments[0]}: there is no such option", "use --pace, or none"
        )
    if arguments and _is_settled(find_running(environ)):
        # A shell that sleeps is a tenth of an interpreter that does. The engine has given us the
        # container's environment, with what is secret in it: the shell gets no more than it needs.
        needed = {name: environ[name] for name in _NEEDED if name in environ}
        script = f"sleep {_PAUSE_S}; exec labctl health"
        os.execve(
            "/bin/sh", ["sh", "-c", script], {"PATH": "/usr/local/bin:/usr/bin:/bin", **needed}
        )
    deadline = time.monotonic() + (_WAIT_S if arguments else 0)
    is_well, sentence = judge(find_running(environ), environ)
    while not is_well and time.monotonic() < deadline:
        time.sleep(_LOOK_S)
        is_well, sentence = judge(find_running(environ), environ)
    print(sentence)
    return 0 if is_well else 1


def judge(running: Running | None, environ: "Mapping[str, str]") -> tuple[bool, str]:
    """Return whether all is well, and a sentence that says why."""
    if running is None:
        if _is_plain_init():
            return True, "the command runs; with --init-only, that is all there is to know"
        if _is_booting():
            return False, "still setting up: the log says what it does"
        return False, "nothing runs: the log says why"
    age_s = boot_report.age_of(running.report["started"])
    age = f"{age_s:.0f} s after its start"
    if not running.report["is_server"]:
        return True, f"the command runs, {age}; it is no server"
    if age_s < _START_S and listens_since(running) is None:
        # To ask where it was meant to be would put a 404 into the log of one that is elsewhere.
        return False, f"the server does not listen yet, {age}"
    is_well, answer = _ask(find_server(running, environ))
    return is_well, f"{answer}, {age}"


def _ask(server: "Server") -> tuple[bool, str]:
    url = f"{address_of(server)}api"
    try:
        status, _ = get(server, "api")
    except Exception as error:  # noqa: BLE001 - whatever a server may do wrong, it does not answer
        return (
            False,
            f"{url} does not answer: {getattr(error, 'strerror', '') or error or type(error).__name__}",
        )
    if status in _ANSWERS:
        return True, f"{url} answers"
    return False, f"{url} answers with {status}"


def _is_settled(running: Running | None) -> bool:
    if running is None:
        return _is_plain_init()
    since = listens_since(running)
    if since is not None:
        return time.time() - since > _SETTLED_S
    start_s = _START_S if running.report["is_server"] else 0
    return boot_report.age_of(running.report["started"]) > start_s + _SETTLED_S


def _is_plain_init() -> bool:
    """Tell whether PID 1 is labinit with --init-only, which keeps no report and ends with its command."""
    try:
        with open("/proc/1/cmdline", "rb") as file:
            words = file.read().split(b"\0")
    except OSError:
        return False
    labinit = [
        number
        for number, word in enumerate(words)
        if word.endswith((b"labinit", b"/labinit/__main__.py"))
    ]
    return any(words[number + 1 : number + 2] == [b"--init-only"] for number in labinit)


def _is_booting() -> bool:
    """Tell whether a child of labinit still is labinit: a process whose parent has the same command line."""
    lines: dict[str, bytes] = {}
    parents: dict[str, str] = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                lines[pid] = file.read()
            with open(f"/proc/{pid}/stat", "rb") as file:
                parents[pid] = file.read().rpartition(b")")[2].split()[1].decode()
        except OSError:
            continue
    return any(
        b"labinit" in line and lines.get(parents[pid]) == line
        for pid, line in lines.items()
        if pid in parents
    )

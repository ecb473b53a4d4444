"""What in a log is a warning, and which warnings a page that goes away leaves."""

import re
from collections.abc import Iterable

# What has gone wrong according to labinit, to a Jupyter program, or to Python.
_WARNING = re.compile(r"^labinit: warning: |^\[[WE] |\b(WARNING|ERROR)\b|^\S*Warning: |^Traceback ")

# What the server says where a page or a client leaves, or restarts a kernel, with messages on the
# way, and where a kernel takes its time.
CLIENT_LEFT = (
    "Nudge: attempt",
    "Got events for closed stream",
    "zmq message arrived on closed channel",
    "Replacing stale connection",
    "Timeout waiting for kernel_info",
    r"404 \w+ /api/(kernels|sessions)/",
    "Kernel does not exist",
    "WebSocket ping timeout",
)
# A browser that has gone on before the answer came, as at each reload. Nothing is wrong then.
# The second is jupyter_server#1265, whose 500 follows; any other cause of a 500 stands in the log
# by itself.
_GONE_ON = re.compile(
    r"^\[E [^\n]*\] Uncaught exception [^\n]*\n(?:    [^\n]*\n)*?    "
    r"(?:tornado\.\w+\.(?:Stream|WebSocket)ClosedError\b|AttributeError: [^\n]* "
    r"'kernel_ws_protocol')[^\n]*\n"
    r"|^\[E [^\n]*\] \{\n(?:      [^\n]*\n)*    \}\n\[E [^\n]*\] 500 GET "
    r"/api/kernels/[^\n]*/channels[^\n]*\n",
    re.MULTILINE,
)


def unexpected_warnings(log: str, expected: Iterable[str]) -> list[str]:
    """Return the warnings of a log that no expression matches."""
    found = [line for line in _GONE_ON.sub("", log).splitlines() if _WARNING.search(line)]
    return [line for line in found if not any(re.search(one, line) for one in expected)]


def missing_warnings(log: str, expected: Iterable[str]) -> list[str]:
    """Return the expressions that match nothing in a log."""
    return [f"not in the log: /{one}/" for one in expected if not re.search(one, log, re.MULTILINE)]

"""Every line that labinit logs, in one format, on standard error. Never blocks PID 1, never raises.

PID 1 imports this module: standard library only, and as little of it as possible.
"""

import os
import stat

from labinit.errors import Notice

TYPE_CHECKING = False
if TYPE_CHECKING:
    import select
    from collections.abc import Iterable

LEVELS = ("debug", "info", "warning", "error")
# What a line may not hold: it would end the line or drive the reader's terminal.
CONTROLS = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}

_fd = 2
_poll: "select.poll | None" = None
_threshold = LEVELS.index("info")


def set_level(level: str) -> None:
    """Log only what is at least as grave as `level`."""
    global _threshold  # noqa: PLW0603 - one process, one log
    _threshold = LEVELS.index(level)


def never_block() -> None:
    """Have later lines dropped rather than waited for, when nobody reads standard error."""
    global _fd, _poll  # noqa: PLW0603 - one process, one log
    try:
        # A regular file never blocks, and a second description would have a second offset.
        if not stat.S_ISREG(os.fstat(2).st_mode):
            # On a file description of our own: O_NONBLOCK on the inherited one would also hit the
            # command, which shares it. Source: open(2), "Open file descriptions".
            flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
            _fd = os.open("/proc/self/fd/2", flags)
    except OSError:
        # No /proc, or a socket, which cannot be opened again: written to while there is room.
        import select  # noqa: PLC0415 - the usual PID 1 does without

        _poll = select.poll()
        _poll.register(2, select.POLLOUT)


def debug(message: str) -> None:
    """Log what only a developer of labinit or of a hook wants to know."""
    _log("debug", message)


def info(message: str) -> None:
    """Log what happens."""
    _log("info", message)


def warning(problem: str, hint: str) -> None:
    """Log what is not as the user expects, and the hint."""
    _log("warning", str(Notice(problem, hint)))


def error(problem: str, hint: str = "") -> None:
    """Log why labinit or the command ended, and the hint."""
    _log("error", str(Notice(problem, hint)))


def errors(notices: "Iterable[Notice]") -> None:
    """Log each of them as an error."""
    for notice in notices:
        _log("error", str(notice))


def _log(level: str, event: str) -> None:
    if LEVELS.index(level) < _threshold:
        return
    prefix = "labinit: " if level == "info" else f"labinit: {level}: "
    text = prefix + event.translate(CONTROLS) + "\n"
    try:
        if _poll is None or _poll.poll(0):
            # A name of the user's may hold bytes that are no UTF-8.
            os.write(_fd, text.encode(errors="backslashreplace"))
    except OSError:
        # Nobody can be told: the reader has gone, or is not reading and PID 1 must not wait for it.
        pass

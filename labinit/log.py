"""Every line that labinit logs, in one format, on standard error. Never blocks PID 1, never raises.

PID 1 imports this module: standard library only, and as little of it as possible.
"""

import os
import stat

from labinit.errors import Notice

TYPE_CHECKING = False
if TYPE_CHECKING:
    import select
    from collections.abc import Iterable, Sequence

    # Shape: level, problem, hint, which may be "".
    Line = Sequence[str]

LEVELS = ("debug", "info", "warning", "error")
_PREFIXES = {
    "debug": "labinit: debug: ",
    "info": "labinit: ",
    "warning": "labinit: warning: ",
    "error": "labinit: error: ",
}
# What a line may not hold: it would end the line or drive the reader's terminal.
CONTROLS = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}

_fd = 2
_poll: "select.poll | None" = None
_threshold = LEVELS.index("info")


def set_level(level: str) -> None:
    """Log only what is at least as grave as `level`."""
    global _threshold  # noqa: PLW0603 - one process, one log
    _threshold = LEVELS.index(level)


def get_level() -> str:
    """Return the level in force."""
    return LEVELS[_threshold]


def never_block() -> None:
    """Have later lines dropped rather than waited for, when nobody reads standard error.

    The flag goes on a file description of our own: on the inherited one it would also hit the
    command, which shares it. Where none can be had (no /proc, a socket), lines are written only
    while `poll` promises room. A regular file never blocks, and a second description would have a
    second offset.
    """
    global _fd, _poll  # noqa: PLW0603 - one process, one log
    try:
        if not stat.S_ISREG(os.fstat(2).st_mode):
            _fd = os.open(
                "/proc/self/fd/2", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
            )
    except OSError:
        # The usual PID 1 has its own description; and later there may be no file to read.
        import select  # noqa: PLC0415

        _poll = select.poll()
        _poll.register(2, select.POLLOUT)


def debug(message: str) -> None:
    """Log what only a developer of labinit or of a hook wants to know."""
    _log("debug", Notice(message))


def info(message: str) -> None:
    """Log what happens."""
    _log("info", Notice(message))


def warning(problem: str, hint: str) -> None:
    """Log what is not as the user expects, and the hint."""
    _log("warning", Notice(problem, hint))


def error(problem: str, hint: str = "") -> None:
    """Log why labinit or the command ended, and the hint."""
    _log("error", Notice(problem, hint))


def warnings(notices: "Iterable[Notice]") -> None:
    """Log each of them as a warning."""
    for notice in notices:
        _log("warning", notice)


def errors(notices: "Iterable[Notice]") -> None:
    """Log each of them as an error."""
    for notice in notices:
        _log("error", notice)


def lines(entries: "Iterable[Line]") -> None:
    """Log each of them at its level."""
    for level, problem, hint in entries:
        _log(level, Notice(problem, hint))


def _log(level: str, notice: Notice) -> None:
    if LEVELS.index(level) < _threshold:
        return
    text = _PREFIXES[level] + str(notice).translate(CONTROLS) + "\n"
    try:
        if _poll is None or _poll.poll(0):
            os.write(_fd, text.encode(errors="backslashreplace"))
    except OSError:
        # Nobody can be told: the reader has gone, or is not reading and PID 1 must not wait for it.
        pass

"""What follows an interrupt, and when: once more, a word, and the end. Sends nothing itself."""

from __future__ import annotations

from enum import Enum, auto

# The first SIGINT may come before the engine has read the request.
_REPEAT_S = 0.25
# From here on, a cell is said not to react; and a second interrupt is meant to end the process.
_WARN_S = 2.0
_INSIST_S = 1.0
UNHEEDED = (
    "the cell has not reacted to the interrupt so far; a second one ends its process, "
    "and all variables are lost"
)
ENDED = "the cell did not react to the interrupt, so its process was ended"


class Step(Enum):
    """What is to be done."""

    WAIT = auto()
    SIGNAL = auto()
    WARN = auto()
    KILL = auto()


class Interrupt:
    """The interrupt of one cell.

    Shape: `due_at` is when `step` is to be called, None for never. Units: monotonic seconds.
    """

    def __init__(self) -> None:
        """Nothing has been interrupted."""
        self.due_at: float | None = None
        self._began: float | None = None

    def begin(self, now: float) -> Step:
        """Return what an interrupt asks for now: a second one, a while later, ends the process."""
        if self._began is not None and now - self._began > _INSIST_S:
            return Step.KILL
        if self._began is None:
            self._began = now
            self.due_at = now + _REPEAT_S
        return Step.SIGNAL

    def step(self, now: float, *, is_ready: bool) -> Step:
        """Return what is due. Before it is ready, an engine has no handler: a signal ends it."""
        began, self.due_at = self._began, None
        if began is None:
            return Step.WAIT
        if not is_ready:
            self.due_at = now + _REPEAT_S
            return Step.WAIT
        if now - began < _WARN_S:
            self.due_at = began + _WARN_S
            return Step.SIGNAL
        return Step.WARN

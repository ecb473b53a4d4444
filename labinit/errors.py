"""The failures labinit can explain, each with its exit code. Knows nothing of the system.

PID 1 imports this module: standard library only, and as little of it as possible.
"""


# A plain class: a named tuple would bring `typing` into PID 1.
class Notice:
    """Something the user should know and what to do about it: one line of the log."""

    def __init__(self, problem: str, hint: str = "") -> None:
        self.problem = problem  # what, on what, and why
        self.hint = hint  # what to do, as something to type where possible

    def __str__(self) -> str:
        return f"{self.problem}; {self.hint}" if self.hint else self.problem

    def __repr__(self) -> str:
        return f"Notice({self.problem!r}, {self.hint!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Notice) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.problem, self.hint))


class LabinitError(Exception):
    """A failure with a known cause: one line in the log, and the process ends with `exit_code`.

    Source: sysexits.h names the codes 64 to 78.
    """

    exit_code = 70

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem, hint)
        self.notices: tuple[Notice, ...] = (Notice(problem, hint),)

    def __str__(self) -> str:
        return "\n".join(str(notice) for notice in self.notices)


class UsageError(LabinitError):
    """The command line cannot be understood."""

    exit_code = 64


class StepError(LabinitError):
    """What has to be done failed, or did not last; the next boot finishes what this one began."""

    exit_code = 71


class NotPermittedError(LabinitError):
    """The kernel or the engine does not let labinit do what was asked."""

    exit_code = 77


class SettingsError(LabinitError):
    """Settings are wrong; all problems are reported at once."""

    exit_code = 78

    # The one error with several lines: a user corrects all of them at once.
    def __init__(self, notices: tuple[Notice, ...]) -> None:
        super().__init__("settings are wrong")
        self.notices = notices


class ConflictError(LabinitError):
    """The settings are valid, and contradict the system."""

    exit_code = 78


class ExecError(LabinitError):
    """The command could not be run.

    Shape: `exit_code` is 127 if there is no such command and 126 if it cannot be executed.
    Source: POSIX.1-2024, Shell Command Language, 2.8.2 "Exit Status for Commands".
    """

    def __init__(self, problem: str, hint: str, exit_code: int) -> None:
        super().__init__(problem, hint)
        self.exit_code = exit_code


class RefusedError(ValueError):
    """A value is refused; its two arguments are what is wrong and the hint."""

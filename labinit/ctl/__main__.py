"""The command line of labctl and its one error boundary. Commands are modules of their own."""

import argparse
import importlib
import os
import signal
import sys

if not __package__:
    # Started by path and isolated. Last on the path, so that nothing of the standard library can be
    # shadowed.
    sys.path.append(__file__.rpartition("/labinit/")[0])

from labinit import __version__
from labinit.errors import LabinitError, UsageError
from labinit.linux import find_environ_fd, read_environ, to_mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

# What each is for. In `labinit.ctl.NAME`, `add_arguments(parser)` says what it takes, and
# `run(options, environ)` prints, and returns the exit code.
COMMANDS = {
    "status": "what runs here, as whom, and how it was set up; --json",
    "health": "0 and why, or 1 and why: what the image's HEALTHCHECK asks",
    "kernels": "which kernels are installed; --check starts each; --json",
    "token": "the token that the server asks for",
    "shell": "a shell as the lab user, with the server's environment",
}
# Root's commands look at what the user may have made. Whatever that is, they end then.
_DEADLINES_S = {"status": 60, "health": 40, "token": 30}
# What the caller's terminal is, and wants.
TERMINAL = ("TERM", "COLUMNS", "LINES", "COLORTERM", "NO_COLOR")


class Parser(argparse.ArgumentParser):
    """A parser whose errors are labinit's own: one line, and exit code 64."""

    def error(self, message: str) -> "NoReturn":
        """Raise: UsageError."""
        raise UsageError(f"{self.prog}: {message}", f"{self.prog} --help lists what there is")


class _DeadlineError(BaseException):
    """Time is up. Nobody's `except Exception` is to miss it."""


def make_parser() -> Parser:
    """Return the parser of what stands before a command's own arguments."""
    commands = "".join(f"  {name:<9} {purpose}\n" for name, purpose in COMMANDS.items())
    parser = Parser(
        "labctl",
        usage="labctl COMMAND [ARG...]",
        description=commands,
        epilog="In a container: docker exec -it NAME labctl status",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"labctl {__version__}")
    parser.add_argument("command", nargs="?", help=argparse.SUPPRESS)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def main() -> "NoReturn":
    """Do what the command line asks for, and end with its exit code."""
    try:
        code = _run(sys.argv[1:])
        sys.stdout.flush()
    except LabinitError as error:
        print(f"labctl: error: {error}", file=sys.stderr)
        code = error.exit_code
    except BrokenPipeError:  # `labctl status | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 0
    except _DeadlineError as error:
        print(f"labctl: error: {error}; see what keeps the machine busy", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


def _run(arguments: "Sequence[str]") -> int:
    parser = make_parser()
    options = parser.parse_args(arguments)
    name = options.command
    if name in {None, "help"}:
        parser.print_help()
        return 0
    if name not in COMMANDS:
        raise UsageError(
            f"labctl {name}: there is no such command", f"use one of {', '.join(COMMANDS)}"
        )
    environ = to_mapping(read_environ(find_environ_fd()))
    os.environ.update({variable: environ[variable] for variable in TERMINAL if variable in environ})
    module = importlib.import_module(f"labinit.ctl.{name}")
    purpose = COMMANDS[name].partition(";")[0]
    parser = Parser(f"labctl {name}", description=purpose, add_help=name != "shell")
    module.add_arguments(parser)
    options = parser.parse_args(options.arguments)
    _end_by(name)
    code: int = module.run(options, environ)
    return code


def _end_by(name: str) -> None:
    limit_s = _DEADLINES_S.get(name)
    if limit_s is not None:

        def end(_signo: int, _frame: object) -> None:
            raise _DeadlineError(f"labctl {name} did not end within {limit_s} s")

        signal.signal(signal.SIGALRM, end)
        signal.setitimer(signal.ITIMER_REAL, limit_s)


if __name__ == "__main__":
    main()

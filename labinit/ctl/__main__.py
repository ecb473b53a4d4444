"""The command line of labctl and its one error boundary.

Each command is a module of its own, imported when asked for.

`labctl health` runs every few seconds: standard library only, and as little of it as possible.
"""

import importlib
import os
import sys

from labinit import __version__
from labinit.errors import LabinitError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

# What each is for; `labinit.ctl.NAME.run(arguments, environ)` prints, and returns the exit code.
COMMANDS = {
    "status": "what runs here, as whom, and how it was set up; --json",
    "health": "0 and why, or 1 and why: what the image's HEALTHCHECK asks",
    "kernels": "which kernels are installed; --check starts each; --json",
    "shell": "a shell as the lab user, with the server's environment",
}


def usage() -> str:
    """Return the help."""
    commands = "".join(f"  {name:<9} {purpose}\n" for name, purpose in COMMANDS.items())
    return f"usage: labctl COMMAND [ARG...]\n\n{commands}\nIn a container: docker exec -it NAME labctl status\n"


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
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


def _run(arguments: "Sequence[str]") -> int:
    name = arguments[0] if arguments else "--help"
    if name in {"--help", "-h", "help"}:
        print(usage(), end="")
        return 0
    if name == "--version":
        print(f"labctl {__version__}")
        return 0
    if name not in COMMANDS:
        raise UsageError(
            f"labctl {name}: there is no such command", f"use one of {', '.join(COMMANDS)}"
        )
    module = importlib.import_module(f"labinit.ctl.{name}")
    code: int = module.run(arguments[1:], os.environ)
    return code


if __name__ == "__main__":
    main()

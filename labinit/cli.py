"""The command line, the one error boundary, and the only exit of PID 1. Decides nothing.

PID 1 imports this module: standard library only, and as little of it as possible.
"""

import errno
import os
import sys

from labinit import GRACE_S, __version__, log
from labinit.errors import LabinitError, RefusedError, UsageError
from labinit.init.prelude import claim_descriptors
from labinit.init.spawn import spawn
from labinit.init.supervisor import supervise
from labinit.linux import read_environ, to_mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn

    from labinit.init.program import Program

USAGE = """\
usage: labinit [--dry-run [--format text|json]] [--init-only] [--version] [--help] \
[--] [COMMAND [ARG...]]

  no COMMAND, or lab     JupyterLab; further arguments are passed on to it
  COMMAND                that command, as the lab user, in the data directory, after the same set-up
  --dry-run              show what would be done and why, and do nothing
  --format text|json     how --dry-run shows it
  --init-only            be a plain init for COMMAND: no set-up, no change of user
  --version, --help

Settings are environment variables: LABUID, LABGID, LABPASSWD, JUPYTER_TOKEN and \
others, see the README.
"""


_OPTIONS = ("--dry-run", "--format", "--init-only", "--version", "--help")
_INIT_ONLY = "give it as in: labinit --init-only -- COMMAND ARG"
# Of the engine, and of no server. Behind the image's name they reach us, and would do nothing.
_ENGINES_OPTIONS = frozenset(
    ("-e", "--env", "--env-file", "-v", "--volume", "--mount", "-p", "--publish", "--name")
)


class Invocation:
    """What the command line asks for."""

    def __init__(self, mode: str, form: str, command: list[str]) -> None:
        self.mode = mode  # boot, dry-run, init-only, version or help
        self.form = form
        self.command = command


def parse(arguments: "Sequence[str]") -> Invocation:
    """Return what `arguments` ask for.

    The first word that is not an option of labinit begins the command.

    Raises: UsageError.
    """
    mode, form, is_ended, rest = "boot", "", False, list(arguments)
    while rest and rest[0].startswith("-") and not is_ended:
        word = rest[0]
        if word in {"--version", "--help"}:
            return Invocation(word[2:], "text", rest[1:])
        if word in {"--dry-run", "--init-only"}:
            if mode not in {"boot", word[2:]}:
                raise UsageError(f"--{mode} and {word} do not go together", "give one of them")
            mode = word[2:]
        elif word.partition("=")[0] == "--format":
            form = _parse_form(rest)
        elif word == "--":
            is_ended = True
        else:
            break
        del rest[0]
    if form and mode != "dry-run":
        raise UsageError("--format goes with --dry-run", "add --dry-run, or leave it out")
    if mode == "init-only" and not rest:
        raise UsageError("--init-only needs a command", _INIT_ONLY)
    if rest and rest[0].startswith("-") and not is_ended:
        _refuse_option(rest[0].partition("=")[0], mode)
    return Invocation(mode, form or "text", rest)


def _parse_form(rest: list[str]) -> str:
    """Return the form that --format asks for, and leave one word of it in `rest`."""
    _, equals, form = rest[0].partition("=")
    if not equals:
        form = "".join(rest[1:2])
        del rest[1:2]
    if form not in {"text", "json"}:
        raise UsageError(f"--format {form!r} is an invalid value", "use text or json")
    return form


def _refuse_option(name: str, mode: str) -> None:
    """Refuse an option that is not ours where it cannot be meant for the server either."""
    if name in _ENGINES_OPTIONS:
        raise UsageError(
            f"{name} is an option of the engine, and stands behind the image's name",
            f"put it in front of it: docker run {name} … IMAGE",
        )
    near = next((option for option in _OPTIONS if _is_near(name, option)), "")
    if near:
        raise UsageError(
            f"{name} is not an option of labinit",
            f"did you mean {near}? What is meant for the server stands behind --",
        )
    if mode == "init-only":
        raise UsageError(f"{name} is not an option of --init-only", _INIT_ONLY)


def _is_near(name: str, option: str) -> bool:
    """Tell whether the letters of a word are those of an option, but for one."""
    # Not difflib, which brings re: PID 1 would keep that for as long as it lives.
    letters = (set(name.lower()) ^ set(option)) - set("-_")
    return len(letters) <= 1 and abs(len(name) - len(option)) <= 2


def main() -> "NoReturn":
    """Do what command line and environment ask for, and end with the documented exit code.

    `block_signals` must have been called.
    """
    environ_fd = claim_descriptors()
    log.never_block()
    code = _guard(lambda: _run(environ_fd))
    # All is written, and to take the interpreter apart would be 3 ms that the container ends later.
    os._exit(code if isinstance(code, int) else os.EX_SOFTWARE)


def _run(environ_fd: int | None) -> int:
    try:
        invocation = parse(sys.argv[1:])
    except UsageError:
        os.write(2, USAGE.encode())
        raise
    if invocation.mode in {"version", "help"}:
        print(f"labinit {__version__}" if invocation.mode == "version" else USAGE, flush=True)
        return 0
    if invocation.mode == "init-only":
        log.set_level("warning")
        child = spawn(lambda: _plain_program(invocation.command, read_environ(environ_fd)))
    else:
        child = spawn(lambda: _guard(lambda: _prepare(invocation, read_environ(environ_fd))))
    # There may be secrets in it, and PID 1 lives long.
    if environ_fd is not None:
        os.close(environ_fd)
    return supervise(child)


def _plain_program(command: list[str], environ: tuple[bytes, ...]) -> "Program":
    """In the child: the command as it is. Only the settings of PID 1 itself apply, where valid."""
    from labinit.init.program import Program  # noqa: PLC0415

    settings = to_mapping(environ)
    level = settings.get("LABLOG", "")
    level = level if level in log.LEVELS else "warning"
    return Program(command, environ, grace_s=_grace(settings.get("LABGRACE", "")), log_level=level)


def _grace(text: str) -> int:
    """Return the grace period; a wrong one is logged, and keeps no plain init from its command."""
    if not text:
        return GRACE_S
    from labinit.settings.parsers import parse_grace  # noqa: PLC0415 - PID 1 does without

    try:
        return parse_grace(text)
    except RefusedError as error:
        problem, hint = error.args
        log.warning(f"LABGRACE={text!r} {problem}: it is {GRACE_S}", hint)
        return GRACE_S


def _prepare(invocation: Invocation, entries: tuple[bytes, ...]) -> "Program | int":
    """In the child: the set-up, with libraries that PID 1 does without."""
    environ = to_mapping(entries)
    import gc  # noqa: PLC0415

    # A boot makes objects and next to no garbage: the collector would take a sixth of the time.
    gc.disable()
    from labinit.boot import boot, dry_run  # noqa: PLC0415 - PID 1 must not import them

    if invocation.mode == "dry-run":
        text, exit_code = dry_run(invocation.command, environ, invocation.form)
        print(text, end="", flush=True)
        return exit_code
    return boot(invocation.command, environ)


def _guard(run: "Callable[[], Program | int]") -> "Program | int":
    """Return what `run` returns, or the exit code of its error, which is logged in one line."""
    try:
        return run()
    except LabinitError as error:
        log.errors(error.notices)
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - the one boundary
        import traceback  # noqa: PLC0415 - PID 1 does without

        # What a seccomp profile answers with; what a step or the user's files refuse is told there.
        if isinstance(error, OSError) and error.errno in {errno.EPERM, errno.ENOSYS}:
            function = traceback.extract_tb(error.__traceback__)[-1].name
            log.error(
                f"the engine refuses a system call (in {function}): {error.strerror}",
                "start the container with the engine's own seccomp profile, or with"
                " --security-opt seccomp=unconfined",
            )
            return os.EX_NOPERM
        # A bug, and the only traceback.
        log.error(f"labinit {__version__} has a bug", "report it with the lines below")
        traceback.print_exc()
        return os.EX_SOFTWARE

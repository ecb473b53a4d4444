"""The short way: a start that is provably the same as the last one needs no plan, nor the libraries that make one.

A plan is a pure function of settings and facts, and settings are one of the environment and the files with secrets. So
a start with the same command, environment, secrets, facts and code ends as that one did, which left nothing to change.
Looks at everything, as every boot does. Never plans, never writes.
"""

from __future__ import annotations

import _thread
import hashlib
import os
import stat

from labinit import __version__, log
from labinit.digest import slow_key
from labinit.program import Program
from labinit.quick import loads
from labinit.sources import MAX_SECRET_FILE_BYTES, find_secret_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from labinit.facts import Facts
    from labinit.settings import Settings
    from labinit.steps import Identity, Plan

    # Shape: path, whether there is such an entry, and its content or why there is none.
    Secrets = list[tuple[str, bool, bytes | int | None]]

PATH = "/var/lib/labinit/start.json"
_FORMAT = 2
# What `observe` needs to know of the settings.
_ASKED = ("data", "home", "home_directory", "inherited_home", "timezone", "user")
# Read for a plan that makes something new, which the same start does not.
_FRESH = {"entropy", "now"}


class _Record:
    """Values by name: the classes themselves bring what takes its time to import."""

    def __init__(self, values: dict[str, Any]) -> None:
        vars(self).update(values)


class _SlowKey:
    """A slow key, made on the other core while this one has something else to do."""

    def __init__(self, secret: str, salt: bytes) -> None:
        self._key = b""
        self._is_made = _thread.allocate_lock()
        self._is_made.acquire()
        try:
            _thread.start_new_thread(self._make, (secret, salt))
        except RuntimeError:  # no more threads: --pids-limit
            self._make(secret, salt)

    def _make(self, secret: str, salt: bytes) -> None:
        try:
            self._key = slow_key(secret, salt)
        finally:
            self._is_made.release()

    def wait(self) -> bytes:
        """Return it, b"" if it could not be made."""
        with self._is_made:
            return self._key


def read_secrets(environ: Mapping[str, str]) -> Secrets | None:
    """Return the files that secrets are read from, there or not; None if one cannot be read twice, such as a pipe."""
    found: Secrets = []
    for path in find_secret_files(environ):
        content: bytes | int | None
        try:
            if not stat.S_ISREG(mode := os.stat(path).st_mode) and not stat.S_ISDIR(mode):
                return None
            with open(path, "rb") as file:
                content = file.read(MAX_SECRET_FILE_BYTES + 1)  # as far as settings look at it
        except OSError as error:
            content = error.errno
        found.append((path, os.path.lexists(path), content))
    return found


def describe_given(command: Sequence[str], environ: Mapping[str, str], secrets: Secrets | None) -> str:
    """Return everything that a boot is given. Passwords are among it."""
    return repr((__version__, tuple(command), sorted(environ.items()), secrets))


def describe_found(facts: Facts) -> str:
    """Return everything that a boot finds, and the code that it is to be judged by."""
    found = {name: value for name, value in facts._asdict().items() if name not in _FRESH}
    # The order of a set of strings is another in each process.
    ordered = {name: sorted(value) if isinstance(value, frozenset) else value for name, value in found.items()}
    return repr((_own_code(), ordered))


def to_text(
    given: str,
    facts: Facts,
    settings: Settings,
    plan: Plan,
    program: Program,
    environ: Mapping[str, str],
    story: str,
    said: tuple[list[log.Line], list[log.Line]],
) -> str:
    """Return what the next start has to know to be the same, for a file that only root can read.

    Of what it depends on there is a digest that is slow to guess from, because passwords are among it; of the
    environment, only what labinit adds and takes away.

    Shape: `said` is what is said before the user is become, and after.
    """
    import json  # noqa: PLC0415 - the short way only reads it

    made = dict(program.environ)  # type: ignore[arg-type]  # bytes only with --init-only
    salt = facts.entropy[:16]
    content = {
        "format": _FORMAT,
        "salt": salt.hex(),
        "digest": _digest(slow_key(given, salt), facts),
        "asked": {name: getattr(settings, name) for name in _ASKED},
        "identity": vars(plan.identity),
        "run_directory": plan.run_directory,
        "port": settings.port,
        "story": story,
        "argv": program.argv,
        "added": {name: value for name, value in made.items() if environ.get(name) != value},
        "dropped": [name for name in environ if name not in made],
        "grace_s": program.grace_s,
        "is_server": program.is_server,
        "log_level": program.log_level,
        "said": said,
    }
    return json.dumps(content) + "\n"


def start_again(command: Sequence[str], environ: Mapping[str, str]) -> Program | None:
    """Become the lab user as in the last start and return what to execute; None if this start could be another."""
    try:
        kept = _read()
        secrets = read_secrets(environ)
        key = _SlowKey(describe_given(command, environ, secrets), bytes.fromhex(kept["salt"]))
        # While that is made.
        from labinit import boot_report  # noqa: PLC0415
        from labinit.facts import observe  # noqa: PLC0415
        from labinit.identity import become  # noqa: PLC0415
        from labinit.workplace import enter, require_port  # noqa: PLC0415

        asked: Any = _Record(kept["asked"])
        facts = observe(asked)
        if secrets is None or kept["digest"] != _digest(key.wait(), facts):
            return None
        identity, program = _restore(kept, environ)
        directory, port, story = kept["run_directory"], kept["port"], kept["story"]
        opening, announcement = kept["said"]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    log.set_level(program.log_level)
    log.debug("the same start as the last one")
    log.lines(opening)
    boot_report.write(directory, story)
    become(identity)
    enter(asked.data, identity)
    require_port(port, program)
    log.lines(announcement)
    return program


def _read() -> dict[str, Any]:
    """Return the content of the file, if nobody but root can have written it.

    Raises: OSError; ValueError.
    """
    directory, file = os.stat(os.path.dirname(PATH)), os.lstat(PATH)
    is_roots = directory.st_uid == file.st_uid == os.geteuid() == 0
    if not is_roots or not stat.S_ISREG(file.st_mode) or (directory.st_mode | file.st_mode) & 0o022:
        raise ValueError(PATH)
    with open(PATH, encoding="utf-8") as opened:
        kept = loads(opened.read())
    if kept["format"] != _FORMAT:
        raise ValueError(PATH)
    return dict(kept)


def _digest(key: bytes, facts: Facts) -> str:
    """Return a digest of the facts that only who has the slow key can make: it is as slow to guess from."""
    found = describe_found(facts).encode(errors="surrogateescape")
    return hashlib.blake2b(found, key=key).hexdigest()


def _restore(kept: dict[str, Any], environ: Mapping[str, str]) -> tuple[Identity, Program]:
    identity: Any = _Record(kept["identity"])
    result = {name: value for name, value in environ.items() if name not in kept["dropped"]} | kept["added"]
    return identity, Program(
        kept["argv"], result, grace_s=kept["grace_s"], is_server=kept["is_server"], log_level=kept["log_level"]
    )


def _own_code() -> list[tuple[str, int, int]]:
    """Return what changes when this package does, such as when its checkout is mounted over it."""
    with os.scandir(os.path.dirname(__file__)) as entries:
        return sorted(
            (entry.name, entry.stat().st_size, entry.stat().st_mtime_ns) for entry in entries if entry.is_file()
        )

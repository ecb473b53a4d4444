"""Writes: by a tool of the system, or as a whole file. Decides nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from labinit import log
from labinit.errors import StepError
from labinit.files.safe_open import NEW_FILE, closing
from labinit.layout import SYSTEM_PATH
from labinit.settings.secret import Secret

if TYPE_CHECKING:
    from labinit.plan.steps import WriteFile

# shadow-utils and visudo: nothing of the container's environment reaches what runs as root.
_ENVIRONMENT = {"PATH": SYSTEM_PATH, "LC_ALL": "C"}
_TIMEOUT_S = 60
# Below this, it is the want of space that makes a tool fail, which none of them says.
_FULL_BYTES = 64 * 1024


def run_tool(summary: str, argv: tuple[str, ...], stdin: str = "") -> None:
    """Run a tool of the system to its end. Raises: StepError, if it fails or does not end."""
    try:
        process = subprocess.run(
            argv,
            input=os.fsencode(stdin),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=_ENVIRONMENT,
            cwd="/",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise StepError(
            f"{summary}: {argv[0]} did not end within {_TIMEOUT_S} s", "start the container again"
        ) from error
    output = " ".join(process.stdout.decode(errors="replace").split())
    if process.returncode != 0:
        is_full = shutil.disk_usage("/etc").free < _FULL_BYTES
        raise StepError(
            f"{summary}: {argv[0]} ended with exit code {process.returncode}: {output}",
            f"{'free some space, and ' if is_full else ''}start the container again",
        )
    if output:
        log.debug(f"{argv[0]}: {output}")


def write_file(summary: str, action: WriteFile) -> None:
    """Write a file whole, and in place of the former one only then.

    Raises: OSError; StepError, if the tool that checks it refuses it.
    """
    content = action.content
    content = content.get_secret_value() if isinstance(content, Secret) else content
    os.makedirs(os.path.dirname(action.path), exist_ok=True)
    # sudo passes over files with a dot in their name, so that it never reads one that is not
    # finished.
    temporary = f"{action.path}.labinit"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    try:
        descriptor = os.open(temporary, NEW_FILE, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.fsencode(content))
            file.flush()
            # In this order: a change of the owner takes setuid bits away, and the file is readable
            # for nobody else until it is the right user's.
            os.fchown(descriptor, action.uid, action.gid)
            os.fchmod(descriptor, action.mode)
            os.fsync(descriptor)
        if action.check:
            run_tool(summary, (*action.check, temporary))
        os.rename(temporary, action.path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    sync_directory(os.path.dirname(action.path))


def sync_directory(path: str) -> None:
    """Have the names in a directory survive a power cut."""
    with closing(os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)) as descriptor:
        os.fsync(descriptor)

"""Every write labinit does, one function a kind of action. Decides nothing."""

from __future__ import annotations

import contextlib
import errno
import filecmp
import os
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

from labinit import log
from labinit.apply.hooks import run_hook
from labinit.errors import StepError
from labinit.facts.files import find_directory, find_mounts
from labinit.files.directories import make_directory, move_directory
from labinit.files.refusal import explain
from labinit.files.safe_open import acting_as, closing
from labinit.files.skeleton import copy_skeleton
from labinit.layout import ACCOUNT_COPIES, ACCOUNT_FILES, SYSTEM_PATH
from labinit.plan.steps import (
    ChownTree,
    CopySkeleton,
    EditAccounts,
    MakeDirectory,
    MoveDirectory,
    RemoveFile,
    Run,
    RunHook,
    SetAccount,
    Step,
    WriteFile,
)
from labinit.settings.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from labinit.files.chown import Outcome

# shadow-utils and visudo: nothing of the container's environment reaches what runs as root.
_ENVIRONMENT = {
    "PATH": SYSTEM_PATH,
    "LC_ALL": "C",
}
_TIMEOUT_S = 60
# Below this, it is the want of space that makes a tool fail, which none of them says.
_FULL_BYTES = 64 * 1024
_REFUSALS = {errno.EACCES, errno.EPERM, errno.EROFS}


def apply(steps: Iterable[Step], hook_environ: Mapping[str, str]) -> tuple[float, ...]:
    """Do the steps in order.

    Each may be killed at any instant: done again, it ends in the same state.

    Units: returns the seconds that each has taken.
    Raises: StepError, at the first step that fails.
    """
    os.umask(0o022)
    shutil.rmtree(ACCOUNT_COPIES, ignore_errors=True)  # of a boot that was killed
    times_s = []
    for step in steps:
        log.info(f"{step.summary}: {step.reason}")
        began = time.monotonic()
        try:
            _perform(step, hook_environ)
        except OSError as error:
            what = f" ({error.filename})" if error.filename else ""
            raise StepError(
                f"{step.summary}: {error.strerror or error}{what}", _hint(error)
            ) from error
        times_s.append(time.monotonic() - began)
    return tuple(times_s)


def _perform(step: Step, hook_environ: Mapping[str, str]) -> None:
    match step.action:
        case Run() | EditAccounts() as action:
            _run_tool(step.summary, action)
        case WriteFile() as action:
            _write_file(step.summary, action)
        case RemoveFile(path):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        case MakeDirectory(path, uid, gid, mode):
            make_directory(path, uid, gid, mode)
        case MoveDirectory() as action:
            move_directory(action)
        case SetAccount() as action:
            _set_account(action)
        case CopySkeleton() as action:
            _copy_skeleton(step.summary, action)
        case ChownTree() as action:
            from labinit.files.chown_walk import chown_tree  # noqa: PLC0415 - most boots walk nowhere

            _report(action, chown_tree(action.path, action.uid, action.gid))
        case RunHook(path, result):
            run_hook(path, result, hook_environ)


def write_cache(path: str, content: str) -> None:
    """Write the settings cache, which makes the next boot shorter.

    Where it cannot be written, nothing is logged: a boot without it does the same.
    """
    with contextlib.suppress(OSError, StepError):
        _write_file("", WriteFile(path, content, 0o600))


def _hint(error: OSError) -> str:
    if isinstance(error, FileNotFoundError) and error.filename and "/" not in str(error.filename):
        return f"use the labinit image, or install {error.filename} in yours"
    if error.errno == errno.ELOOP:
        return "remove that link, or name the directory it leads to"
    if error.errno == errno.EMFILE:
        return "start the container with --ulimit nofile=1024:524288"
    if error.errno == errno.EAGAIN:
        return "start the container with --pids-limit 1024, or without that option"
    is_full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return (
        "free some space, and start the container again"
        if is_full
        else "see labinit --dry-run for what it needs"
    )


def _run_tool(summary: str, action: Run | EditAccounts) -> None:
    if isinstance(action, EditAccounts):
        _edit_accounts(summary, action.argv)
    else:
        _run(summary, action.argv, action.stdin.get_secret_value() if action.stdin else "")


def _run(summary: str, argv: tuple[str, ...], stdin: str = "") -> None:
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


def _edit_accounts(summary: str, argv: tuple[str, ...]) -> None:
    """Run a tool on copies of the account files, and put those in place of the files that differ.

    Killed at its work, a tool leaves a user without a line in /etc/shadow, which no tool repairs:
    it says that the user exists. A killed boot leaves lines that the same tool, at the next boot,
    takes for its own.
    """
    shutil.rmtree(ACCOUNT_COPIES, ignore_errors=True)
    os.mkdir(ACCOUNT_COPIES, 0o700)
    try:
        os.mkdir(f"{ACCOUNT_COPIES}/etc")
        for name in (*ACCOUNT_FILES, "login.defs"):
            with contextlib.suppress(FileNotFoundError):
                _copy(f"/etc/{name}", f"{ACCOUNT_COPIES}/etc/{name}")
        _run(summary, argv)
        for name in ACCOUNT_FILES:
            path, changed = f"/etc/{name}", f"{ACCOUNT_COPIES}/etc/{name}"
            if os.path.exists(changed) and not filecmp.cmp(path, changed, shallow=False):
                os.rename(changed, path)
        _sync_directory("/etc")
    finally:
        shutil.rmtree(ACCOUNT_COPIES, ignore_errors=True)


def _copy(source: str, target: str) -> None:
    shutil.copyfile(source, target)
    status = os.stat(source)
    os.chown(target, status.st_uid, status.st_gid)
    os.chmod(target, status.st_mode & 0o7777)


def _write_file(summary: str, action: WriteFile) -> None:
    content = (
        action.content.get_secret_value() if isinstance(action.content, Secret) else action.content
    )
    os.makedirs(os.path.dirname(action.path), exist_ok=True)
    # sudo passes over files with a dot in their name, so that it never reads one that is not
    # finished.
    temporary = f"{action.path}.labinit"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    try:
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.fsencode(content))
            file.flush()
            os.fchown(descriptor, action.uid, action.gid)
            os.fchmod(descriptor, action.mode)
            os.fsync(descriptor)
        if action.check:
            _run(summary, (*action.check, temporary))
        os.rename(temporary, action.path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_directory(os.path.dirname(action.path))


def _sync_directory(path: str) -> None:
    with closing(os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)) as descriptor:
        os.fsync(descriptor)


def _set_account(action: SetAccount) -> None:
    # Not splitlines(), which also splits at what a user may have in the field of his full name.
    with open("/etc/passwd", encoding="utf-8", errors="surrogateescape", newline="") as file:
        lines = file.read().split("\n")
    changes = {2: str(action.uid), 3: str(action.gid), 5: action.home, 6: action.shell}
    for number, line in enumerate(lines):
        fields = line.split(":")
        if fields[0] == action.name and len(fields) == 7:
            lines[number] = ":".join(
                changes.get(index, field) for index, field in enumerate(fields)
            )
    _write_file(f"change user {action.name}", WriteFile("/etc/passwd", "\n".join(lines), 0o644))


def _copy_skeleton(summary: str, action: CopySkeleton) -> None:
    try:
        copy_skeleton(action.home, action.uid, action.gid)
    except OSError as error:
        # Some settings of a shell are no reason not to start, least of all to free space.
        remedy = _hint(error)
        if error.errno in _REFUSALS:
            owner = f"{action.uid}:{action.gid}"
            remedy = (
                f"chown {owner} {action.home} on the host, or set LABUID and LABGID to its owner"
            )
        log.warning(f"{summary}: {error.strerror} ({error.filename})", remedy)


def _report(action: ChownTree, outcome: Outcome) -> None:
    path = action.path
    parts = [
        f"{path}: {outcome.changed} of {outcome.seen} entries changed in {outcome.took_s:.1f} s"
    ]
    if outcome.left_alone:
        parts.append(
            f"{outcome.left_alone} left alone (device nodes and hard links of others' files)"
        )
    log.info(", ".join(parts))
    if outcome.refused:
        _report_refusal(action, outcome)
    elif not outcome.is_whole:
        log.warning(
            f"{path}: directories were moved while their owner was being changed",
            "start the container again",
        )


def _report_refusal(action: ChownTree, outcome: Outcome) -> None:
    path, uid, gid = action.path, action.uid, action.gid
    directory = find_directory(path, find_mounts())
    filesystem = directory.filesystem if directory else ""
    cause, hint = explain(outcome.refused.most_common(1)[0][0], filesystem, uid, gid)
    first = outcome.first_refused
    count = f"{outcome.refused.total()} of {outcome.seen} entries"
    count += "" if outcome.is_whole else ", and tries no more"
    what = f"{count}, first {first}: {cause}"
    with acting_as(uid, gid):
        can_write = all(os.access(there, os.W_OK, effective_ids=True) for there in (path, first))
    allowed = "the user can write there all the same"
    if can_write:
        log.info(f"{path}: its file system ({filesystem}) keeps the owner of {what}; {allowed}")
    else:
        log.warning(f"{path}: its file system ({filesystem}) keeps the owner of {what}", hint)

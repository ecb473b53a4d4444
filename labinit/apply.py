"""Every write labinit does, one function a kind of action. Decides nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
from typing import TYPE_CHECKING

from pydantic import SecretStr

from labinit import log
from labinit.errors import StepError
from labinit.ownership import Outcome, fix_owner
from labinit.steps import CopySkeleton, FixOwner, MakeDirectory, RemoveFile, Run, SetAccount, Step, WriteFile

if TYPE_CHECKING:
    from collections.abc import Iterable

# shadow-utils and visudo: nothing of the container's environment reaches what runs as root.
_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
_TIMEOUT_S = 60
_SKELETON = "/etc/skel"
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def apply(steps: Iterable[Step]) -> None:
    """Do the steps in order. Each may be killed at any instant: done again, it ends in the same state.

    Raises: StepError, at the first step that fails.
    """
    for step in steps:
        log.info(f"{step.summary}: {step.reason}")
        try:
            _perform(step)
        except OSError as error:
            what = f" ({error.filename})" if error.filename else ""
            raise StepError(f"{step.summary}: {error.strerror or error}{what}", _cure(error)) from error


def _perform(step: Step) -> None:
    match step.action:
        case Run(argv, stdin):
            _run(step.summary, argv, stdin.get_secret_value() if stdin else "")
        case WriteFile() as action:
            _write_file(step.summary, action)
        case RemoveFile(path):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        case MakeDirectory() as action:
            _make_directory(action)
        case SetAccount() as action:
            _set_account(action)
        case CopySkeleton() as action:
            _copy_skeleton(action)
        case FixOwner(path, uid, gid):
            _report(path, fix_owner(path, uid, gid))


def _cure(error: OSError) -> str:
    if isinstance(error, FileNotFoundError) and error.filename and "/" not in str(error.filename):
        return f"use the labinit image, or install {error.filename} in yours"
    return "free some space" if error.errno in {28, 122} else "see labinit --dry-run for what it needs"


def _run(summary: str, argv: tuple[str, ...], stdin: str) -> None:
    try:
        done = subprocess.run(
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
    said = " ".join(done.stdout.decode(errors="replace").split())
    if done.returncode != 0:
        raise StepError(
            f"{summary}: {argv[0]} ended with exit code {done.returncode}: {said}", "start the container again"
        )
    if said:
        log.debug(f"{argv[0]}: {said}")


def _write_file(summary: str, action: WriteFile) -> None:
    content = action.content.get_secret_value() if isinstance(action.content, SecretStr) else action.content
    os.makedirs(os.path.dirname(action.path), exist_ok=True)
    # sudo passes over files with a dot in their name, so that it never reads one that is not finished.
    temporary = f"{action.path}.labinit"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.fsencode(content))
            os.fchown(descriptor, action.uid, action.gid)
            os.fchmod(descriptor, action.mode)
            file.flush()
            os.fsync(descriptor)
        if action.check:
            _run(summary, (*action.check, temporary), "")
        os.rename(temporary, action.path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_directory(os.path.dirname(action.path))


def _sync_directory(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_directory(action: MakeDirectory) -> None:
    os.makedirs(os.path.dirname(action.path), exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.mkdir(action.path, action.mode)
    descriptor = os.open(action.path, _DIRECTORY)
    try:
        if os.geteuid() == 0:
            os.fchown(descriptor, action.uid, action.gid)
        os.fchmod(descriptor, action.mode)
    finally:
        os.close(descriptor)


def _set_account(action: SetAccount) -> None:
    with open("/etc/passwd", encoding="utf-8", errors="surrogateescape") as file:
        lines = file.read().splitlines()
    wanted = {2: str(action.uid), 3: str(action.gid), 5: action.home, 6: action.shell}
    for number, line in enumerate(lines):
        fields = line.split(":")
        if fields[0] == action.name and len(fields) == 7:
            lines[number] = ":".join(wanted.get(index, field) for index, field in enumerate(fields))
    _write_file(f"change user {action.name}", WriteFile("/etc/passwd", "\n".join(lines) + "\n", 0o644))


def _copy_skeleton(action: CopySkeleton) -> None:
    home = os.open(action.home, _DIRECTORY & ~os.O_NOFOLLOW)
    try:
        _copy_missing(_SKELETON, home, action.uid, action.gid)
    finally:
        os.close(home)


def _copy_missing(source: str, target: int, uid: int, gid: int) -> None:
    """Copy what the directory `target` lacks, as the user's own; nothing that exists is followed or changed."""
    with os.scandir(source) as entries:
        for entry in entries:
            name, mode = entry.name, stat.S_IMODE(entry.stat(follow_symlinks=False).st_mode)
            if entry.is_dir(follow_symlinks=False):
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, mode, dir_fd=target)
                    os.chown(name, uid, gid, dir_fd=target, follow_symlinks=False)
                with contextlib.suppress(NotADirectoryError):  # the user has a file or a link of that name
                    below = os.open(name, _DIRECTORY, dir_fd=target)
                    try:
                        _copy_missing(entry.path, below, uid, gid)
                    finally:
                        os.close(below)
            elif entry.is_symlink():
                with contextlib.suppress(FileExistsError):
                    os.symlink(os.readlink(entry.path), name, dir_fd=target)
                    os.chown(name, uid, gid, dir_fd=target, follow_symlinks=False)
            else:
                _copy_file(entry.path, target, name, mode, uid, gid)


def _copy_file(source: str, target: int, name: str, mode: int, uid: int, gid: int) -> None:
    """Copy a file under its name only when it is complete, so that a killed boot leaves no half of one."""
    temporary = f".{name}.labinit"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary, dir_fd=target)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=target)
    with open(source, "rb") as original, os.fdopen(descriptor, "wb") as copy:
        shutil.copyfileobj(original, copy)
        os.fchown(descriptor, uid, gid)
        os.fchmod(descriptor, mode)
    with contextlib.suppress(FileExistsError):
        os.link(temporary, name, src_dir_fd=target, dst_dir_fd=target)
    os.unlink(temporary, dir_fd=target)


def _report(path: str, outcome: Outcome) -> None:
    parts = [f"{path}: {outcome.changed} of {outcome.seen} entries changed in {outcome.took_s:.1f} s"]
    if outcome.left_alone:
        parts.append(f"{outcome.left_alone} left alone (device nodes and hard links of others' files)")
    log.info(", ".join(parts))
    if outcome.refused:
        count, (number, _) = outcome.refused.total(), outcome.refused.most_common(1)[0]
        log.warning(
            f"{path}: the file system refuses to change the owner of {count} entries, first {outcome.first_refused}: {os.strerror(number)}",
            "change it on the host with chown -R, or set LABCHOWN=never",
        )

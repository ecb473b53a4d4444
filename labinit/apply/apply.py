"""Every write labinit does, one function a kind of action. Decides nothing."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import time
from typing import TYPE_CHECKING

from labinit import log
from labinit.apply.account_files import edit_accounts, set_account
from labinit.apply.hooks import run_hook
from labinit.apply.write import run_tool, write_file
from labinit.errors import Notice, StepError
from labinit.facts.files import find_mounts, mount_of
from labinit.files.directories import left_behind, make_directory, move_directory
from labinit.files.safe_open import acting_as
from labinit.files.skeleton import copy_skeleton
from labinit.layout import ACCOUNT_COPIES
from labinit.plan import steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from labinit.files.chown import Outcome

_REFUSALS = {errno.EACCES, errno.EPERM, errno.EROFS}
_HINTS = {
    errno.ELOOP: "remove that link, or name the directory it leads to",
    errno.EMFILE: "start the container with --ulimit nofile=1024:524288",
    errno.EAGAIN: "start the container with --pids-limit 1024, or without that option",
    errno.ENOSPC: "free some space, and start the container again",
    errno.EDQUOT: "free some space, and start the container again",
}
# Owners are no property of a file there, but an option of the mount. Source: mount(8),
# mount.cifs(8), ntfs-3g(8).
_OWNED_BY_MOUNT = {
    *("9p", "cifs", "smb3", "exfat", "fuseblk", "hfsplus", "msdos"),
    *("ntfs", "ntfs3", "vboxsf", "vfat", "virtiofs"),
}


def apply(planned: Iterable[steps.Step], hook_environ: Mapping[str, str]) -> tuple[float, ...]:
    """Do the steps in order.

    Each may be killed at any instant: done again, it ends in the same state.

    Units: returns the seconds that each has taken.
    Raises: StepError, at the first step that fails.
    """
    os.umask(0o022)  # the engine's may be any, and tools make files by it
    shutil.rmtree(ACCOUNT_COPIES, ignore_errors=True)  # of a boot that was killed
    times_s = []
    for step in planned:
        log.info(f"{step.summary}: {step.reason}")
        began = time.monotonic()
        try:
            _perform(step, hook_environ)
        except OSError as error:
            raise failure_of(step, error) from error
        times_s.append(time.monotonic() - began)
    return tuple(times_s)


def failure_of(step: steps.Step, error: OSError) -> StepError:
    """Return what a step ends the boot with that the system has refused."""
    what = f" ({error.filename})" if error.filename else ""
    return StepError(f"{step.summary}: {error.strerror or error}{what}", _hint(error))


def _perform(step: steps.Step, hook_environ: Mapping[str, str]) -> None:  # noqa: C901 - a case each
    match step.action:
        case steps.Run(argv, stdin):
            run_tool(step.summary, argv, stdin.get_secret_value() if stdin else "")
        case steps.EditAccounts(argv):
            edit_accounts(step.summary, argv)
        case steps.WriteFile() as action:
            write_file(step.summary, action)
        case steps.RemoveFile(path):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        case steps.MakeDirectory(path, uid, gid, mode):
            make_directory(path, uid, gid, mode)
        case steps.MoveDirectory() as action:
            _move_directory(action)
        case steps.SetAccount() as action:
            set_account(action)
        case steps.CopySkeleton() as action:
            _copy_skeleton(action)
        case steps.ChownTree() as action:
            from labinit.files.chown_walk import chown_tree  # noqa: PLC0415 - seldom

            _report(action, chown_tree(action.path, action.uid, action.gid))
        case steps.RunHook(path, result):
            run_hook(path, result, hook_environ)


def write_cache(path: str, content: str) -> None:
    """Write the settings cache, which makes the next boot shorter.

    Where it cannot be written, nothing is logged: a boot without it does the same.
    """
    with contextlib.suppress(OSError, StepError):
        write_file("", steps.WriteFile(path, content, 0o600))


def _hint(error: OSError) -> str:
    if isinstance(error, FileNotFoundError) and error.filename and "/" not in str(error.filename):
        return f"use the labinit image, or install {error.filename} in yours"
    return _HINTS.get(error.errno or 0, "see labinit --dry-run for what it needs")


def _move_directory(action: steps.MoveDirectory) -> None:
    if not move_directory(action):
        notice = left_behind(action)
        log.warning(notice.problem, notice.hint)
        make_directory(action.path, action.uid, action.gid, 0o755)
        _copy_skeleton(steps.CopySkeleton(action.path, action.uid, action.gid))


def _copy_skeleton(action: steps.CopySkeleton) -> None:
    try:
        copy_skeleton(action.home, action.uid, action.gid)
    except OSError as error:
        # Some settings of a shell are no reason not to start, least of all to free space.
        notice = skeleton_refusal(action, error)
        log.warning(notice.problem, notice.hint)


def skeleton_refusal(action: steps.CopySkeleton, error: OSError) -> Notice:
    """Return what to tell where the user cannot write to his home."""
    remedy = _hint(error)
    if error.errno in _REFUSALS:
        owner, home = f"{action.uid}:{action.gid}", action.home
        remedy = f"chown {owner} {home} on the host, or set LABHOME to where {owner} may write"
    what = f"{error.strerror} ({error.filename})"
    return Notice(f"copy /etc/skel to {action.home}: {what}", remedy)


def _report(action: steps.ChownTree, outcome: Outcome) -> None:
    path, left = action.path, ""
    if outcome.left_alone:
        left = f", {outcome.left_alone} left alone (device nodes and hard links of others' files)"
    counts = f"{outcome.changed} of {outcome.seen} entries changed in {outcome.took_s:.1f} s"
    log.info(f"{path}: {counts}{left}")
    if outcome.refused:
        _report_refusal(action, outcome)
    elif not outcome.is_whole:
        log.warning(
            f"{path}: directories were moved while their owner was being changed",
            "start the container again",
        )


def _report_refusal(action: steps.ChownTree, outcome: Outcome) -> None:
    path, uid, gid = action.path, action.uid, action.gid
    filesystem = mount_of(os.path.realpath(path), find_mounts()).filesystem
    cause, hint = explain(outcome.refused.most_common(1)[0][0], filesystem, uid, gid)
    first = outcome.first_refused
    count = f"{outcome.refused.total()} of {outcome.seen} entries"
    count += "" if outcome.is_whole else ", and tries no more"
    what = f"{count}, first {first}: {cause}"
    # The kernel is asked as that user: owner, mode, ACLs and the mount count. Source: access(2).
    with acting_as(uid, gid):
        can_write = all(os.access(there, os.W_OK, effective_ids=True) for there in (path, first))
    allowed = "the user can write there all the same"
    if can_write:
        log.info(f"{path}: its file system ({filesystem}) keeps the owner of {what}; {allowed}")
    else:
        log.warning(f"{path}: its file system ({filesystem}) keeps the owner of {what}", hint)


def explain(number: int, filesystem: str, uid: int, gid: int) -> tuple[str, str]:
    """Return why chown(2) failed with the error `number` on such a file system, and the hint."""
    own = "or set LABUID and LABGID to the owner it has"
    if number == errno.EROFS:
        return "it is read-only", "mount it without :ro, or set LABCHOWN=never"
    if number in {errno.EINVAL, errno.EOVERFLOW}:
        return (
            f"{uid}:{gid} does not exist in this user namespace",
            "set LABUID=0, or enlarge the range in /etc/subuid",
        )
    if number == errno.EDQUOT:
        return "the quota is used up", f"raise the quota of uid {uid}"
    if filesystem.startswith("nfs"):
        return (
            "the server takes root for nobody (root_squash)",
            f"chown -R {uid}:{gid} it on the server, {own}",
        )
    if filesystem in _OWNED_BY_MOUNT or filesystem.startswith("fuse"):
        return os.strerror(number), f"mount it on the host with uid={uid},gid={gid}, {own}"
    return os.strerror(number), f"chown -R {uid}:{gid} it on the host, {own}"

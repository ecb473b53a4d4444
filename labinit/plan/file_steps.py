"""Decides the steps for what lies outside of /etc: home, data, what the server needs, hooks, the record. Pure."""

from __future__ import annotations

import os.path

from labinit.errors import ConflictError
from labinit.facts.digest import digest, is_digest_of
from labinit.facts.record import PATH as RECORD_PATH
from labinit.facts.record import Record, to_text
from labinit.facts.system import BOOT_HOOKS, FIRST_BOOT_HOOKS, FRESH_HOME, HOOKS_DONE
from labinit.plan.account import password_key
from labinit.plan.ids import NOBODY, has_other_owner
from labinit.plan.steps import (
    CopySkeleton,
    FixOwner,
    MakeDirectory,
    MoveDirectory,
    RemoveFile,
    RunHook,
    Step,
    WriteFile,
)
from labinit.settings.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from labinit.facts.files import Directory, Hook
    from labinit.facts.system import Facts
    from labinit.plan.account_choice import Account
    from labinit.plan.steps import Identity, Names
    from labinit.settings.load import Settings


def home_steps(settings: Settings, facts: Facts, identity: Identity) -> Iterable[Step]:
    """Yield what the home directory needs; the data directory in its place needs nothing."""
    path = identity.home
    if path == settings.data:
        return
    is_asked = path == settings.home_directory
    home = facts.home if is_asked else facts.usable_home_directory
    if home is None and is_asked and _can_move(settings, facts):
        former = facts.record.home if facts.record else ""
        yield Step(
            f"move {former} to {path}",
            "LABUSER or LABHOME has changed",
            MoveDirectory(former, path, identity.uid, identity.gid),
        )
        home = facts.former_home
    if home is None:
        yield Step(
            f"make {path}",
            "it does not exist",
            MakeDirectory(path, identity.uid, identity.gid, 0o755),
        )
    # Before the copy, which is made as the user.
    if home is not None and not home.is_read_only and can_chown(facts):
        chown = "auto" if settings.chown == "always" and home.uid != NOBODY else settings.chown
        is_others = has_other_owner(home, settings, facts, identity)
        yield from _owner_steps(path, home, identity, chown, is_others=is_others)
    is_new = facts.record is None or facts.record.home != path
    if home is None or (
        home.missing_skeleton
        and is_new
        and (not identity.is_inherited or path.startswith(FRESH_HOME))
    ):
        names = ", ".join(home.missing_skeleton) if home else "everything"
        yield Step(
            f"copy /etc/skel to {path}",
            f"it lacks {names}",
            CopySkeleton(path, identity.uid, identity.gid),
        )


def _can_move(settings: Settings, facts: Facts) -> bool:
    """Tell whether the home directory of the last boot can follow: not if it is a volume, or holds the data."""
    if facts.record is None or facts.former_home is None or facts.former_home.is_mount:
        return False
    former = facts.record.home
    below = (settings.data, settings.home_directory)
    return not any(os.path.commonpath((former, path)) == former for path in below)


def data_steps(settings: Settings, facts: Facts, identity: Identity) -> Iterable[Step]:
    """Yield what the data directory needs."""
    if facts.data is None:
        if facts.can_make_data:
            action = MakeDirectory(settings.data, identity.uid, identity.gid, 0o755)
            yield Step(
                f"make {settings.data}", "it does not exist: no volume is mounted there", action
            )
    elif not facts.data.is_read_only and can_chown(facts):
        is_others = has_other_owner(facts.data, settings, facts, identity)
        yield from _owner_steps(
            settings.data, facts.data, identity, settings.chown, is_others=is_others
        )


def can_chown(facts: Facts) -> bool:
    """Tell whether this process may give files away."""
    return facts.euid == 0 and "CHOWN" in facts.capabilities


def _owner_steps(
    path: str, found: Directory, identity: Identity, chown: str, *, is_others: bool
) -> Iterable[Step]:
    owner = f"{identity.uid}:{identity.gid}"
    if chown == "never":
        return
    if is_others:
        reason = f"it belongs to {found.uid}:{found.gid}"
    elif found.roots_entries and found.uid == identity.uid != 0:
        reason = f"{found.roots_entries} entries in it belong to root"
    elif chown == "always":
        reason = "LABCHOWN is always"
    else:
        return
    yield Step(f"give {path} to {owner}", reason, FixOwner(path, identity.uid, identity.gid))


def token_path(facts: Facts) -> str:
    """Return where the token is told to the server."""
    return f"{facts.run_path}/token"


def choose_token(settings: Settings, facts: Facts) -> Secret:
    """Return the token asked for, else the one made up by an earlier boot of this container, else a new one."""
    return settings.token or Secret(facts.token or facts.entropy[16:].hex())


def runtime_steps(
    settings: Settings, facts: Facts, identity: Identity, names: Names | None
) -> Iterable[Step]:
    """Yield what the server needs under /run: a place for its own files, off the user's volumes, and the token."""
    run, own = facts.run_directory, (facts.euid, facts.egid)
    if run is None or (facts.euid == 0 and (run.uid, run.mode) != (0, 0o755)):
        reason = "it is not there as it should be"
        yield Step(f"make {facts.run_path}", reason, MakeDirectory(facts.run_path, *own, 0o755))
    path, found = f"{facts.run_path}/jupyter", facts.runtime_directory
    # Jupyter sets the sticky bit with the first kernel, against those who clean up there.
    if found is None or (found.uid, found.gid, found.mode & 0o777) != (
        identity.uid,
        identity.gid,
        0o700,
    ):
        reason = "the server keeps its own files there"
        yield Step(f"make {path}", reason, MakeDirectory(path, identity.uid, identity.gid, 0o700))
    yield from _token_steps(settings, facts, identity)
    if names and (names.passwd, names.group) != facts.names:
        for name, content in (("passwd", names.passwd), ("group", names.group)):
            path = f"{facts.run_path}/{name}"
            yield Step(
                f"write {path}",
                f"uid {identity.uid} has no account",
                WriteFile(path, content, 0o644, *own),
            )


def _token_steps(settings: Settings, facts: Facts, identity: Identity) -> Iterable[Step]:
    path, token = token_path(facts), choose_token(settings, facts)
    if settings.auth == "none":
        if facts.token is not None:
            yield Step(f"remove {path}", "LABAUTH is none", RemoveFile(path))
    elif facts.token != token.get_secret_value() or facts.token_owner != (identity.uid, 0o400):
        reason = (
            "JUPYTER_TOKEN is set"
            if settings.token
            else "JUPYTER_TOKEN is not set: a new token is made"
        )
        yield Step(
            f"write {path}", reason, WriteFile(path, token, 0o400, identity.uid, identity.gid)
        )


def hook_steps(facts: Facts) -> Iterable[Step]:
    """Yield the hooks to run: those of the first boot until each has succeeded once, the others at each boot.

    Raises: ConflictError, if somebody besides root could have written one.
    """
    for hook in (*facts.first_boot_hooks, *facts.boot_hooks):
        if hook.is_executable and hook.changeable_by:
            raise ConflictError(
                f"run hook {hook.path}: {hook.changeable_by} can change it, and it would run as root",
                f"chown root:root {hook.path} and chmod go-w it and its directory, or mount it read-only (:ro)",
            )
    for hook in facts.first_boot_hooks:
        if hook.is_executable and os.path.basename(hook.path) not in facts.hooks_done:
            yield Step(
                f"run hook {hook.path}",
                "it has not succeeded yet",
                RunHook(hook.path, _result(facts, hook)),
            )
    for hook in facts.boot_hooks:
        if hook.is_executable:
            yield Step(
                f"run hook {hook.path}",
                "it runs at each boot",
                RunHook(hook.path, _result(facts, hook)),
            )


def hook_results(facts: Facts) -> tuple[str, ...]:
    """Return the files with what hooks have for the server's environment, in the order in which they were to run."""
    hooks = (*facts.first_boot_hooks, *facts.boot_hooks)
    return tuple(_result(facts, hook) for hook in hooks if hook.is_executable)


def _result(facts: Facts, hook: Hook) -> str:
    directory, name = os.path.split(hook.path)
    # Where the record cannot be kept, /run is as fresh as the root file system at each start.
    kept = {
        FIRST_BOOT_HOOKS: HOOKS_DONE if facts.can_keep_record else f"{facts.run_path}/first-boot"
    }
    return f"{kept.get(directory, f'{facts.run_path}/{os.path.basename(BOOT_HOOKS)}')}/{name}"


def record_steps(settings: Settings, facts: Facts, account: Account) -> Iterable[Step]:
    """Yield the record of this boot, the last step of all, if it differs from the one there is."""
    key = password_key(settings)
    kept = facts.record
    has_changed = bool(key) != bool(kept and kept.password) or (
        key and kept and not is_digest_of(kept.password, key)
    )
    made = Record(
        user=account.user.name,
        uid=account.user.uid,
        group=account.group.name,
        gid=account.group.gid,
        home=account.user.home,
        password=(digest(key, facts.entropy[:16]) if key else "")
        if has_changed or not kept
        else kept.password,
        made_group=account.made_group,
        first_boot=kept.first_boot if kept else facts.now,
    )
    if made != kept and facts.can_keep_record:
        reason = "the set-up is complete" if kept is None else "the set-up has changed"
        yield Step(f"write {RECORD_PATH}", reason, WriteFile(RECORD_PATH, to_text(made), 0o600))

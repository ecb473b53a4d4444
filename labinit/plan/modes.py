"""Decides the plan of each mode: in full, without an account, as root, as a user. Pure."""

from __future__ import annotations

from labinit.errors import Notice
from labinit.layout import SHELL, TOKEN_NAME
from labinit.plan.account import record_steps
from labinit.plan.account_choice import WHEEL
from labinit.plan.directories import data_steps, home_steps
from labinit.plan.hooks import hook_results, hook_steps
from labinit.plan.ids import choose_ids
from labinit.plan.runtime import choose_token, is_token_new, runtime_steps, uses_token
from labinit.plan.steps import Identity, Names, Plan
from labinit.plan.warnings import advise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from labinit.facts.system import Facts
    from labinit.plan.account_choice import Account
    from labinit.plan.steps import Step
    from labinit.settings.load import Settings


def plan_in_full(
    settings: Settings, facts: Facts, account: Account, in_etc: tuple[Step, ...]
) -> Plan:
    """Plan a start as root, with an account: the steps for the account files are given."""
    can_sudo = settings.sudo_kind != "none"
    identity = Identity(
        user=account.user.name,
        uid=account.user.uid,
        gid=account.user.gid,
        groups=_groups_of_account(account, facts, is_wheel=can_sudo),
        home=facts.usable_home,
        umask=settings.umask,
        may_gain_privileges=can_sudo,
    )
    return _plan(
        "full set-up as root",
        settings,
        facts,
        identity,
        before=in_etc,
        after=record_steps(settings, facts, account),
        notes=account.notes,
        is_first_boot=facts.record is None,
    )


def plan_without_account(settings: Settings, facts: Facts) -> Plan:
    """Plan for a root file system on which no account can be made: ids do without one."""
    uid, gid = choose_ids(settings, facts)
    identity = Identity(
        user=_name_of(uid, settings, facts),
        uid=uid,
        gid=gid,
        groups=tuple(dict.fromkeys((gid, *_added_groups(facts), *facts.device_gids))),
        home=facts.usable_home,
        umask=settings.umask,
        may_gain_privileges=False,
    )
    read_only = Notice(
        "the accounts of this container are read-only: no account, password or sudo is set up",
        "remove --read-only or what is mounted in /etc, or start once without them and `docker"
        " commit` the container",
    )
    # Who asks for none of the three misses nothing.
    is_missed = settings.sudo_kind != "none" or bool(settings.password_key)
    return _plan(
        f"as {uid}:{gid}, without an account",
        settings,
        facts,
        identity,
        notes=() if is_missed else (read_only.problem,),
        warnings=(read_only,) if is_missed else (),
        has_account=False,
    )


def plan_as_root(settings: Settings, facts: Facts) -> Plan:
    """Plan for LABUID=0, where root is the user: in a rootless engine, whoever started it."""
    gid = settings.gid or 0
    # Without SETGID, the groups can only stay as they are.
    can_set = "SETGID" in facts.capabilities
    groups = tuple(dict.fromkeys((gid, *facts.groups))) if can_set else facts.groups
    gid = gid if can_set else facts.egid
    identity = Identity(
        "root", 0, gid, groups, facts.usable_home, settings.umask, may_gain_privileges=True
    )
    return _plan("everything as root", settings, facts, identity)


def plan_as_user(settings: Settings, facts: Facts) -> Plan:
    """Plan for a start with --user: there is nothing to set up but what that user owns."""
    identity = Identity(
        user=_name_of(facts.euid, settings, facts),
        uid=facts.euid,
        gid=facts.egid,
        groups=tuple(dict.fromkeys((facts.egid, *facts.groups))),
        home=facts.usable_home,
        umask=settings.umask,
        may_gain_privileges=settings.sudo_kind != "none",
        is_inherited=True,
    )
    mode = f"as user {facts.euid}:{facts.egid}, without set-up"
    return _plan(mode, settings, facts, identity, has_account=False)


def _plan(
    mode: str,
    settings: Settings,
    facts: Facts,
    identity: Identity,
    *,
    before: Iterable[Step] = (),
    after: Iterable[Step] = (),
    notes: tuple[str, ...] = (),
    warnings: tuple[Notice, ...] = (),
    is_first_boot: bool = False,
    has_account: bool = True,
) -> Plan:
    """Return the plan of a mode: what all modes plan, between the steps of its own."""
    names = None if has_account else _names(settings, facts, identity)
    return Plan(
        mode=mode,
        is_first_boot=is_first_boot,
        identity=identity,
        steps=(
            *before,
            *home_steps(settings, facts, identity),
            *data_steps(settings, facts, identity),
            *runtime_steps(settings, facts, identity, names),
            # Hooks are root's: a start with --user neither runs them nor reads their results.
            *(() if identity.is_inherited else hook_steps(facts)),
            *after,
        ),
        warnings=(*warnings, *advise(settings, facts, identity, has_account=has_account)),
        notes=notes,
        run_directory=facts.run_path,
        server_commands=facts.server_commands,
        token_path=f"{facts.run_path}/{TOKEN_NAME}" if uses_token(settings) else None,
        names=names,
        hook_results=() if identity.is_inherited else hook_results(facts),
        new_token=choose_token(settings, facts) if is_token_new(settings, facts) else None,
    )


def _groups_of_account(account: Account, facts: Facts, *, is_wheel: bool) -> tuple[int, ...]:
    """Return the account's groups, those the engine added, and those of the container's devices."""
    names = {account.user.name, account.existing.name if account.existing else account.user.name}
    # Wheel comes and goes with LABSUDO, whatever the account is in now.
    groups = (g for g in facts.account_groups if names & set(g.members) and g.name != WHEEL)
    own = (account.user.gid, *([account.wheel_gid] if is_wheel else []), *(g.gid for g in groups))
    return tuple(dict.fromkeys((*own, *_added_groups(facts), *facts.device_gids)))


def _added_groups(facts: Facts) -> list[int]:
    """Return the groups of this process that are not root's own."""
    # What is left was given by --group-add or a pod's fsGroup, for what is on a volume.
    roots = {0, *(group.gid for group in facts.account_groups if "root" in group.members)}
    return [gid for gid in facts.groups if gid not in roots]


def _name_of(uid: int, settings: Settings, facts: Facts) -> str:
    """Return the name of a uid: its account's, else LABUSER, unless that is another account's."""
    of_account = next((user.name for user in facts.users if user.uid == uid), "")
    is_free = all(user.name != settings.user for user in facts.users)
    return of_account or (settings.user if is_free else f"uid{uid}")


def _names(settings: Settings, facts: Facts, identity: Identity) -> Names | None:
    """Return the account files to show to a user without one, None with one or no library."""
    if not facts.names_library or any(user.uid == identity.uid for user in facts.users):
        return None
    groups = {group.name for group in facts.account_groups}
    name = settings.group or identity.user
    group = f"{name if name not in groups else f'gid{identity.gid}'}:x:{identity.gid}:\n"
    is_named = any(group.gid == identity.gid for group in facts.account_groups)
    return Names(
        library=facts.names_library,
        passwd="".join(f"{u.name}:x:{u.uid}:{u.gid}::{u.home}:{u.shell}\n" for u in facts.users)
        # With a full name, which git asks for.
        + f"{identity.user}:x:{identity.uid}:{identity.gid}"
        f":{identity.user}:{identity.home}:{SHELL}\n",
        group="".join(f"{g.name}:x:{g.gid}:{','.join(g.members)}\n" for g in facts.account_groups)
        + ("" if is_named else group),
    )

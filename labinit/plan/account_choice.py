"""Decides which account and groups a boot is to end with, or finds the conflict. Pure."""

from __future__ import annotations

from labinit.errors import ConflictError
from labinit.facts.accounts import Group, User
from labinit.layout import NOBODY, SHELL
from labinit.plan.ids import DEFAULT_ID, choose_ids
from labinit.quick import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from labinit.facts.system import Facts
    from labinit.settings.load import Settings

WHEEL = "wheel"
_SYSTEM_GIDS = range(999, 99, -1)
# Of accounts that nobody logs in to. Source: base-passwd of Debian, setup of Fedora.
_NO_SHELLS = {
    *("", "/bin/false", "/sbin/nologin", "/usr/bin/false", "/usr/sbin/nologin"),
    *("/bin/sync", "/sbin/halt", "/sbin/shutdown"),
}


class Account(NamedTuple):
    """The account a boot is to end with."""

    user: User
    group: Group
    existing: User | None  # what it is made from
    wheel_gid: int  # the one there is, or will be
    made_group: str  # the group that labinit makes or has made, "" if it uses another
    notes: tuple[str, ...] = ()


def choose_account(settings: Settings, facts: Facts) -> Account:
    """Return the account that `settings` ask for.

    Raises: ConflictError, if it cannot be had without taking something away from another account.
    """
    uid, gid = choose_ids(settings, facts)
    existing = _find_user(settings, facts, uid)
    group, made_group, notes = _choose_group(settings, facts, gid)
    shell = existing.shell if existing and existing.shell not in _NO_SHELLS else SHELL
    user = User(settings.user, uid, gid, settings.home_directory, shell)
    return Account(user, group, existing, _wheel_gid(facts, group), made_group, notes)


def _find_user(settings: Settings, facts: Facts, uid: int) -> User | None:
    """Return the existing account that becomes the lab user, or None if a new one is to be made.

    One of the system is as good as any other, as long as nothing runs under it.
    """
    whose = f"uid {uid}" + ("" if settings.uid is not None else f" (the owner of {settings.data})")
    by_uid = next((user for user in facts.users if user.uid == uid), None)
    by_name = next((user for user in facts.users if user.name == settings.user), None)
    recorded = next((user for user in facts.users if _is_of_record(user, facts)), None)
    if (
        by_name
        and _is_system(by_name)
        and by_name is not recorded
        and (by_name.uid != uid or uid == 0)
        and not _is_as_asked(by_name, settings, uid)
    ):
        raise ConflictError(
            f"LABUSER={by_name.name} is an account of the system (uid {by_name.uid})",
            "choose another name",
        )
    # Under another uid than 0, and still what `su` and sudo mean by it.
    if by_uid and by_uid.name == "root":
        raise ConflictError(
            f"create user {settings.user}: {whose} belongs to root", "set LABUID to another uid"
        )
    is_busy = uid in facts.busy_uids and facts.can_edit_accounts
    is_own = by_uid is recorded or (by_uid is by_name and by_uid and not _is_system(by_uid))
    if by_uid and is_busy and not is_own:
        raise ConflictError(
            f"create user {settings.user}: {whose} belongs to {by_uid.name}, which has running"
            " processes",
            f"start with --user {uid}:{settings.gid or by_uid.gid}, which needs no account, or"
            " end them",
        )
    current = recorded or by_name
    for other in (by_name, by_uid):
        if current and other and other is not current:
            raise ConflictError(
                f"make user {settings.user} ({uid}) of {current.name} ({current.uid}):"
                f" account {other.name} ({other.uid}) is in the way",
                "set LABUID and LABUSER to what no account has, or start a new container",
            )
    return current or by_uid


def _is_system(user: User) -> bool:
    return user.uid < DEFAULT_ID or user.uid == NOBODY or user.name in {"root", "nobody"}


def _is_of_record(user: User, facts: Facts) -> bool:
    return bool(facts.record and (facts.record.user, facts.record.uid) == (user.name, user.uid))


def _is_as_asked(user: User, settings: Settings, uid: int) -> bool:
    """Tell whether an earlier boot made this account, and was killed before it recorded that."""
    return (user.name, user.uid, user.home) == (settings.user, uid, settings.home_directory)


def _choose_group(settings: Settings, facts: Facts, gid: int) -> tuple[Group, str, tuple[str, ...]]:
    """Return the primary group, its name if it is labinit's own, and what to say about it."""
    name = settings.group or settings.user
    made_before = facts.record.made_group if facts.record else ""
    by_gid = next((group for group in facts.account_groups if group.gid == gid), None)
    by_name = next((group for group in facts.account_groups if group.name == name), None)
    if by_gid and by_gid.name == made_before and by_name is None:
        return Group(name, gid), name, ()
    if by_gid:
        # One with the name asked for is as good as made here: a boot killed after groupadd leaves
        # no other trace.
        is_own = by_gid.name in {name, made_before}
        note = f"gid {gid} belongs to group {by_gid.name}: it is the primary group under that name"
        return Group(by_gid.name, gid), by_gid.name if is_own else "", () if is_own else (note,)
    if by_name is None or by_name.name == made_before:
        return Group(name, gid), name, ()
    names = {group.name for group in facts.account_groups}
    candidates = (f"{name}{gid}", *(f"{name}{gid}_{number}" for number in range(1, len(names) + 1)))
    other = next(candidate for candidate in candidates if candidate not in names)
    note = f"group {name} exists with gid {by_name.gid}: gid {gid} gets the name {other}"
    return Group(other, gid), other, (note,)


def _wheel_gid(facts: Facts, primary: Group) -> int:
    groups = (primary, *facts.account_groups)
    wheel = next((group.gid for group in groups if group.name == WHEEL), None)
    taken = {group.gid for group in groups}
    return next(gid for gid in _SYSTEM_GIDS if gid not in taken) if wheel is None else wheel

"""Decides which account and groups a boot is to end with, and finds every conflict in that.

Pure.
"""

from __future__ import annotations

from labinit.errors import ConflictError
from labinit.facts.accounts import Group, User
from labinit.quick import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from labinit.facts.system import Facts, IdRange
    from labinit.settings.load import Settings

SHELL = "/bin/bash"
WHEEL = "wheel"
_DEFAULT_UID = 1000
_NOBODY = 65534
_SYSTEM_GIDS = range(999, 99, -1)
_NO_SHELLS = {"", "/bin/false", "/sbin/nologin", "/usr/bin/false", "/usr/sbin/nologin"}

# Who knows how to map more ids. Source: podman-run(1) --userns, subuid(5), docs.docker.com
# "Rootless mode".
_MAP_CURES = {
    "podman": "set LABUID=0, which is you, or add a range to /etc/subuid and /etc/subgid and run podman system migrate",
    "docker": "set LABUID=0, or enlarge the range in /etc/subuid and /etc/subgid and restart dockerd",
    "": "set LABUID=0, or enlarge the range in /etc/subuid and /etc/subgid and restart the engine",
}


class Account(NamedTuple):
    """The account a boot is to end with.

    Shape: `found` is the existing account it is made from, if there is one; `wheel_gid` is the one
    there is or will be; `made_group` is the name of the group that labinit makes or has made, "" if
    it uses one it found.
    """

    user: User
    group: Group
    found: User | None
    wheel_gid: int
    made_group: str
    notes: tuple[str, ...] = ()


def choose_account(settings: Settings, facts: Facts) -> Account:
    """Return the account that `settings` ask for.

    Raises: ConflictError, if it cannot be had without taking something away from another account.
    """
    uid, gid = choose_ids(settings, facts)
    found = _find_user(settings, facts, uid)
    group, made_group, notes = _choose_group(settings, facts, gid)
    wheel = next((group for group in facts.account_groups if group.name == WHEEL), None)
    shell = found.shell if found and found.shell not in _NO_SHELLS else SHELL
    return Account(
        user=User(settings.user, uid, gid, settings.home_directory, shell),
        group=group,
        found=found,
        wheel_gid=wheel.gid
        if wheel
        else gid
        if group.name == WHEEL
        else _free_system_gid(facts, gid),
        made_group=made_group,
        notes=notes,
    )


def choose_ids(settings: Settings, facts: Facts) -> tuple[int, int]:
    """Return uid and gid: those asked for, else those of the data directory unless they are root's, else the usual.

    Raises: ConflictError, if one of them does not exist in this user namespace.
    """
    data = facts.data
    uid, gid = settings.uid, settings.gid
    if uid is None:
        uid = data.uid if data and data.uid not in {0, _NOBODY} else _DEFAULT_UID
    if gid is None:
        gid = data.gid if data and data.uid == uid and data.gid not in {0, _NOBODY} else uid
    _require_mapped("LABUID", uid, facts.uid_map, facts.engine)
    _require_mapped("LABGID", gid, facts.gid_map, facts.engine)
    return uid, gid


def _require_mapped(name: str, number: int, id_map: tuple[IdRange, ...], engine: str) -> None:
    if any(part.first <= number < part.first + part.size for part in id_map):
        return
    ranges = ", ".join(
        f"{part.first} to {part.first + part.size - 1}" if part.size > 1 else str(part.first)
        for part in id_map
    )
    raise ConflictError(
        f"{name} would be {number}, which does not exist in this user namespace (it has {ranges})",
        _MAP_CURES[engine],
    )


def _find_user(settings: Settings, facts: Facts, uid: int) -> User | None:
    """Return the existing account that becomes the lab user, or None if a new one is to be made."""
    whose = (
        f"uid {uid}" if settings.uid is not None else f"uid {uid} (the owner of {settings.data})"
    )
    by_uid = next((user for user in facts.users if user.uid == uid), None)
    by_name = next((user for user in facts.users if user.name == settings.user), None)
    made = next((user for user in facts.users if _is_of_record(user, facts)), None)
    if (
        by_name
        and _is_system(by_name)
        and by_name is not made
        and not _is_as_asked(by_name, settings, uid)
    ):
        raise ConflictError(
            f"LABUSER={by_name.name} is an account of the system (uid {by_name.uid})",
            "choose another name",
        )
    if by_uid and by_uid is not made and by_uid is not by_name:
        if _is_system(by_uid):
            raise ConflictError(
                f"create user {settings.user}: {whose} belongs to {by_uid.name}, an account of the system",
                "set LABUID to another uid",
            )
        if uid in facts.busy_uids:
            raise ConflictError(
                f"create user {settings.user}: {whose} belongs to {by_uid.name}, which has running processes",
                "set LABUID to another uid, or end them",
            )
    current = made or by_name
    for other in (by_name, by_uid):
        if current and other and other is not current:
            raise ConflictError(
                f"make user {settings.user} ({uid}) of {current.name} ({current.uid}):"
                f" account {other.name} ({other.uid}) is in the way",
                "set LABUID and LABUSER to what no account has, or start a new container",
            )
    return current or by_uid


def _is_system(user: User) -> bool:
    return user.uid < _DEFAULT_UID or user.uid == _NOBODY or user.name in {"root", "nobody"}


def _is_of_record(user: User, facts: Facts) -> bool:
    return bool(facts.record and (facts.record.user, facts.record.uid) == (user.name, user.uid))


def _is_as_asked(user: User, settings: Settings, uid: int) -> bool:
    """Tell whether an earlier boot made this account, and was killed before it could write that down."""
    return (user.name, user.uid, user.home) == (settings.user, uid, settings.home_directory)


def _choose_group(settings: Settings, facts: Facts, gid: int) -> tuple[Group, str, tuple[str, ...]]:
    """Return the primary group, its name if it is labinit's own, and what there is to say about it."""
    wanted = settings.group or settings.user
    made_before = facts.record.made_group if facts.record else ""
    by_gid = next((group for group in facts.account_groups if group.gid == gid), None)
    by_name = next((group for group in facts.account_groups if group.name == wanted), None)
    if by_gid and by_gid.name == made_before and by_name is None:
        return Group(wanted, gid), wanted, ()
    if by_gid:
        # One with the name asked for is as good as made here: a boot killed after groupadd leaves
        # no other trace.
        is_own = by_gid.name in {wanted, made_before}
        note = f"gid {gid} belongs to group {by_gid.name}: it is the primary group under that name"
        return Group(by_gid.name, gid), by_gid.name if is_own else "", () if is_own else (note,)
    if by_name is None or by_name.name == made_before:
        return Group(wanted, gid), wanted, ()
    names = {group.name for group in facts.account_groups}
    other = next(
        name for name in (f"{wanted}{suffix}" for suffix in _suffixes(gid)) if name not in names
    )
    return (
        Group(other, gid),
        other,
        (f"group {wanted} exists with gid {by_name.gid}: gid {gid} gets the name {other}",),
    )


def _suffixes(gid: int) -> Iterator[str]:
    yield str(gid)
    number = 0
    while True:
        number += 1
        yield f"{gid}_{number}"


def _free_system_gid(facts: Facts, gid: int) -> int:
    taken = {group.gid for group in facts.account_groups} | {gid}
    return next(gid for gid in _SYSTEM_GIDS if gid not in taken)

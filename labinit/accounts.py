"""Decides which account and groups a boot needs, and how to get there from those that exist. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labinit.errors import ConflictError
from labinit.facts import Group, User
from labinit.steps import Run, SetAccount, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from labinit.facts import Facts, IdRange
    from labinit.settings import Settings

SHELL = "/bin/bash"
WHEEL = "wheel"
_DEFAULT_UID = 1000
_NOBODY = 65534
_SYSTEM_GIDS = range(999, 99, -1)


@dataclass(frozen=True)
class Account:
    """The account a boot is to end with.

    Shape: `found` is the existing account it is made from, if there is one; `wheel_gid` is the one there is or will be;
    `made_group` is the name of the group that labinit makes or has made, "" if it uses one it found.
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
    uid = _choose_uid(settings, facts)
    gid = _choose_gid(settings, facts, uid)
    _require_mapped("LABUID", uid, facts.uid_map)
    _require_mapped("LABGID", gid, facts.gid_map)
    found = _find_user(settings, facts, uid)
    group, made_group, notes = _choose_group(settings, facts, gid)
    wheel = next((group for group in facts.account_groups if group.name == WHEEL), None)
    return Account(
        user=User(settings.user, uid, gid, settings.home_directory, found.shell if found else SHELL),
        group=group,
        found=found,
        wheel_gid=wheel.gid if wheel else _free_system_gid(facts, gid),
        made_group=made_group,
        notes=notes,
    )


def _choose_uid(settings: Settings, facts: Facts) -> int:
    if settings.uid is not None:
        return settings.uid
    return facts.data.uid if facts.data and facts.data.uid not in {0, _NOBODY} else _DEFAULT_UID


def _choose_gid(settings: Settings, facts: Facts, uid: int) -> int:
    if settings.gid is not None:
        return settings.gid
    return facts.data.gid if facts.data and facts.data.uid == uid and facts.data.gid not in {0, _NOBODY} else uid


def _require_mapped(name: str, number: int, id_map: tuple[IdRange, ...]) -> None:
    if any(part.first <= number < part.first + part.count for part in id_map):
        return
    ranges = ", ".join(f"{part.first} to {part.first + part.count - 1}" for part in id_map)
    raise ConflictError(
        f"{name} would be {number}, which does not exist in this user namespace (it has {ranges})",
        "set LABUID=0, which is you in a rootless engine, or enlarge your range in /etc/subuid and /etc/subgid",
    )


def _find_user(settings: Settings, facts: Facts, uid: int) -> User | None:
    """Return the existing account that becomes the lab user, or None if a new one is to be made."""
    by_uid = next((user for user in facts.users if user.uid == uid), None)
    by_name = next((user for user in facts.users if user.name == settings.user), None)
    if by_name and _is_system(by_name) and not _is_ours(by_name, settings, facts, uid):
        raise ConflictError(
            f"LABUSER={by_name.name} is an account of the system (uid {by_name.uid})", "choose another name"
        )
    if by_uid is None or by_uid is by_name:
        return by_name
    if _is_system(by_uid) and not (facts.record and facts.record.user == by_uid.name):
        raise ConflictError(
            f"create user {settings.user}: uid {uid} belongs to {by_uid.name}, an account of the system",
            "set LABUID to another uid",
        )
    if uid in facts.busy_uids:
        raise ConflictError(
            f"create user {settings.user}: uid {uid} belongs to {by_uid.name}, which has running processes",
            "set LABUID to another uid, or end them",
        )
    if by_name:
        raise ConflictError(
            f"change user {by_name.name} from uid {by_name.uid} to {uid}: that uid belongs to {by_uid.name}",
            "set LABUID to another uid, or remove one of the two accounts",
        )
    return by_uid


def _is_system(user: User) -> bool:
    return user.uid < _DEFAULT_UID or user.uid == _NOBODY


def _is_ours(user: User, settings: Settings, facts: Facts, uid: int) -> bool:
    """Tell whether an earlier boot made this account, also if it was killed before it could write that down."""
    if facts.record and facts.record.user == user.name:
        return True
    return (user.name, user.uid, user.home) == (settings.user, uid, settings.home_directory)


def _choose_group(settings: Settings, facts: Facts, gid: int) -> tuple[Group, str, tuple[str, ...]]:
    wanted = settings.group or settings.user
    made_before = facts.record.made_group if facts.record else ""
    by_gid = next((group for group in facts.account_groups if group.gid == gid), None)
    by_name = next((group for group in facts.account_groups if group.name == wanted), None)
    if by_gid and by_gid.name == made_before and by_name is None:
        return Group(wanted, gid), wanted, ()
    if by_gid:
        notes = (f"gid {gid} belongs to group {by_gid.name}: it is the primary group under that name",)
        made = made_before if by_gid.name == made_before else ""
        return by_gid, made, () if by_gid.name in {wanted, made_before} else notes
    if by_name is None or by_name.name == made_before:
        return Group(wanted, gid), wanted, ()
    names = {group.name for group in facts.account_groups}
    other = next(name for name in (f"{wanted}{suffix}" for suffix in _suffixes(gid)) if name not in names)
    return Group(other, gid), other, (f"group {wanted} exists with gid {by_name.gid}: gid {gid} gets the name {other}",)


def _suffixes(gid: int) -> Iterator[str]:
    yield str(gid)
    number = 0
    while True:
        number += 1
        yield f"{gid}_{number}"


def _free_system_gid(facts: Facts, gid: int) -> int:
    taken = {group.gid for group in facts.account_groups} | {gid}
    return next(gid for gid in _SYSTEM_GIDS if gid not in taken)


def group_steps(account: Account, facts: Facts) -> Iterable[Step]:
    """Yield what the primary group needs."""
    group = account.group
    if group in facts.account_groups or any(
        found.gid == group.gid and found.name == group.name for found in facts.account_groups
    ):
        return
    by_gid = next((found for found in facts.account_groups if found.gid == group.gid), None)
    by_name = next((found for found in facts.account_groups if found.name == group.name), None)
    if by_gid:
        yield Step(
            f"rename group {by_gid.name} to {group.name}",
            "LABGROUP or LABUSER has changed",
            Run(("groupmod", "--new-name", group.name, by_gid.name)),
        )
    elif by_name:
        yield Step(
            f"change group {group.name} from gid {by_name.gid} to {group.gid}",
            "LABGID has changed",
            Run(("groupmod", "--gid", str(group.gid), group.name)),
        )
    else:
        yield Step(
            f"create group {group.name} (gid {group.gid})",
            f"no group has gid {group.gid}",
            Run(("groupadd", "--gid", str(group.gid), group.name)),
        )


def user_steps(account: Account) -> Iterable[Step]:
    """Yield what the account needs."""
    user, found = account.user, account.found
    if found is None:
        yield Step(
            f"create user {user.name} (uid {user.uid}, home {user.home})",
            f"no account has this name or uid {user.uid}",
            # --no-log-init: lastlog would grow to the size of the uid.
            Run(
                (
                    *(
                        "useradd",
                        "--uid",
                        str(user.uid),
                        "--gid",
                        str(user.gid),
                        "--home-dir",
                        user.home,
                        "--shell",
                        user.shell,
                    ),
                    *("--no-create-home", "--no-user-group", "--no-log-init", user.name),
                )
            ),
        )
        return
    if found.name != user.name:
        yield Step(
            f"rename user {found.name} to {user.name}",
            f"uid {user.uid} belongs to {found.name}",
            Run(("usermod", "--login", user.name, found.name)),
        )
    changes = [
        f"{what} from {before} to {after}"
        for what, before, after in (
            ("uid", found.uid, user.uid),
            ("gid", found.gid, user.gid),
            ("home", found.home, user.home),
        )
        if before != after
    ]
    if changes:
        yield Step(
            f"change user {user.name}: {', '.join(changes)}",
            "the settings ask for it",
            SetAccount(user.name, user.uid, user.gid, user.home, user.shell),
        )


def wheel_steps(account: Account, facts: Facts, *, is_member: bool) -> Iterable[Step]:
    """Yield what makes the user a member of wheel, or no member."""
    name = account.user.name
    old_name = account.found.name if account.found else name
    wheel = next((group for group in facts.account_groups if group.name == WHEEL), None)
    if wheel is None:
        yield Step(
            f"create group {WHEEL} (gid {account.wheel_gid})",
            "its members may use sudo",
            Run(("groupadd", "--gid", str(account.wheel_gid), WHEEL)),
        )
    was_member = wheel is not None and old_name in wheel.members
    if is_member and not was_member:
        yield Step(
            f"add {name} to group {WHEEL}", "LABSUDO allows sudo", Run(("usermod", "--append", "--groups", WHEEL, name))
        )
    if was_member and not is_member:
        yield Step(f"remove {name} from group {WHEEL}", "LABSUDO is none", Run(("gpasswd", "--delete", name, WHEEL)))

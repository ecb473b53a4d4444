"""Decides the steps to the account chosen: group, user, password, sudo, the record. Pure."""

from __future__ import annotations

from labinit.facts.digest import digest, is_digest_of
from labinit.facts.record import Record, to_text
from labinit.layout import LAB_PATH, RECORD, SUDOERS
from labinit.plan.account_choice import WHEEL
from labinit.plan.steps import RemoveFile, Run, SetAccount, Step, WriteFile, edit_accounts
from labinit.settings.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from labinit.facts.system import Facts
    from labinit.plan.account_choice import Account
    from labinit.settings.load import Settings


def account_steps(settings: Settings, facts: Facts, account: Account) -> Iterable[Step]:
    """Yield all that has to change in the files of /etc."""
    sudo = settings.sudo_kind
    # First what keeps the tools from working, then groups before the user who is to be in them.
    yield from _lock_steps(facts)
    yield from _group_steps(account, facts)
    yield from _wheel_steps(account, facts)
    yield from _user_steps(account, is_member=sudo != "none")
    yield from _password_steps(settings, facts, account)
    yield from _membership_steps(account, facts, is_member=sudo != "none")
    yield from _sudoers_steps(sudo, facts)


def _lock_steps(facts: Facts) -> Iterable[Step]:
    for path in facts.stale_locks:
        reason = "a killed boot left it, and nothing holds it"
        yield Step(f"remove {path}", reason, RemoveFile(path))


def _group_steps(account: Account, facts: Facts) -> Iterable[Step]:
    name, gid = account.group.name, account.group.gid
    by_gid = next((group for group in facts.account_groups if group.gid == gid), None)
    by_name = next((group for group in facts.account_groups if group.name == name), None)
    if by_gid and by_gid.name == name:
        return
    if by_gid:
        edit = edit_accounts("groupmod", "--new-name", name, by_gid.name)
        reason = "LABGROUP or LABUSER has changed"
        yield Step(f"rename group {by_gid.name} to {name}", reason, edit)
    elif by_name:
        edit = edit_accounts("groupmod", "--gid", str(gid), name)
        summary = f"change group {name} from gid {by_name.gid} to {gid}"
        yield Step(summary, "LABGID has changed", edit)
    else:
        edit = edit_accounts("groupadd", "--gid", str(gid), name)
        yield Step(f"create group {name} (gid {gid})", f"no group has gid {gid}", edit)


def _wheel_steps(account: Account, facts: Facts) -> Iterable[Step]:
    gid = account.wheel_gid
    if WHEEL not in {account.group.name, *(group.name for group in facts.account_groups)}:
        edit = edit_accounts("groupadd", "--gid", str(gid), WHEEL)
        yield Step(f"create group {WHEEL} (gid {gid})", "its members may use sudo", edit)


def _user_steps(account: Account, *, is_member: bool) -> Iterable[Step]:
    user, existing = account.user, account.existing
    if existing is None:
        options = (
            *("--uid", str(user.uid), "--gid", str(user.gid)),
            *("--home-dir", user.home, "--shell", user.shell),
            *(("--groups", WHEEL) if is_member else ()),
            # Not in lastlog, a sparse file with room for each uid up to this one: lastlog(8).
            *("--no-create-home", "--no-user-group", "--no-log-init"),
        )
        where = f"home {user.home}{', in group ' + WHEEL if is_member else ''}"
        yield Step(
            f"create user {user.name} (uid {user.uid}, {where})",
            f"no account has this name or uid {user.uid}",
            edit_accounts("useradd", *options, user.name),
        )
        return
    if existing.name != user.name:
        is_found = existing.uid == user.uid
        reason = f"uid {user.uid} belongs to {existing.name}" if is_found else "LABUSER has changed"
        edit = edit_accounts("usermod", "--login", user.name, existing.name)
        yield Step(f"rename user {existing.name} to {user.name}", reason, edit)
    before, after = existing._asdict(), user._asdict()
    changes = [
        f"{what} from {before[what] or 'none'} to {after[what]}"
        for what in ("uid", "gid", "home", "shell")
        if before[what] != after[what]
    ]
    if changes:
        action = SetAccount(user.name, user.uid, user.gid, user.home, user.shell)
        summary = f"change user {user.name}: {', '.join(changes)}"
        yield Step(summary, "the settings ask for it", action)


def _password_steps(settings: Settings, facts: Facts, account: Account) -> Iterable[Step]:
    """Yield what the password needs. One set with `passwd` stays while the setting stays."""
    key = settings.password_key
    recorded = facts.record.password if facts.record else None
    has_password = account.existing is not None and account.existing.has_password
    name = account.user.name
    if key:
        if has_password and recorded and is_digest_of(recorded, key):
            return
        kind, _, secret = key.partition(":")
        has_changed = recorded is not None and has_password
        reason = "LABPASSWD has changed" if has_changed else "LABPASSWD is set"
        # On no copies: it writes through PAM, which knows none, and exchanges one file at once.
        argv = ("chpasswd",) if kind == "password" else ("chpasswd", "--encrypted")
        yield Step(f"set the password of {name}", reason, Run(argv, Secret(f"{name}:{secret}\n")))
    elif has_password and recorded != "":
        lock = edit_accounts("usermod", "--lock", name)
        yield Step(f"lock the password of {name}", "LABPASSWD is not set", lock)


def _membership_steps(account: Account, facts: Facts, *, is_member: bool) -> Iterable[Step]:
    name = account.user.name
    old_name = account.existing.name if account.existing else name
    members = (group.members for group in facts.account_groups if group.name == WHEEL)
    was_member = any(old_name in names for names in members)
    if is_member and not was_member and account.existing:  # a new user is created as one
        edit = edit_accounts("usermod", "--append", "--groups", WHEEL, name)
        yield Step(f"add {name} to group {WHEEL}", "LABSUDO allows sudo", edit)
    if was_member and not is_member:
        edit = edit_accounts("usermod", "--remove", "--groups", WHEEL, name)
        yield Step(f"remove {name} from group {WHEEL}", "LABSUDO is none", edit)


def _sudoers_steps(sudo: str, facts: Facts) -> Iterable[Step]:
    if sudo == "none":
        if facts.sudoers is not None:
            yield Step(f"remove {SUDOERS}", "LABSUDO is none", RemoveFile(SUDOERS))
        return
    tag = "NOPASSWD: " if sudo == "nopasswd" else ""
    # The image's own PATH, so that sudo finds what the user finds. Source: sudoers(5).
    content = (
        "# Written by labinit from LABSUDO.\n"
        f'Defaults:%{WHEEL} secure_path="{LAB_PATH}"\n'
        f"%{WHEEL} ALL=(ALL:ALL) {tag}ALL\n"
    )
    if facts.sudoers != content:
        reason = "it does not exist" if facts.sudoers is None else "it is not as LABSUDO asks"
        write = WriteFile(SUDOERS, content, 0o440, check=("visudo", "--check", "--file"))
        yield Step(f"write {SUDOERS} ({sudo})", reason, write)


def record_steps(settings: Settings, facts: Facts, account: Account) -> Iterable[Step]:
    """Yield the record of this boot, the last step of all, if it differs from the one there is."""
    key, recorded = settings.password_key, facts.record
    # A digest has a salt of its own: made anew, it would differ, and be written at each boot.
    password = recorded.password if recorded else ""
    if not key or not is_digest_of(password, key):
        password = digest(key, facts.entropy[:16]) if key else ""
    record = Record(
        user=account.user.name,
        uid=account.user.uid,
        group=account.group.name,
        gid=account.group.gid,
        home=account.user.home,
        password=password,
        made_group=account.made_group,
        first_boot=recorded.first_boot if recorded else facts.now,
    )
    if record != recorded and facts.can_keep_record:
        reason = "the set-up is complete" if recorded is None else "the set-up has changed"
        yield Step(f"write {RECORD}", reason, WriteFile(RECORD, to_text(record), 0o600))

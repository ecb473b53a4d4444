"""Decides: settings and facts in, steps out. Pure: the same values in, the same plan out. Never touches the system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import SecretStr

from labinit.accounts import choose_account, group_steps, user_steps, wheel_steps
from labinit.errors import Notice, NotPermittedError
from labinit.facts import SUDOERS_PATH
from labinit.record import PATH as RECORD_PATH
from labinit.record import Record, digest, is_digest_of, to_text
from labinit.steps import CopySkeleton, FixOwner, Identity, MakeDirectory, Plan, RemoveFile, Run, Step, WriteFile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from labinit.accounts import Account
    from labinit.facts import Directory, Facts
    from labinit.settings import Settings

# What a full set-up does as root, and with which right. KILL is for PID 1, which signals a child of another user.
_NEEDED = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID")
# That of the image, so that sudo finds what the user finds.
_SECURE_PATH = "/opt/lab/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def make_plan(settings: Settings, facts: Facts) -> Plan:
    """Return the steps that make the system as `settings` ask for, given `facts`. Every conflict is found here.

    Raises: ConflictError, if the settings contradict the system; NotPermittedError, if rights are missing.
    """
    if facts.euid != 0:
        return _plan_as_user(settings, facts)
    if settings.uid == 0:
        return _plan_as_root(settings, facts)
    return _plan_in_full(settings, facts)


def _plan_in_full(settings: Settings, facts: Facts) -> Plan:
    missing = [name for name in _NEEDED if name not in facts.capabilities]
    if missing:
        raise NotPermittedError(
            f"set up the account: root lacks the capabilities {', '.join(missing)}",
            f"add {' '.join(f'--cap-add {name}' for name in missing)}, or start with --user UID:GID, or with LABUID=0",
        )
    account = choose_account(settings, facts)
    sudo = _sudo(settings)
    identity = Identity(
        user=account.user.name,
        uid=account.user.uid,
        gid=account.user.gid,
        groups=_supplementary_groups(account, facts, is_wheel=sudo != "none"),
        home=account.user.home,
        umask=settings.umask,
        may_gain_privileges=sudo != "none",
    )
    steps = (
        *_lock_steps(facts),
        *group_steps(account, facts),
        *user_steps(account),
        *_password_steps(settings, facts, account),
        *wheel_steps(account, facts, is_member=sudo != "none"),
        *_sudoers_steps(sudo, facts),
        *_home_steps(settings, facts, identity),
        *_data_steps(settings, facts, identity),
        *_runtime_steps(settings, facts, identity),
        *_record_steps(settings, facts, account),
    )
    return _finish("full set-up as root", settings, facts, identity, steps, account.notes)


def _plan_as_root(settings: Settings, facts: Facts) -> Plan:
    """Plan for LABUID=0, where root is the user. Meant for rootless engines, where root is whoever started the engine."""
    gid = settings.gid or 0
    groups = tuple(dict.fromkeys((gid, *facts.groups)))
    identity = Identity("root", 0, gid, groups, settings.home_directory, settings.umask, may_gain_privileges=True)
    can_chown = "CHOWN" in facts.capabilities
    steps = (*(_data_steps(settings, facts, identity) if can_chown else ()), *_runtime_steps(settings, facts, identity))
    return _finish("everything as root", settings, facts, identity, steps)


def _plan_as_user(settings: Settings, facts: Facts) -> Plan:
    """Plan for a start with --user: there is nothing to set up but what that user owns."""
    user = next((user.name for user in facts.users if user.uid == facts.euid), settings.user)
    identity = Identity(
        user=user,
        uid=facts.euid,
        gid=facts.egid,
        groups=tuple(dict.fromkeys((facts.egid, *facts.groups))),
        home=facts.usable_home,
        umask=settings.umask,
        may_gain_privileges=True,
        is_inherited=True,
    )
    return _finish(
        f"as user {facts.euid}:{facts.egid}, without set-up",
        settings,
        facts,
        identity,
        _runtime_steps(settings, facts, identity),
    )


def _finish(
    mode: str, settings: Settings, facts: Facts, identity: Identity, steps: Iterable[Step], notes: tuple[str, ...] = ()
) -> Plan:
    has_new_token = settings.auth == "token" and settings.token is None and facts.token is None
    return Plan(
        mode=mode,
        is_first_boot=facts.record is None,
        identity=identity,
        steps=tuple(steps),
        warnings=tuple(_warnings(settings, facts, identity)),
        notes=notes,
        run_directory=facts.run_path,
        token_path=_token_path(facts) if settings.auth == "token" else None,
        new_token=_token(settings, facts) if has_new_token else None,
    )


def _sudo(settings: Settings) -> str:
    return settings.sudo or ("password" if _password_key(settings) else "none")


def _supplementary_groups(account: Account, facts: Facts, *, is_wheel: bool) -> tuple[int, ...]:
    """Return the account's groups, those the engine added, and those of devices handed to the container."""
    names = {account.user.name, account.found.name if account.found else account.user.name}
    member_of = [group.gid for group in facts.account_groups if names & set(group.members) and group.name != "wheel"]
    roots = {0, *(group.gid for group in facts.account_groups if "root" in group.members)}
    added = [gid for gid in facts.groups if gid not in roots]
    wheel = [account.wheel_gid] if is_wheel else []
    return tuple(dict.fromkeys((account.user.gid, *wheel, *member_of, *added, *facts.device_gids)))


def _lock_steps(facts: Facts) -> Iterable[Step]:
    for path in facts.stale_locks:
        yield Step(f"remove {path}", "a killed boot left it, and nothing holds it", RemoveFile(path))


def _password_key(settings: Settings) -> str:
    """Return the password setting as one text, to be compared with that of the last boot; "" if there is none."""
    if settings.password:
        return f"password:{settings.password.get_secret_value()}"
    return f"hash:{settings.password_hash.get_secret_value()}" if settings.password_hash else ""


def _password_steps(settings: Settings, facts: Facts, account: Account) -> Iterable[Step]:
    key = _password_key(settings)
    kept = facts.record.password if facts.record else None
    has_password = account.found is not None and account.found.has_password
    name = account.user.name
    if key:
        if has_password and kept and is_digest_of(kept, key):
            return
        kind, _, secret = key.partition(":")
        reason = "LABPASSWD has changed" if kept is not None and has_password else "LABPASSWD is set"
        argv = ("chpasswd",) if kind == "password" else ("chpasswd", "--encrypted")
        yield Step(f"set the password of {name}", reason, Run(argv, SecretStr(f"{name}:{secret}\n")))
    elif has_password and kept != "":
        yield Step(f"lock the password of {name}", "LABPASSWD is not set", Run(("usermod", "--lock", name)))


def _sudoers_steps(sudo: str, facts: Facts) -> Iterable[Step]:
    if sudo == "none":
        if facts.sudoers is not None:
            yield Step(f"remove {SUDOERS_PATH}", "LABSUDO is none", RemoveFile(SUDOERS_PATH))
        return
    tag = "NOPASSWD: " if sudo == "nopasswd" else ""
    content = f'# Written by labinit from LABSUDO.\nDefaults:%wheel secure_path="{_SECURE_PATH}"\n%wheel ALL=(ALL:ALL) {tag}ALL\n'
    if facts.sudoers != content:
        reason = "it does not exist" if facts.sudoers is None else "it is not as LABSUDO asks"
        write = WriteFile(SUDOERS_PATH, content, 0o440, check=("visudo", "--check", "--file"))
        yield Step(f"write {SUDOERS_PATH} ({sudo})", reason, write)


def _home_steps(settings: Settings, facts: Facts, identity: Identity) -> Iterable[Step]:
    home, path = facts.home, identity.home
    if home is None:
        yield Step(f"make {path}", "it does not exist", MakeDirectory(path, identity.uid, identity.gid, 0o755))
    if home is None or (home.missing_skeleton and (facts.record is None or facts.record.home != path)):
        names = ", ".join(home.missing_skeleton) if home else "everything"
        yield Step(f"copy /etc/skel to {path}", f"it lacks {names}", CopySkeleton(path, identity.uid, identity.gid))
    if home is not None and path != settings.data and not home.is_read_only:
        yield from _owner_steps(path, home, identity, "auto" if settings.chown == "always" else settings.chown)


def _data_steps(settings: Settings, facts: Facts, identity: Identity) -> Iterable[Step]:
    if facts.data is None:
        action = MakeDirectory(settings.data, identity.uid, identity.gid, 0o755)
        yield Step(f"make {settings.data}", "it does not exist: no volume is mounted there", action)
    elif not facts.data.is_read_only:
        yield from _owner_steps(settings.data, facts.data, identity, settings.chown)


def _owner_steps(path: str, found: Directory, identity: Identity, chown: str) -> Iterable[Step]:
    owner = f"{identity.uid}:{identity.gid}"
    if chown == "never":
        return
    if (found.uid, found.gid) != (identity.uid, identity.gid):
        reason = f"it belongs to {found.uid}:{found.gid}"
    elif found.roots_entries and identity.uid != 0:
        reason = f"{found.roots_entries} entries in it belong to root"
    elif chown == "always":
        reason = "LABCHOWN is always"
    else:
        return
    yield Step(f"give {path} to {owner}", reason, FixOwner(path, identity.uid, identity.gid))


def _token_path(facts: Facts) -> str:
    return f"{facts.run_path}/token"


def _token(settings: Settings, facts: Facts) -> SecretStr:
    """Return the token asked for, else the one made up by an earlier boot of this container, else a new one."""
    if settings.token:
        return settings.token
    return SecretStr(facts.token or facts.entropy[16:].hex())


def _runtime_steps(settings: Settings, facts: Facts, identity: Identity) -> Iterable[Step]:
    """Yield what the server needs under /run: a place for its own files, off the user's volumes, and the token."""
    run, own = facts.run_directory, (facts.euid, facts.egid)
    if run is None or (facts.euid == 0 and (run.uid, run.mode) != (0, 0o755)):
        yield Step(
            f"make {facts.run_path}", "it is not there as it should be", MakeDirectory(facts.run_path, *own, 0o755)
        )
    path, found = f"{facts.run_path}/jupyter", facts.runtime_directory
    if found is None or (found.uid, found.gid, found.mode) != (identity.uid, identity.gid, 0o700):
        reason = "the server keeps its own files there"
        yield Step(f"make {path}", reason, MakeDirectory(path, identity.uid, identity.gid, 0o700))
    path, token = _token_path(facts), _token(settings, facts)
    if settings.auth == "none":
        if facts.token is not None:
            yield Step(f"remove {path}", "LABAUTH is none", RemoveFile(path))
    elif facts.token != token.get_secret_value() or facts.token_owner != (identity.uid, 0o400):
        reason = "JUPYTER_TOKEN is set" if settings.token else "JUPYTER_TOKEN is not set: a new token is made"
        yield Step(f"write {path}", reason, WriteFile(path, token, 0o400, identity.uid, identity.gid))


def _record_steps(settings: Settings, facts: Facts, account: Account) -> Iterable[Step]:
    key = _password_key(settings)
    kept = facts.record
    has_changed = bool(key) != bool(kept and kept.password) or (key and kept and not is_digest_of(kept.password, key))
    made = Record(
        user=account.user.name,
        uid=account.user.uid,
        group=account.group.name,
        gid=account.group.gid,
        home=account.user.home,
        password=(digest(key, facts.entropy[:16]) if key else "") if has_changed or not kept else kept.password,
        made_group=account.made_group,
        first_boot=kept.first_boot if kept else facts.now,
    )
    if made != kept:
        reason = "the set-up is complete" if kept is None else "the set-up has changed"
        yield Step(f"write {RECORD_PATH}", reason, WriteFile(RECORD_PATH, to_text(made), 0o600))


def _warnings(settings: Settings, facts: Facts, identity: Identity) -> Iterable[Notice]:
    if settings.auth == "none":
        yield Notice(
            "authentication is off: whoever reaches the port runs code here",
            "remove LABAUTH=none unless a proxy asks who it is",
        )
    if not facts.is_timezone_known:
        yield Notice(f"TZ={settings.timezone!r} is not a time zone of this image", "use a name such as Europe/Berlin")
    if facts.data is not None and facts.data.is_read_only:
        yield Notice(f"{settings.data} is read-only: notebooks cannot be saved", "mount it without :ro")
    if identity.is_inherited:
        asked = [name for name, value in (("LABUID", settings.uid), ("LABGID", settings.gid)) if value is not None]
        if settings.uid not in {None, identity.uid} or settings.gid not in {None, identity.gid}:
            names = " and ".join(asked)
            yield Notice(
                f"{names} cannot be used: the container was started as {identity.uid}:{identity.gid}",
                "remove --user, or remove them",
            )
        if _password_key(settings) or settings.sudo:
            yield Notice(
                "LABPASSWD and LABSUDO cannot be used: only root sets passwords", "remove --user, or remove them"
            )
    elif identity.uid == 0:
        if _password_key(settings):
            yield Notice("LABPASSWD is not used with LABUID=0", "remove it")
    elif settings.sudo == "password" and not _password_key(settings):
        yield Notice("LABSUDO=password, and there is no password", "set LABPASSWD or LABPASSWD_FILE")
    elif _sudo(settings) != "none" and facts.no_new_privs:
        yield Notice(
            "sudo cannot work: the container was started with no-new-privileges",
            "remove that option, or set LABSUDO=none",
        )

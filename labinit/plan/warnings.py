"""Decides what the user has to be told before the start, each with its remedy. Pure."""

from __future__ import annotations

from labinit.errors import Notice
from labinit.plan.ids import about_ids

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from labinit.facts.system import Facts
    from labinit.plan.steps import Identity
    from labinit.settings.load import Settings

# Without it, sudo works and says at each use: unable to send audit message.
SUDO_CAPABILITY = "AUDIT_WRITE"


def advise(
    settings: Settings, facts: Facts, identity: Identity, *, has_account: bool
) -> Iterable[Notice]:
    """Yield what will not be as the user may expect."""
    yield from _about_access(settings)
    if not facts.is_timezone_known:
        yield Notice(
            f"TZ={settings.timezone!r} is not a time zone of this image",
            "use a name such as Europe/Berlin",
        )
    yield from about_ids(settings, facts, identity)
    yield from _about_directories(settings, facts, identity)
    yield from _about_hooks(facts, identity)
    yield from _about_path(settings, facts, identity)
    yield from _about_setuid(settings, facts, identity)
    if identity.is_inherited:
        yield from _about_inherited(settings, identity)
    elif identity.uid == 0:
        if settings.password_key:
            yield Notice("LABPASSWD is not used with LABUID=0", "remove it")
    elif has_account:
        yield from _about_sudo(settings, facts)


def _about_access(settings: Settings) -> Iterable[Notice]:
    if settings.auth == "none":
        yield Notice(
            "authentication is off: whoever reaches the port runs code here",
            "remove LABAUTH=none unless a proxy asks who it is",
        )
        if settings.token:
            yield Notice("JUPYTER_TOKEN is not used with LABAUTH=none", "remove one of them")


def _about_directories(settings: Settings, facts: Facts, identity: Identity) -> Iterable[Notice]:
    if facts.data is None and not facts.can_make_data:
        yield Notice(
            f"there is no directory {settings.data}, and none can be made",
            f"mount a volume there: -v VOLUME:{settings.data}",
        )
    elif facts.data is not None and facts.data.is_read_only:
        yield Notice(
            f"{settings.data} is read-only: notebooks cannot be saved",
            f"mount a volume there, without :ro: -v VOLUME:{settings.data}",
        )
    home = settings.home if identity.is_inherited else settings.home_directory
    if home and identity.home != home:
        yield Notice(
            f"home {home} cannot be written: it is {identity.home} instead",
            f"mount a volume at {home}, or set LABHOME to a directory that can be written",
        )


def _about_hooks(facts: Facts, identity: Identity) -> Iterable[Notice]:
    for directory in facts.foreign_hooks:
        yield Notice(
            f"the scripts in {directory} are not run: that is a place of other images",
            "make them executable files, of root, in /etc/labinit.d/boot, see docs/hooks.md",
        )
    hooks = (*facts.first_boot_hooks, *facts.boot_hooks)
    for hook in hooks:
        if not hook.is_executable:
            yield Notice(
                f"hook {hook.path} is not executable and is not run",
                f"chmod +x {hook.path}, or remove it",
            )
    if identity.is_inherited and any(hook.is_executable for hook in hooks):
        yield Notice(
            "hooks in /etc/labinit.d are not run: they are for root",
            "remove --user, or remove them",
        )


def _about_path(settings: Settings, facts: Facts, identity: Identity) -> Iterable[Notice]:
    """Yield where root, in `docker exec` say, would find a program of the user's first."""
    if identity.is_inherited or identity.uid == 0:
        return
    # Also what is not there yet: the user could make it.
    theirs = (identity.home, settings.data)
    weak = [
        directory or "an empty element, which is the current directory,"
        for directory, who in facts.path_before_system
        if who or any(f"{directory}/".startswith(f"{path}/") for path in theirs)
    ]
    if weak:
        yield Notice(
            f"PATH has {' and '.join(weak)} before the system's directories, and the user can write"
            " there: what root runs by its name may be a program of the user's",
            "put it last in PATH; labinit puts ~/.local/bin first for the user, and for nobody"
            " else",
        )


def _about_setuid(settings: Settings, facts: Facts, identity: Identity) -> Iterable[Notice]:
    """Yield programs on the volume that would make the user root: without sudo, none works."""
    # Source: execve(2), which ignores setuid bits under no_new_privs.
    names = facts.data.setuid_entries if facts.data else ()
    if names and identity.may_gain_privileges and identity.uid != 0:
        yield Notice(
            f"{settings.data} holds programs that run as root for whoever starts them:"
            f" {', '.join(names)}",
            "chmod u-s them on the host, mount the volume nosuid, or set LABSUDO=none",
        )


def _about_inherited(settings: Settings, identity: Identity) -> Iterable[Notice]:
    refused = {
        "LABUID": settings.uid not in {None, identity.uid},
        "LABGID": settings.gid not in {None, identity.gid},
        "LABUSER": "LABUSER" in settings.explicit and settings.user != identity.user,
        "LABPASSWD": bool(settings.password),
        "LABPASSWD_HASH": bool(settings.password_hash),
        "LABSUDO": settings.sudo not in {None, "none"},
        "LABCHOWN": settings.chown == "always",
    }
    names = [name for name, is_refused in refused.items() if is_refused]
    if names:
        yield Notice(
            f"{', '.join(names)} cannot be used: the container was started as"
            f" {identity.uid}:{identity.gid}",
            f"remove --user, or remove {'them' if names[1:] else 'it'}",
        )


def _about_sudo(settings: Settings, facts: Facts) -> Iterable[Notice]:
    if settings.sudo == "password" and not settings.password_key:
        yield Notice(
            "LABSUDO=password, and there is no password", "set LABPASSWD or LABPASSWD_FILE"
        )
    elif settings.sudo_kind != "none" and facts.no_new_privs:
        yield Notice(
            "sudo cannot work: the container was started with no-new-privileges",
            "remove --security-opt no-new-privileges, or set LABSUDO=none",
        )
    elif settings.sudo_kind != "none" and SUDO_CAPABILITY not in facts.capabilities:
        yield Notice(
            "sudo will complain that it cannot send audit messages",
            f"add --cap-add {SUDO_CAPABILITY}",
        )

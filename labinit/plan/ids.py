"""Decides uid and gid: what was asked for, or what the owner of the data directory says. Pure."""

from __future__ import annotations

from labinit.errors import ConflictError, Notice
from labinit.layout import NOBODY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from labinit.facts.files import Directory
    from labinit.facts.system import Facts, IdRange
    from labinit.plan.steps import Identity
    from labinit.settings.load import Settings

DEFAULT_ID = 1000
# Their members may read or change what belongs to the system. Source: base-passwd's
# users-and-groups; staff may write to /usr/local, docker and lxd are as good as root, wheel may use
# sudo here.
_PRIVILEGED_GROUPS = {
    *("root", "adm", "tty", "disk", "lp", "mail", "kmem", "dialout", "sudo", "tape", "backup"),
    *("operator", "src", "shadow", "utmp", "staff", "wheel", "crontab", "input", "docker", "lxd"),
    *("systemd-journal", "systemd-network", "messagebus", "_ssh", "ssh_keys"),
}
# Who knows how to map more ids. Source: podman-run(1) --userns, subuid(5), docs.docker.com
# "Rootless mode".
_MAP_REMEDIES = {
    "podman": "set LABUID=0, which is you, or add a range to /etc/subuid and /etc/subgid and run"
    " podman system migrate",
    "docker": "set LABUID=0, or enlarge the range in /etc/subuid and /etc/subgid and restart"
    " dockerd",
    "": "set LABUID=0, or enlarge the range in /etc/subuid and /etc/subgid and restart the engine",
}


def choose_ids(settings: Settings, facts: Facts) -> tuple[int, int]:
    """Return uid and gid: those asked for, else the data directory's if telling, else the usual.

    Raises: ConflictError, if one of them does not exist in this user namespace.
    """
    data = facts.data
    uid, gid = settings.uid, settings.gid
    if uid is None:
        uid = data.uid if data and data.uid not in {0, NOBODY} else DEFAULT_ID
    if gid is None:
        usual = DEFAULT_ID if _privileged_group(uid, settings, facts) else uid
        gid = data.gid if data and data.uid == uid and _is_adopted(data, settings, facts) else usual
    _require_mapped("LABUID", uid, facts.uid_map, facts.engine)
    _require_mapped("LABGID", gid, facts.gid_map, facts.engine)
    return uid, gid


def has_other_owner(
    directory: Directory, settings: Settings, facts: Facts, identity: Identity
) -> bool:
    """Tell whether a directory is to be given to the lab user because its owner is another.

    An owner or group that could not be adopted stays: nobody knows whose files those are.
    """
    if directory.uid != identity.uid:
        return directory.uid != NOBODY or settings.uid is not None
    is_kept = settings.gid is None and not _is_adopted(directory, settings, facts)
    return directory.gid != identity.gid and not is_kept


def about_ids(settings: Settings, facts: Facts, identity: Identity) -> Iterable[Notice]:
    """Yield what the user has to know about the ids, and about files that stay somebody else's."""
    if identity.uid == 0 or identity.is_inherited:
        return
    explicit = _privileged_group(settings.gid or 0, settings, facts) if settings.gid else ""
    if settings.gid == 0 or explicit:
        yield Notice(
            f"LABGID={settings.gid} is the group {explicit or 'root'}: the lab user may do what"
            " its members may",
            "set LABGID to a group without rights, unless that is what you want",
        )
    data = facts.data
    if settings.gid is None and data and data.uid == identity.uid:
        refused = _privileged_group(data.gid, settings, facts)
        if refused:
            yield Notice(
                f"the group of {settings.data}, {refused} ({data.gid}), is not adopted: its"
                " members may do"
                f" what belongs to the system; the lab user's is {identity.gid}",
                f"chgrp -R {identity.gid} it on the host, or set LABGID={data.gid} if that is"
                " what you want",
            )
    for path, directory in {identity.home: facts.home, settings.data: data}.items():
        is_nobodys = directory is not None and directory.uid == NOBODY
        if directory and is_nobodys and settings.uid is None and settings.chown == "auto":
            yield _about_nobodys(path, directory, identity)


def _about_nobodys(path: str, directory: Directory, identity: Identity) -> Notice:
    bits = directory.mode >> 3 & 7 if directory.gid in identity.groups else directory.mode & 7
    can = "can" if bits & 3 == 3 else "cannot"
    return Notice(
        f"{path} belongs to {directory.uid}:{directory.gid} (nobody), which does not say whose"
        f" it is: its files stay as they are, and {identity.user} ({identity.uid}:{identity.gid})"
        f" {can} write there",
        f"set LABUID={directory.uid} to work as their owner, or LABCHOWN=always to give them"
        f" to {identity.user}",
    )


def _is_adopted(directory: Directory, settings: Settings, facts: Facts) -> bool:
    """Tell whether the group of a directory says something about its user, and opens nothing."""
    return directory.gid != NOBODY and not _privileged_group(directory.gid, settings, facts)


def _privileged_group(gid: int, settings: Settings, facts: Facts) -> str:
    """Return the name of the group if it is one of the system's that open something, else ""."""
    name = next((group.name for group in facts.account_groups if group.gid == gid), "")
    own = {settings.group or settings.user, facts.record.made_group if facts.record else ""}
    if gid == 0:
        return name or "root"
    return name if name in _PRIVILEGED_GROUPS and name not in own else ""


def _require_mapped(name: str, number: int, id_map: tuple[IdRange, ...], engine: str) -> None:
    if any(part.first <= number < part.first + part.size for part in id_map):
        return
    pairs = ((part.first, part.first + part.size - 1) for part in id_map)
    ranges = ", ".join(f"{low} to {high}" if low < high else str(low) for low, high in pairs)
    raise ConflictError(
        f"{name} would be {number}, which does not exist in this user namespace (it has {ranges})",
        _MAP_REMEDIES[engine],
    )

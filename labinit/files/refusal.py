"""Explains why a file system does not let root change an owner, and what to do about it. Pure."""

from __future__ import annotations

import errno
import os

# Owners are no property of a file there, but an option of the mount. Source: mount(8),
# mount.cifs(8), ntfs-3g(8).
_OWNED_BY_MOUNT = {
    *("9p", "cifs", "smb3", "exfat", "fuseblk", "hfsplus", "msdos"),
    *("ntfs", "ntfs3", "vboxsf", "vfat", "virtiofs"),
}


def explain(number: int, filesystem: str, uid: int, gid: int) -> tuple[str, str]:
    """Return cause and hint of the error `number` of chown(2) on a file system of this type."""
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

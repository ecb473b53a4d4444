"""Becomes a user, as an `Identity` says: ids, capabilities, umask. Looks nothing up."""

from __future__ import annotations

import ctypes
import itertools
import os

from labinit import linux
from labinit.errors import NotPermittedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from labinit.plan.steps import Identity

# Source: linux/capability.h.
_CAPABILITY_VERSION_3 = 0x20080522


def become(identity: Identity) -> None:
    """Become `identity` for good: after this, the process cannot get root back by any system call.

    Raises: NotPermittedError, if a part of it cannot be had, or if root could be had back.
    """
    os.umask(identity.umask)
    try:
        if not identity.may_gain_privileges:
            _give_up_new_privileges()
        if identity.is_inherited:
            return
        # Root without SETGID (LABUID=0) keeps the groups it has.
        if set(os.getgroups()) != set(identity.groups):
            os.setgroups(identity.groups)
        os.setresgid(identity.gid, identity.gid, identity.gid)
        if identity.uid != 0:
            _clear_inheritable()
            os.setresuid(identity.uid, identity.uid, identity.uid)
    except OSError as error:
        raise NotPermittedError(
            f"become {identity.user} ({identity.uid}:{identity.gid}): {error.strerror}",
            "add --cap-add SETUID --cap-add SETGID, or start with --user, or with LABUID=0",
        ) from error
    _prove(identity)


def _give_up_new_privileges() -> None:
    """Make setuid programs powerless: sudo and su, and whatever else a volume may bring."""
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    try:  # not contextlib.suppress: that brings collections, some ms of each start
        for capability in itertools.count():
            linux.prctl(linux.PR_CAPBSET_DROP, capability)
    # With the first number that is no capability; or at once, without SETPCAP: no_new_privs alone
    # already forbids to use what stays in the bounding set. Source: capabilities(7).
    except OSError:
        pass


def _clear_inheritable() -> None:
    """Empty the inheritable set, which engines before Docker 20.10.14 fill (CVE-2022-24769)."""
    try:  # noqa: SIM105 - as above
        linux.prctl(linux.PR_CAP_AMBIENT, linux.PR_CAP_AMBIENT_CLEAR_ALL)
    except OSError:  # Linux before 4.3 has none
        pass
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    # Effective, permitted, inheritable; then the same for the upper 32 bits. Source: capset(2).
    data = (ctypes.c_uint32 * 6)()
    if linux.libc().capget(header, data) == 0:
        data[2] = data[5] = 0
        linux.libc().capset(header, data)


def _prove(identity: Identity) -> None:
    expected = (identity.uid,) * 3, (identity.gid,) * 3
    if (os.getresuid(), os.getresgid()) != expected or set(os.getgroups()) != set(identity.groups):
        raise NotPermittedError(
            f"become {identity.user}: the kernel reports other ids than {expected}",
            "report this as a bug of labinit",
        )
    if identity.uid == 0:
        return
    try:
        os.setuid(0)
    except PermissionError:
        return
    raise NotPermittedError(
        f"become {identity.user}: root could be had back", "report this as a bug of labinit"
    )

"""Reads the system: who this process is, what it may do, and all that a plan depends on.

Never writes.
"""

from __future__ import annotations

import os
import sys
import time

from labinit import cgroup
from labinit.facts import accounts, files, places, record
from labinit.facts.limits import can_make_threads, open_files
from labinit.layout import PAGE_CONFIGURATION, RECORD, SUDOERS, TOKEN_NAME
from labinit.quick import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from labinit.facts.accounts import Group, User
    from labinit.facts.files import Directory, Hook
    from labinit.settings.load import Settings

FIRST_BOOT_HOOKS = "/etc/labinit.d/first-boot"
BOOT_HOOKS = "/etc/labinit.d/boot"
# One file a first-boot hook that has succeeded in this container: what it wrote to $LABINIT_ENV.
HOOKS_DONE = "/var/lib/labinit/first-boot"

# Where other images look for scripts to run at the start. Source: jupyter-docker-stacks "Startup
# hooks", linuxserver.io "Customizing our containers", phusion/baseimage's my_init.
_FOREIGN_HOOKS = (
    *("/usr/local/bin/before-notebook.d", "/usr/local/bin/start-notebook.d"),
    *("/custom-cont-init.d", "/custom-services.d", "/etc/cont-init.d", "/etc/my_init.d"),
)

# Source: linux/capability.h. Those labinit may ever speak of.
CAPABILITIES = {
    "CHOWN": 0,
    "DAC_OVERRIDE": 1,
    "FOWNER": 3,
    "FSETID": 4,
    "KILL": 5,
    "SETGID": 6,
    "SETUID": 7,
    "SETPCAP": 8,
    "AUDIT_WRITE": 29,
}


class IdRange(NamedTuple):
    """Ids of this user namespace, `first` to `first + size - 1`, that exist outside of it."""

    first: int
    size: int


class Facts(NamedTuple):
    """The system, as far as a plan depends on it.

    Values only, so that a plan can be tested without a system.
    """

    # This process: its ids, the supplementary gids it was given, and what it may do.
    euid: int
    egid: int
    groups: tuple[int, ...]
    capabilities: frozenset[str]
    no_new_privs: bool
    engine: str  # podman, docker or ""
    # The accounts there are, who uses them, and what killed account tools have left.
    users: tuple[User, ...]
    account_groups: tuple[Group, ...]
    can_edit_accounts: bool
    can_keep_record: bool
    busy_uids: frozenset[int]
    uid_map: tuple[IdRange, ...]
    gid_map: tuple[IdRange, ...]
    device_gids: tuple[int, ...]
    stale_locks: tuple[str, ...]
    record: record.Record | None
    # The user's directories. The former home is that of the last boot, if it was another; the
    # usable one can be written to: it is the home asked for, or what takes its place.
    data: Directory | None
    can_make_data: bool
    home: Directory | None
    former_home: Directory | None
    usable_home: str
    usable_home_directory: Directory | None
    # Where this process can keep the token, "" if nowhere, and what stands there.
    run_path: str
    server_commands: str  # the directory of jupyter-lab
    run_directory: Directory | None
    runtime_directory: Directory | None
    sudoers: str | None
    token: str | None
    token_owner: tuple[int, int] | None  # uid and mode of its file
    token_container: str | None  # the container it was made up for
    container: str  # this one
    page_password: str | None  # the server's configuration with it
    # nss_wrapper, "" if it is not installed, and what an earlier boot has told it.
    names_library: str
    names: tuple[str | None, str | None]
    first_boot_hooks: tuple[Hook, ...]
    boot_hooks: tuple[Hook, ...]
    hooks_done: frozenset[str]
    foreign_hooks: tuple[str, ...]  # directories with hooks of other images
    # The elements before the system's own, each with who besides root could change what is found
    # there, "" if nobody.
    path_before_system: tuple[tuple[str, str], ...]
    can_make_threads: bool
    open_files: int
    processes: int  # 0: no limit
    # Links resolved, and where labinit and its interpreter lie: what must not be given away.
    real_data: str
    real_home: str
    own_code: tuple[str, ...]
    is_timezone_known: bool
    # Read here, so that a plan that makes up a token is still a pure function.
    now: str
    entropy: bytes  # 40 of them


def observe(settings: Settings) -> Facts:
    """Return what the plan for `settings` depends on. Reads only, and each thing once.

    Raises: OSError, where the system is too broken to look at.
    """
    mounts = files.find_mounts()
    run_path = places.run_path()
    status = _process_status()
    recorded = record.from_text(files.read_text(RECORD) or "")
    home, usable_home = settings.home_directory, places.usable_home(settings)
    return Facts(
        euid=os.geteuid(),
        egid=os.getegid(),
        groups=tuple(os.getgroups()),
        capabilities=_capabilities(status),
        no_new_privs=status.get("NoNewPrivs") == "1",
        engine=_engine(),
        users=accounts.find_users(),
        account_groups=accounts.find_groups(),
        can_edit_accounts=accounts.can_edit_accounts(mounts),
        can_keep_record=files.can_make(os.path.dirname(RECORD)),
        busy_uids=accounts.busy_uids(),
        uid_map=_id_map("uid_map"),
        gid_map=_id_map("gid_map"),
        device_gids=places.device_gids(),
        stale_locks=accounts.stale_locks(),
        record=recorded,
        data=files.find_directory(settings.data, mounts, is_owned_by_user=True),
        can_make_data=files.can_make(settings.data),
        home=files.find_directory(home, mounts, is_home=True),
        former_home=files.find_directory(recorded.home, mounts, is_owned_by_user=True)
        if recorded and recorded.home != home
        else None,
        usable_home=usable_home,
        usable_home_directory=files.find_directory(usable_home, mounts, is_home=True),
        run_path=run_path,
        server_commands=places.server_commands(),
        run_directory=files.find_directory(run_path, mounts),
        runtime_directory=files.find_directory(f"{run_path}/jupyter", mounts),
        sudoers=files.read_text(SUDOERS),
        token=files.read_text(f"{run_path}/{TOKEN_NAME}"),
        token_owner=files.owner_and_mode(f"{run_path}/{TOKEN_NAME}"),
        token_container=files.read_text(f"{run_path}/container"),
        container=files.container_id(mounts),
        page_password=files.read_text(f"{run_path}/{PAGE_CONFIGURATION}"),
        names_library=places.names_library(),
        names=(files.read_text(f"{run_path}/passwd"), files.read_text(f"{run_path}/group")),
        first_boot_hooks=files.find_hooks(FIRST_BOOT_HOOKS),
        boot_hooks=files.find_hooks(BOOT_HOOKS),
        hooks_done=frozenset(files.listing(HOOKS_DONE)),
        foreign_hooks=tuple(path for path in _FOREIGN_HOOKS if files.listing(path)),
        path_before_system=places.path_before_system(settings.path or ""),
        can_make_threads=can_make_threads(),
        open_files=open_files(),
        processes=cgroup.processes() or 0,
        real_data=os.path.realpath(settings.data),
        real_home=os.path.realpath(home),
        # The directory that `labinit` lies in, as this file is labinit/facts/system.py.
        own_code=(sys.prefix, os.path.dirname(os.path.dirname(os.path.dirname(__file__)))),
        is_timezone_known=settings.timezone is None or places.is_timezone(settings.timezone),
        now=time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()),
        # 16 bytes for the salt of a digest, 24 for a token.
        entropy=os.urandom(40),
    )


def _engine() -> str:
    # Source: podman-run(1) for .containerenv; Docker leaves .dockerenv.
    if os.path.exists("/run/.containerenv"):
        return "podman"
    return "docker" if os.path.exists("/.dockerenv") else ""


def _process_status() -> dict[str, str]:
    lines = (files.read_text("/proc/self/status") or "").splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def _capabilities(status: dict[str, str]) -> frozenset[str]:
    if "CapEff" not in status:  # no /proc: assume what the user id promises
        return frozenset(CAPABILITIES if os.geteuid() == 0 else ())
    mask = int(status["CapEff"], 16)
    return frozenset(name for name, bit in CAPABILITIES.items() if mask >> bit & 1)


def _id_map(name: str) -> tuple[IdRange, ...]:
    # All ids, where the kernel has no user namespaces. Source: user_namespaces(7).
    lines = (files.read_text(f"/proc/self/{name}") or "0 0 4294967295\n").splitlines()
    ranges = (line.split() for line in lines)
    return tuple(IdRange(int(first), int(size)) for first, _, size in ranges)

"""Facts of a fresh container, and settings as a user gives them: what unit tests start from."""

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from labinit.facts.accounts import Group, User
from labinit.facts.files import Directory
from labinit.facts.system import CAPABILITIES, Facts, IdRange
from labinit.settings.load import Settings, load_settings

Value = TypeVar("Value")


def replace(value: Value, /, **changes: Any) -> Value:
    """Return a value with some of it changed: copy.replace of Python 3.13."""
    replaced: Value = (
        value._replace(**changes)
        if hasattr(value, "_replace")
        else dataclasses.replace(cast("Any", value), **changes)
    )
    return replaced


NO_SECRETS = "/nonexistent"
ROOT = User("root", 0, 0, "/root", "/bin/bash")
WWW_DATA = User("www-data", 33, 33, "/var/www", "/usr/sbin/nologin")
NOBODY = User("nobody", 65534, 65534, "/nonexistent", "/usr/sbin/nologin")
UBUNTU = User("ubuntu", 1000, 1000, "/home/ubuntu", "/bin/bash")
LAB = User("lab", 1000, 1000, "/home/lab", "/bin/bash")
GROUPS = (Group("root", 0), Group("www-data", 33), Group("users", 100), Group("nogroup", 65534))
ALL_IDS = (IdRange(0, 2**32 - 1),)

# As Docker starts the image with an empty volume of root's at /data.
FRESH = Facts(
    euid=0,
    egid=0,
    groups=(0,),
    capabilities=frozenset(CAPABILITIES),
    no_new_privs=False,
    engine="docker",
    users=(ROOT, WWW_DATA, NOBODY),
    account_groups=GROUPS,
    can_edit_accounts=True,
    can_keep_record=True,
    busy_uids=frozenset({0}),
    uid_map=ALL_IDS,
    gid_map=ALL_IDS,
    device_gids=(),
    stale_locks=(),
    record=None,
    data=Directory(0, 0, 0o755, "ext4", is_mount=True),
    can_make_data=True,
    home=None,
    former_home=None,
    usable_home="/home/lab",
    usable_home_directory=None,
    run_path="/run/labinit",
    server_commands="/opt/lab/libexec",
    run_directory=None,
    runtime_directory=None,
    sudoers=None,
    token=None,
    token_owner=None,
    token_container=None,
    container="this one",
    page_password=None,
    names_library="",
    names=(None, None),
    first_boot_hooks=(),
    boot_hooks=(),
    hooks_done=frozenset(),
    foreign_hooks=(),
    path_before_system=(),
    can_make_threads=True,
    open_files=1024,
    processes=0,
    real_data="/data",
    real_home="/home/lab",
    own_code=("/opt/lab",),
    is_timezone_known=True,
    now="2026-01-01T00:00:00+00:00",
    entropy=bytes(range(40)),
)
# The same, started with --user 1234:0.
AS_USER = replace(
    FRESH,
    euid=1234,
    capabilities=frozenset(),
    usable_home="/tmp/home-lab",
    run_path="/tmp/labinit-1234",
)


def settings(environ: Mapping[str, str] | None = None) -> Settings:
    return load_settings(environ or {}, NO_SECRETS).settings


def facts(**changes: Any) -> Facts:
    return replace(FRESH, **changes)

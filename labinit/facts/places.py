"""Finds the places a start depends on: home, commands, PATH, a library. Never writes."""

from __future__ import annotations

import os
import stat
import sys

from labinit.facts.files import beginning_with, can_make, nearest
from labinit.layout import RUN_DIRECTORY, SYSTEM_PATH
from labinit.trust import changeable_by

TYPE_CHECKING = False
if TYPE_CHECKING:
    from labinit.settings.load import Settings

# Where a home is made if there is no other; MakeDirectory refuses what others own.
FRESH_HOME = "/tmp/home-"  # noqa: S108
_DEVICES = ("/dev/dri/", "/dev/kfd", "/dev/nvidia", "/dev/snd/")
_SYSTEM_PATH = frozenset(SYSTEM_PATH.split(":"))


def path_before_system(path: str) -> tuple[tuple[str, str], ...]:
    """Return PATH's elements before the system's own, and who besides root could change each."""
    elements = path.split(":") if path else []
    first = next((i for i, name in enumerate(elements) if name in _SYSTEM_PATH), len(elements))
    return tuple((name, _who_changes(name)) for name in elements[:first])


def _who_changes(directory: str) -> str:
    """Return who besides root could put a program into a directory, or make the directory."""
    if not directory.startswith("/"):
        return "whoever owns the current directory"
    try:
        return changeable_by(nearest(directory))
    except OSError:
        return ""


def names_library() -> str:
    """Return the path of nss_wrapper, "" where it is not installed."""
    paths = (f"{directory}/libnss_wrapper.so" for directory in sorted(beginning_with("/usr/lib/")))
    return next(filter(os.path.exists, paths), "")


def server_commands() -> str:
    """Return the directory of the server's commands: the image's, which start faster, or others."""
    bin_directory = os.path.dirname(sys.executable)
    own = os.path.join(os.path.dirname(bin_directory), "libexec")
    return own if os.path.exists(f"{own}/jupyter-lab") else bin_directory


def usable_home(settings: Settings) -> str:
    """Return the first writable of what was asked for, HOME, the data directory, one in /tmp."""
    is_root = os.geteuid() == 0
    home = settings.home_directory if is_root else settings.home
    if home and can_make(home):
        return home
    # HOME is / for a uid without an account: Docker sets it so.
    for path in (None if is_root else settings.inherited_home, settings.data):
        if path and path != "/" and os.access(path, os.W_OK | os.X_OK):
            return path
    return FRESH_HOME + settings.user


def run_path() -> str:
    """Return where this process can keep what the server needs: /run/labinit, else in /tmp.

    Not in what others have put there, where /run or /tmp is a volume that they can write to: what
    is in it would be theirs, and be taken for root's own.
    """
    for path in (RUN_DIRECTORY, f"/tmp/labinit-{os.geteuid()}"):  # noqa: S108 - looked at here
        if can_make(path) and _is_own_or_absent(path):
            return path
    return ""


def _is_own_or_absent(path: str) -> bool:
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return True
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()


def device_gids() -> tuple[int, ...]:
    """Return the groups of the devices that were handed to this container."""
    devices = (path for beginning in _DEVICES for path in beginning_with(beginning))
    gids = {os.stat(path).st_gid for path in devices if os.path.exists(path)}
    return tuple(sorted(gids - {0}))  # a device that is root's alone opens no group of root's


def is_timezone(name: str) -> bool:
    """Tell whether TZ means something to the C library: a zone of this image, or a rule."""
    # Or a rule, such as CET-1CEST: tzset(3).
    is_rule = name.startswith("/") or any(char.isdigit() for char in name)
    zone = f"/usr/share/zoneinfo/{name.removeprefix(':')}"
    return ".." not in name and (is_rule or _is_zone(zone))


def _is_zone(path: str) -> bool:
    """Tell a zone from the lists that lie beside them. Source: tzfile(5)."""
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        return file.read(4) == b"TZif"

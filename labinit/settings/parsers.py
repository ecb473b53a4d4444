"""Parsers of settings, stricter than pydantic's own types. Pure; standard library only."""

from __future__ import annotations

import os

from labinit.errors import RefusedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MAX_ID = 2**32 - 2  # 2^32-1 means "no change" to chown(2)
_LETTERS = "abcdefghijklmnopqrstuvwxyz_"
_DIGITS = "0123456789"

# Giving these away would break the system, or hand it over. With all that is in them:
_TREES = (
    *("/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/opt/lab", "/proc"),
    *("/run", "/sbin", "/sys", "/usr", "/lost+found"),
    *("/var/backups", "/var/cache", "/var/crash", "/var/db", "/var/empty", "/var/lock", "/var/log"),
    *("/var/mail", "/var/run", "/var/spool", "/var/tmp"),  # noqa: S108 - names, not uses
)
# Below /var/lib, where programs of the system keep what they act on as root.
_STATE = {
    *("alternatives", "apt", "cloud", "containerd", "containers", "dbus", "docker", "dpkg"),
    *("emacsen-common", "kubelet", "labinit", "logrotate", "misc", "pam", "polkit-1", "private"),
    *("python", "rpm", "sgml-base"),
    *("shells.state", "sudo", "systemd", "ucf", "update-rc.d", "xml-core"),
}  # fmt: skip
# These only as they stand: what is below them is somebody's.
_PLACES = (
    *("/", "/home", "/media", "/mnt", "/opt", "/root", "/srv", "/var", "/var/lib"),
    "/tmp",  # noqa: S108
)


def number_between(low: int, high: int, example: str) -> Callable[[str], int]:
    """Return a parser of whole numbers as people and `id -u` write them: no sign, no leading 0."""

    def parse(text: str) -> int:
        is_number = not text.strip(_DIGITS) and (text[:1] != "0" or text == "0")
        # First the length: int() refuses 5000 digits in words of its own.
        if not is_number or len(text) > len(str(high)) or not low <= int(text) <= high:
            raise RefusedError(
                f"is not a whole number from {low} to {high}", f"give a number such as {example}"
            )
        return int(text)

    return parse


parse_id = number_between(0, MAX_ID, "1000, as `id -u` and `id -g` print it")
parse_port = number_between(1, 65535, "8080")
parse_grace = number_between(0, 86400, "8, in seconds")


def parse_name(text: str) -> str:
    """Return a name that useradd and groupadd take. Raises: RefusedError, like all here."""
    if len(os.fsencode(text)) > 32:
        raise RefusedError("is longer than 32 bytes", "choose a shorter name")
    if text[:1] not in _LETTERS or text.strip(_LETTERS + _DIGITS + ".-"):
        raise RefusedError(
            "is not a name useradd takes", "use a-z, 0-9, _, . and -, and begin with a letter or _"
        )
    return text


def parse_directory(text: str) -> str:
    """Return a normalized absolute path that may be given to the user."""
    if not text.startswith("/"):
        raise RefusedError("is not an absolute path", "begin it with /")
    path = os.path.normpath("/" + text.lstrip("/"))
    if ":" in path or any(char < " " or "\x7f" <= char <= "\x9f" for char in path):
        raise RefusedError("has a colon or a control character in it", "choose another directory")
    if is_of_the_system(path):
        raise RefusedError(
            "is a directory of the system",
            "choose one that holds nothing but the user's files, such as /data",
        )
    return path


def parse_umask(text: str) -> int:
    """Return a umask, written as in a shell."""
    digits = text[1:] if len(text) == 4 and text[0] == "0" else text
    if len(digits) != 3 or digits.strip("01234567"):
        raise RefusedError("is not three octal digits", "give a umask such as 0022 or 0002")
    return int(digits, 8)


def is_of_the_system(path: str) -> bool:
    """Tell whether a normalized path is one that may not be given to a user."""
    if path in _PLACES or any(path == tree or path.startswith(tree + "/") for tree in _TREES):
        return True
    above, _, name = path.partition("/var/lib/")
    return not above and name.partition("/")[0] in _STATE

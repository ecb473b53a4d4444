"""What a setting may be: one parser a kind of value, each of which says what is wrong and the cure.

Pure.
"""

from __future__ import annotations

import os
import re
import unicodedata
from typing import TYPE_CHECKING, Any

from labinit.errors import RefusedError
from labinit.settings.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_ID = 2**32 - 2  # 2^32-1 means "no change" to chown(2)

# Directories of the image: giving them to the user would break it, or hand it over.
_SYSTEM_TREES = (
    *(
        "/bin",
        "/boot",
        "/dev",
        "/etc",
        "/lib",
        "/lib32",
        "/lib64",
        "/libx32",
        "/opt/lab",
        "/proc",
        "/run/labinit",
    ),
    *("/run/secrets", "/sbin", "/sys", "/usr", "/var/lib/labinit"),
)
_SYSTEM_DIRECTORIES = (
    "/",
    "/home",
    "/media",
    "/mnt",
    "/opt",
    "/root",
    "/run",
    "/srv",
    "/tmp",  # noqa: S108 - a name, not a use
    "/var",
    "/var/lib",
)


def parse_id(text: Any) -> int:
    """Return a uid or gid. Raises: RefusedError, like all the others here."""
    if not re.fullmatch(r"0|[1-9][0-9]*", text, re.ASCII):
        raise RefusedError(
            "is not a decimal number", "give a number such as 1000, as `id -u` and `id -g` print it"
        )
    if len(text) > 10 or int(text) > MAX_ID:
        raise RefusedError(
            f"is over {MAX_ID}", "give a number such as 1000, as `id -u` and `id -g` print it"
        )
    return int(text)


def parse_name(text: Any) -> str:
    """Return a login or group name that useradd and groupadd take."""
    if len(os.fsencode(text)) > 32:
        raise RefusedError("is longer than 32 bytes", "choose a shorter name")
    if not re.fullmatch(r"[a-z_][a-z0-9_.-]*", text, re.ASCII):
        raise RefusedError(
            "is not a name useradd takes", "use a-z, 0-9, _, . and -, and begin with a letter or _"
        )
    return str(text)


def parse_directory(text: Any) -> str:
    """Return a normalized absolute path that may be given to the user."""
    if not text.startswith("/"):
        raise RefusedError("is not an absolute path", "begin it with /")
    path = os.path.normpath("/" + text.lstrip("/"))
    if any(unicodedata.category(char) == "Cc" for char in path) or ":" in path:
        raise RefusedError("has a colon or a control character in it", "choose another directory")
    if path in _SYSTEM_DIRECTORIES or any(
        path == tree or path.startswith(tree + "/") for tree in _SYSTEM_TREES
    ):
        raise RefusedError(
            "is a directory of the system",
            "choose one that holds nothing but the user's files, such as /data",
        )
    return str(path)


def number_between(low: int, high: int, cure: str) -> Callable[[Any], int]:
    """Return a parser of whole numbers."""

    def parse(text: Any) -> int:
        if not re.fullmatch(r"0|[1-9][0-9]{0,5}", text, re.ASCII) or not low <= int(text) <= high:
            raise RefusedError(f"is not a whole number from {low} to {high}", cure)
        return int(text)

    return parse


def parse_umask(text: Any) -> int:
    """Return a umask, written as in a shell."""
    if not re.fullmatch(r"0?[0-7]{3}", text, re.ASCII):
        raise RefusedError("is not three octal digits", "give a umask such as 0022 or 0002")
    return int(text, 8)


def one_of(*words: str) -> Callable[[Any], str]:
    """Return a parser that takes these words only."""

    def parse(text: Any) -> str:
        if text not in words:
            raise RefusedError("is none of its values", f"use one of: {', '.join(words)}")
        return str(text)

    return parse


def secret(check: Callable[[str], None]) -> Callable[[Any], Secret]:
    """Return a parser of secrets that pass a check."""

    def parse(text: Any) -> Secret:
        check(text)
        return Secret(text)

    return parse

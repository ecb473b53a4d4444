"""What was accepted once is accepted again: the settings of the last boot, for one with the same values. Never writes.

Each setting depends on its own text alone. So a file holds text and value of those that are no
secret, compared as they are; of secrets it holds nothing, neither text nor digest: they are checked
again, and are taken as they are.
"""

from __future__ import annotations

import os
import stat

from labinit import __version__
from labinit.quick import dumps, loads
from labinit.settings.secret import CHECKS, Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PATH = "/var/lib/labinit/settings.json"
_FORMAT = 1


def find(values: dict[str, str]) -> dict[str, Any] | None:
    """Return field → value, if these texts were accepted before, by this code; None: ask the model."""
    try:
        content = _read()
        if content["for"] != _given(values):
            return None
        found = dict(content["settings"])
        for name, (field, check) in CHECKS.items():
            if name in values:
                check(values[name])
            found[field] = Secret(values[name]) if name in values else None
    except (
        OSError,
        ValueError,
        TypeError,
        KeyError,
    ):  # RefusedError is a ValueError: the model says it as well
        return None
    return found


def to_text(values: dict[str, str], settings: dict[str, Any]) -> str:
    """Return what `find` has to know, for a file that only root can write."""
    secrets = {field for field, _ in CHECKS.values()}
    open_ones = {field: value for field, value in settings.items() if field not in secrets}
    return dumps({"for": _given(values), "settings": open_ones}) + "\n"


def _given(values: dict[str, str]) -> list[Any]:
    texts = {name: text for name, text in values.items() if name not in CHECKS}
    return [_FORMAT, __version__, _own_code(), texts]


def _read() -> dict[str, Any]:
    """Return the content of the file, if nobody but root can have written it.

    Raises: OSError; ValueError.
    """
    directory, file = os.stat(os.path.dirname(PATH)), os.lstat(PATH)
    is_roots = directory.st_uid == file.st_uid == os.geteuid() == 0
    if not is_roots or not stat.S_ISREG(file.st_mode) or (directory.st_mode | file.st_mode) & 0o022:
        raise ValueError(PATH)
    with open(PATH, encoding="utf-8") as opened:
        return dict(loads(opened.read()))


def _own_code() -> list[list[Any]]:
    """Return what changes when this package does, such as when its checkout is mounted over it."""
    with os.scandir(os.path.dirname(__file__)) as entries:
        return sorted(
            [entry.name, entry.stat().st_size, entry.stat().st_mtime_ns]
            for entry in entries
            if entry.is_file()
        )

"""The settings of the last boot, for one with the same values: a hit needs no model. Never writes.

Each setting depends on its own text alone. So a file holds text and value of those that are no
secret, compared as they are; of secrets it holds nothing, neither text nor digest: they are checked
again, and are taken as they are.
"""

from __future__ import annotations

import os
import stat

from labinit import __version__
from labinit.layout import SETTINGS_CACHE
from labinit.quick import NamedTuple, dumps, loads
from labinit.settings.secret import KINDS
from labinit.settings.sources import Schema
from labinit.trust import WRITABLE_BY_OTHERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FORMAT = 2


class Entry(NamedTuple):
    """A cache entry: settings once accepted. Shape: `texts` and `fields` have no secrets."""

    schema: Schema
    texts: dict[str, str]
    fields: dict[str, Any]


def read() -> Entry | None:
    """Return the cache's entry, or None: if there is none, of other code, or not root's alone."""
    try:
        directory, file = os.stat(os.path.dirname(SETTINGS_CACHE)), os.lstat(SETTINGS_CACHE)
        is_owned_by_root = directory.st_uid == file.st_uid == os.geteuid() == 0
        is_writable = (directory.st_mode | file.st_mode) & WRITABLE_BY_OTHERS
        if not is_owned_by_root or is_writable or not stat.S_ISREG(file.st_mode):
            return None
        with open(SETTINGS_CACHE, encoding="utf-8") as opened:
            content: dict[str, Any] = dict(loads(opened.read()))
        if content["code"] != _own_code():
            return None
        return Entry(Schema(**content["schema"]), dict(content["texts"]), dict(content["fields"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def find(entry: Entry, values: dict[str, str]) -> dict[str, Any] | None:
    """Return field → value, if these texts were accepted before; None: ask the model."""
    # All or nothing: one text that differs, appears or is gone asks the model about all.
    schema = entry.schema
    if entry.texts != {name: text for name, text in values.items() if name not in schema.secrets}:
        return None
    fields = dict(entry.fields)
    try:
        for name, kind in schema.secrets.items():
            fields[schema.names[name]] = KINDS[kind](values[name]) if name in values else None
    except ValueError:  # a refusal: the model says it as well
        return None
    return fields


def to_text(schema: Schema, values: dict[str, str], fields: dict[str, Any]) -> str:
    """Return what `read` has to find, for a file that only root can write."""
    secrets = {schema.names[name] for name in schema.secrets}
    content = {
        "code": _own_code(),
        "schema": schema._asdict(),
        "texts": {name: text for name, text in values.items() if name not in schema.secrets},
        "fields": {field: value for field, value in fields.items() if field not in secrets},
    }
    return dumps(content) + "\n"


def _own_code() -> list[Any]:
    """Return a text that changes with this package, such as when a checkout is mounted over it."""
    with os.scandir(os.path.dirname(__file__)) as entries:
        stats = [(entry.name, entry.stat()) for entry in entries if entry.is_file()]
    files = sorted([name, stat.st_size, stat.st_mtime_ns] for name, stat in stats)
    return [_FORMAT, __version__, files]

"""The first-boot record: what the last completed set-up of this container was.

A value and its text. Reads no file.
"""

from labinit.quick import NamedTuple, loads

_FORMAT = 1


class Record(NamedTuple):
    """What the last completed set-up of this container established.

    A hint, never a truth: every boot looks again.
    """

    user: str
    uid: int
    group: str
    gid: int
    home: str
    password: str  # a salted digest of the setting, "" if there was none
    made_group: str  # the one that labinit created itself, "" if it found one
    first_boot: str  # UTC, ISO 8601


def to_text(record: Record) -> str:
    """Return the record as it stands in its file."""
    import json  # noqa: PLC0415 - whoever only reads it need not wait for that

    return json.dumps({"format": _FORMAT, **record._asdict()}, indent=2) + "\n"


def from_text(text: str) -> Record | None:
    """Return the record, or None for what is not one: the boot then plans without it."""
    try:
        values = loads(text)
        if values.pop("format") != _FORMAT:
            return None
        record = Record(**values)
        kinds = Record.__annotations__
        is_sound = all(type(getattr(record, name)) is kind for name, kind in kinds.items())
    except (ValueError, TypeError, AttributeError, KeyError):
        return None
    return record if is_sound else None

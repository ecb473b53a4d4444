"""The first-boot record: what the last completed set-up of this container was. A value and its text. Reads no file."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass

PATH = "/var/lib/labinit/boot.json"
_FORMAT = 1


@dataclass(frozen=True)
class Record:
    """What the last completed set-up of this container established. A hint, never a truth: every boot looks again.

    Shape: `password` is a salted digest of the password setting, "" if there was none; `made_group` is the group that
    labinit created itself, "" if it found one; `first_boot` is a UTC time in ISO 8601.
    """

    user: str
    uid: int
    group: str
    gid: int
    home: str
    password: str
    made_group: str
    first_boot: str


def to_text(record: Record) -> str:
    """Return the record as it stands in its file."""
    return json.dumps({"format": _FORMAT, **asdict(record)}, indent=2) + "\n"


def from_text(text: str) -> Record | None:
    """Return the record, or None for anything that is not one: no record only costs a second look."""
    try:
        values = json.loads(text)
        if values.pop("format") != _FORMAT:
            return None
        record = Record(**values)
        is_sound = all(type(getattr(record, name)).__name__ == kind for name, kind in Record.__annotations__.items())
    except (ValueError, TypeError, AttributeError, KeyError):
        return None
    return record if is_sound else None


def digest(secret: str, salt: bytes) -> str:
    """Return a salted digest that tells whether a secret has changed, and is slow to guess from.

    Units: about 10 ms, which every boot with a password pays once. Source: RFC 7914.
    """
    key = hashlib.scrypt(secret.encode(errors="surrogateescape"), salt=salt, n=4096, r=8, p=1)
    return f"scrypt${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"


def is_digest_of(text: str, secret: str) -> bool:
    """Tell whether `text` is the digest of `secret`."""
    try:
        _, salt, _ = text.split("$")
        expected = digest(secret, base64.b64decode(salt, validate=True))
    except ValueError:
        return False
    return hmac.compare_digest(text.encode(), expected.encode())

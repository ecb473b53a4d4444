"""What the user asked for, read once and checked together. Never looks at the system.

Secret files are settings too, and are read with them. `model` says what each setting may be; it
brings pydantic-settings, which takes longer than all the rest of a boot: `cache` has what it has
accepted.
"""

from __future__ import annotations

from labinit.errors import Notice, SettingsError
from labinit.quick import NamedTuple
from labinit.settings import cache
from labinit.settings.names import about_names, about_token
from labinit.settings.sources import SECRETS_DIRECTORY, Reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from labinit.settings.model import Model as _Fields
    from labinit.settings.sources import Schema
else:
    _Fields = object


class Settings(_Fields):
    """Everything a user can set: the fields of the model, without the model.

    Shape: `explicit` are the variables that were set; None means that labinit chooses, from what it
    finds (see `plan`); paths are absolute and normalized.
    Units: `grace_s` in seconds.
    """

    if TYPE_CHECKING:
        explicit: frozenset[str]
        known: Schema

    def __init__(self, fields: dict[str, Any], explicit: frozenset[str], schema: Schema) -> None:
        # Past __setattr__, which lets nothing change.
        vars(self).update(fields, explicit=explicit, known=schema)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"settings do not change: {name}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Settings) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(tuple(map(str, vars(self).values())))

    def __repr__(self) -> str:
        return f"Settings({self.by_variable()!r})"

    def by_variable(self) -> dict[str, Any]:
        """Return variable → value, in the order of the model."""
        return {name: vars(self)[field] for name, field in self.known.names.items()}

    @property
    def home_directory(self) -> str:
        """The home asked for, or the usual one."""
        return self.home or ("/root" if self.uid == 0 else f"/home/{self.user}")

    @property
    def sudo_kind(self) -> str:
        """How the user may use sudo: as asked, or with the password if there is one."""
        return self.sudo or ("password" if self.password_key else "none")

    @property
    def password_key(self) -> str:
        """The password setting as one text, to compare with the last boot's, or ""."""
        # What it is stands first: a password may look like a hash.
        if self.password:
            return f"password:{self.password.get_secret_value()}"
        return f"hash:{self.password_hash.get_secret_value()}" if self.password_hash else ""


class Loaded(NamedTuple):
    """Settings, and what there is to say about how they were given."""

    settings: Settings
    notes: tuple[str, ...]
    warnings: tuple[Notice, ...]
    to_cache: str  # what the next boot should find in the cache, "" if it is there


def load_settings(environ: Mapping[str, str], secrets_directory: str = SECRETS_DIRECTORY) -> Loaded:
    """Return the settings that `environ` holds, or refuse all wrong ones together.

    Raises: SettingsError, with one notice a problem; no notice holds the value of a secret.
    """
    entry = cache.read()
    if entry:
        schema = entry.schema
    else:
        from labinit.settings.model import make_schema  # noqa: PLC0415 - a hit does without

        schema = make_schema()
    reading = Reading(schema, environ, secrets_directory)
    values, to_cache = reading.take(), ""
    fields = cache.find(entry, values) if entry and not reading.problems else None
    if fields is None:
        from labinit.settings.model import validate  # noqa: PLC0415 - a hit does without

        fields = validate(values, reading)
        if fields is None or reading.problems:
            raise SettingsError(tuple(reading.problems))
        to_cache = cache.to_text(schema, values, fields)
    settings = Settings(fields, frozenset(values), schema)
    notes = (*reading.notes, *about_token(settings.token))
    return Loaded(settings, notes, tuple(about_names(environ, schema)), to_cache)

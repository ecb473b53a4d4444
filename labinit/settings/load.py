"""What the user asked for, read once and checked together. Never looks at the system.

Secret files are settings too, and are read with them. `model` says what each setting may be; it
brings pydantic-settings, which takes longer than all the rest of a boot: `cache` has what it has
accepted.
"""

from __future__ import annotations

from labinit.errors import Notice, SettingsError
from labinit.quick import NamedTuple
from labinit.settings import cache
from labinit.settings.derived import Derived
from labinit.settings.names import about_names, about_token
from labinit.settings.sources import SECRETS_DIRECTORY, Reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from labinit.settings.model import Model as _Fields
    from labinit.settings.schema import Schema
else:
    _Fields = Derived


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
    schema = entry.schema if entry else _schema_of_model()
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


def _schema_of_model() -> Schema:
    from labinit.settings.model import make_schema  # noqa: PLC0415 - a hit does without

    return make_schema()

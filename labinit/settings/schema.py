"""What has to be known of the settings to read their values: names, and which of them are secrets.

A value, derived from the model and kept in the cache.
"""

from __future__ import annotations

from labinit.quick import NamedTuple


class Schema(NamedTuple):
    """Names of settings.

    Shape: `names` variable → field, `aliases` another image's variable → ours, `secrets` variable →
    the kind of its secret; all in the order of the model.
    """

    names: dict[str, str]
    aliases: dict[str, str]
    secrets: dict[str, str]


def file_variables(schema: Schema) -> dict[str, str]:
    """Return variable → secret whose file it names. FILE__: linuxserver.io, "Docker secrets"."""
    named = {f"{name}_FILE": name for name in schema.secrets}
    return named | {f"FILE__{name}": name for name in schema.secrets}


def secret_variables(schema: Schema) -> set[str]:
    """Return the variables with a secret or its file: no process of the user's gets them."""
    aliases = {alias for alias, name in schema.aliases.items() if name in schema.secrets}
    return {*schema.secrets, *file_variables(schema), *aliases}

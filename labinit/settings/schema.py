"""What has to be known of the settings to read their values. Derived from the model; cached."""

from __future__ import annotations

from labinit.quick import NamedTuple


class Schema(NamedTuple):
    """Names of settings, in the order of the model."""

    names: dict[str, str]  # variable → field
    aliases: dict[str, str]  # another image's variable → ours
    secrets: dict[str, str]  # variable → the kind of its secret


def file_variables(schema: Schema) -> dict[str, str]:
    """Return variable → secret whose file it names. FILE__: linuxserver.io, "Docker secrets"."""
    named = {f"{name}_FILE": name for name in schema.secrets}
    return named | {f"FILE__{name}": name for name in schema.secrets}


def secret_variables(schema: Schema) -> set[str]:
    """Return the variables with a secret or its file: no process of the user's gets them."""
    aliases = {alias for alias, name in schema.aliases.items() if name in schema.secrets}
    return {*schema.secrets, *file_variables(schema), *aliases}

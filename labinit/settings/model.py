"""What each setting is: names, default, what it may be, and what it means. One field each.

The only module that imports pydantic. All else is derived from the fields: which variables are
read, the cache, the typo guard, the tables of the documents, and `settings.load.Settings`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, Field, ValidationError

from labinit import GRACE_S
from labinit.lazy_import import import_lazily
from labinit.settings.derived import Derived
from labinit.settings.grace import parse_grace
from labinit.settings.parsers import parse_directory, parse_id, parse_name, parse_port, parse_umask
from labinit.settings.refusals import explain
from labinit.settings.schema import Schema
from labinit.settings.secret import Arguments, Password, PasswordHash, Secret, Token

# It imports that for command lines of its own: 40 ms, with ssl and all.
import_lazily("asyncio")
from pydantic_settings import (  # noqa: E402
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from labinit.settings.sources import Reading

Id = Annotated[int, BeforeValidator(parse_id)]
Name = Annotated[str, BeforeValidator(parse_name)]
Directory = Annotated[str, BeforeValidator(parse_directory)]
Port = Annotated[int, BeforeValidator(parse_port)]
Umask = Annotated[int, BeforeValidator(parse_umask)]
Seconds = Annotated[int, BeforeValidator(parse_grace)]


def _shown(default: str) -> dict[str, Any]:
    """Give a field the default that documents show, where it depends; "" keeps it out of them."""
    return {"shown_default": default}


def _hidden(variable: str, description: str) -> Any:
    """Return a field that documents do not show: others' variables, which labinit only reads."""
    extra = _shown("")
    return Field(None, alias=variable, description=description, json_schema_extra=extra)


class Model(Derived, BaseSettings):
    """Everything a user can set. None means that labinit chooses, by what it finds (`plan`)."""

    # What begins with LAB and is not listed here is the typo guard's business.
    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        case_sensitive=True,
        hide_input_in_errors=True,  # no secret stands in an error of pydantic's
        validate_default=False,  # the parsers take texts, and a default is a value
        populate_by_name=False,
    )

    uid: Id | None = Field(
        None,
        validation_alias=AliasChoices("LABUID", "PUID", "NB_UID"),
        description="uid of the lab user; `0` runs everything as root",
        json_schema_extra=_shown(
            "owner of the data directory if that is neither root nor nobody, else `1000`"
        ),
    )
    gid: Id | None = Field(
        None,
        validation_alias=AliasChoices("LABGID", "PGID", "NB_GID"),
        description="gid of the lab user's primary group",
        json_schema_extra=_shown(
            "group of the data directory likewise, unless it is privileged, else `LABUID`"
        ),
    )
    user: Name = Field(
        "lab", validation_alias=AliasChoices("LABUSER", "NB_USER"), description="login name"
    )
    group: Name | None = Field(
        None,
        validation_alias=AliasChoices("LABGROUP", "NB_GROUP"),
        description="name of the primary group",
        json_schema_extra=_shown("`LABUSER`"),
    )
    password: Password | None = Field(
        None,
        alias="LABPASSWD",
        description="password for login and sudo",
        json_schema_extra=_shown("none: the account is locked"),
    )
    password_hash: PasswordHash | None = Field(
        None, alias="LABPASSWD_HASH", description="the same password, as a crypt(5) hash"
    )
    sudo: Literal["password", "nopasswd", "none"] | None = Field(
        None,
        validation_alias=AliasChoices("LABSUDO", "GRANT_SUDO"),
        description="`password`, `nopasswd` or `none`",
        json_schema_extra=_shown("`password` if there is one, else `none`"),
    )
    token: Token | None = Field(
        None,
        alias="JUPYTER_TOKEN",
        description="token that opens the page",
        json_schema_extra=_shown("made up, and told once with its address"),
    )
    page_password: Password | None = Field(
        None,
        alias="JUPYTER_PASSWORD",
        description="password that opens the page, instead of a token",
    )
    auth: Literal["token", "none"] = Field(
        "token", alias="LABAUTH", description="`none` lets in everybody who reaches the port"
    )
    data: Directory = Field(
        "/data", alias="LABDATA", description="root of the notebooks: where the volume is mounted"
    )
    home: Directory | None = Field(
        None,
        alias="LABHOME",
        description="home directory",
        json_schema_extra=_shown("`/home/LABUSER`, or `/root` with `LABUID=0`"),
    )
    chown: Literal["auto", "always", "never"] = Field(
        "auto",
        validation_alias=AliasChoices("LABCHOWN", "CHOWN_HOME"),
        description="when files of others are given to the lab user",
    )
    port: Port = Field(
        8080,
        validation_alias=AliasChoices("LABPORT", "JUPYTER_PORT"),
        description="port inside the container",
    )
    umask: Umask = Field(
        0o022,
        validation_alias=AliasChoices("LABUMASK", "UMASK", "NB_UMASK"),
        description="umask of everything the user runs",
        json_schema_extra=_shown("`0022`"),
    )
    grace_s: Seconds = Field(
        GRACE_S, alias="LABGRACE", description="seconds from SIGTERM to SIGKILL"
    )
    log: Literal["debug", "info", "warning", "error"] = Field(
        "info", alias="LABLOG", description="`debug`, `info`, `warning` or `error`"
    )
    timezone: str | None = Field(
        None,
        alias="TZ",
        description="time zone, such as `Europe/Berlin`",
        json_schema_extra=_shown("the image's"),
    )
    inherited_home: str | None = _hidden("HOME", "home directory of a container without root")
    path: str | None = _hidden("PATH", "where programs are looked for")
    arguments: Arguments | None = _hidden("NOTEBOOK_ARGS", "more arguments for the server")
    unset: str | None = _hidden(
        "JUPYTER_ENV_VARS_TO_UNSET", "names, with commas, of variables the server does not get"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take no value but those given: the process's own environment is not read."""
        return (init_settings,)


class _Source(EnvSettingsSource):
    """Takes the values of lists and the like as JSON."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """Return the value; a text that is no JSON as it is, so that it is refused like others."""
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


def make_schema() -> Schema:
    """Return what has to be known of the fields to read their values, without pydantic."""
    names: dict[str, str] = {}
    aliases: dict[str, str] = {}
    secrets: dict[str, str] = {}
    for field, info in Model.model_fields.items():
        name, *others = variables_of(field, info)
        names[name] = field
        aliases |= dict.fromkeys(others, name)
        kind = _secret_kind(info)
        if kind:
            secrets[name] = kind.__name__
    return Schema(names, aliases, secrets)


def variables_of(field: str, info: FieldInfo) -> list[str]:
    """Return the names of the variables that give a field, its own first."""
    alias = info.validation_alias
    if isinstance(alias, AliasChoices):
        return [str(choice) for choice in alias.choices]
    return [str(alias or field)]


def validate(values: dict[str, str], reading: Reading) -> dict[str, Any] | None:
    """Return field → value for those given, or tell `reading` what is wrong and return None."""
    source = _Source(Model, case_sensitive=True, env_ignore_empty=True)
    source.env_vars = values
    try:
        model = Model(**source())
    except ValidationError as error:
        fields = {name: Model.model_fields[field] for name, field in make_schema().names.items()}
        # One line a setting: a union has one error for each of its types.
        details = {str(detail["loc"][0]): detail for detail in reversed(error.errors())}
        for name, field in fields.items():
            if name in details:
                reading.refuse(name, *explain(details[name], field))
        return None
    # As the cache holds them.
    return model.model_dump(mode="json", exclude=_secret_fields()) | {
        field: getattr(model, field) for field in _secret_fields()
    }


def _secret_fields() -> set[str]:
    return {field for field, info in Model.model_fields.items() if _secret_kind(info)}


def _secret_kind(info: FieldInfo) -> type[Secret] | None:
    kinds = (info.annotation, *getattr(info.annotation, "__args__", ()))
    return next((k for k in kinds if isinstance(k, type) and issubclass(k, Secret)), None)

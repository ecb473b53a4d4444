"""What each setting is: names, default, what it may be, and what it means. One field each.

The only module that imports pydantic. All else is derived from the fields: which variables are
read, the cache, the typo guard, the tables of the documents, and `settings.load.Settings`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, Field, ValidationError

from labinit import GRACE_S
from labinit.errors import RefusedError
from labinit.lazy_import import import_lazily
from labinit.settings import parsers
from labinit.settings.secret import Arguments, Password, PasswordHash, Secret, Token
from labinit.settings.sources import Schema

# It imports that for command lines of its own: 40 ms, with ssl and all.
import_lazily("asyncio")
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict  # noqa: E402

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

    from labinit.settings.sources import Reading

Id = Annotated[int, BeforeValidator(parsers.parse_id)]
Name = Annotated[str, BeforeValidator(parsers.parse_name)]
Directory = Annotated[str, BeforeValidator(parsers.parse_directory)]
Port = Annotated[int, BeforeValidator(parsers.parse_port)]
Umask = Annotated[int, BeforeValidator(parsers.parse_umask)]
Seconds = Annotated[int, BeforeValidator(parsers.parse_grace)]


def _setting(variables: str, description: str, default: Any = None, shown: Any = None) -> Any:
    """Return a field that these variables give: its own name, then those of other images.

    Documents show `shown` for a default that depends on others; "" keeps the field out of them.
    """
    return Field(
        default,
        validation_alias=AliasChoices(*variables.split()),
        description=description,
        json_schema_extra=None if shown is None else {"shown_default": shown},
    )


class Model(BaseSettings):
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

    uid: Id | None = _setting(
        "LABUID PUID NB_UID",
        "uid of the lab user; `0` runs everything as root",
        shown="owner of the data directory if that is neither root nor nobody, else `1000`",
    )
    gid: Id | None = _setting(
        "LABGID PGID NB_GID",
        "gid of the lab user's primary group",
        shown="group of the data directory likewise, unless it is privileged, else `LABUID`",
    )
    user: Name = _setting("LABUSER NB_USER", "login name", "lab")
    group: Name | None = _setting(
        "LABGROUP NB_GROUP", "name of the primary group", shown="`LABUSER`"
    )
    password: Password | None = _setting(
        "LABPASSWD", "password for login and sudo", shown="none: the account is locked"
    )
    password_hash: PasswordHash | None = _setting(
        "LABPASSWD_HASH", "the same password, as a crypt(5) hash"
    )
    sudo: Literal["password", "nopasswd", "none"] | None = _setting(
        "LABSUDO GRANT_SUDO",
        "`password`, `nopasswd` or `none`",
        shown="`password` if there is one, else `none`",
    )
    token: Token | None = _setting(
        "JUPYTER_TOKEN",
        "token that opens the page",
        shown="made up, and told once with its address",
    )
    page_password: Password | None = _setting(
        "JUPYTER_PASSWORD", "password that opens the page, instead of a token"
    )
    auth: Literal["token", "none"] = _setting(
        "LABAUTH", "`none` lets in everybody who reaches the port", "token"
    )
    data: Directory = _setting(
        "LABDATA", "root of the notebooks: where the volume is mounted", "/data"
    )
    home: Directory | None = _setting(
        "LABHOME", "home directory", shown="`/home/LABUSER`, or `/root` with `LABUID=0`"
    )
    chown: Literal["auto", "always", "never"] = _setting(
        "LABCHOWN CHOWN_HOME", "when files of others are given to the lab user", "auto"
    )
    port: Port = _setting("LABPORT JUPYTER_PORT", "port inside the container", 8080)
    umask: Umask = _setting(
        "LABUMASK UMASK NB_UMASK", "umask of everything the user runs", 0o022, shown="`0022`"
    )
    grace_s: Seconds = _setting("LABGRACE", "seconds from SIGTERM to SIGKILL", GRACE_S)
    log: Literal["debug", "info", "warning", "error"] = _setting(
        "LABLOG", "`debug`, `info`, `warning` or `error`", "info"
    )
    timezone: str | None = _setting("TZ", "time zone, such as `Europe/Berlin`", shown="the image's")
    # Others' variables, which labinit only reads.
    inherited_home: str | None = _setting(
        "HOME", "home directory of a container without root", shown=""
    )
    path: str | None = _setting("PATH", "where programs are looked for", shown="")
    arguments: Arguments | None = _setting(
        "NOTEBOOK_ARGS", "more arguments for the server", shown=""
    )
    unset: str | None = _setting(
        "JUPYTER_ENV_VARS_TO_UNSET",
        "names, with commas, of variables the server does not get",
        shown="",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: Any,  # noqa: ARG003
        init_settings: Any,
        *_: Any,
        **__: Any,
    ) -> tuple[Any, ...]:
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
    schema = make_schema()
    source = _Source(Model, case_sensitive=True, env_ignore_empty=True)
    source.env_vars = values
    try:
        model = Model(**source())
    except ValidationError as error:
        # One line a setting: a union has one error for each of its types.
        details = {str(detail["loc"][0]): detail for detail in reversed(error.errors())}
        for name, field in schema.names.items():
            if name in details:
                reading.refuse(name, *_explain(details[name], Model.model_fields[field]))
        return None
    secrets = {schema.names[name] for name in schema.secrets}
    # As the cache holds them.
    fields = model.model_dump(mode="json", exclude=secrets)
    return fields | {field: getattr(model, field) for field in secrets}


def _explain(detail: ErrorDetails, info: FieldInfo) -> tuple[str, str]:
    """Return what is wrong with a value, and the remedy: the parser's, else pydantic's."""
    context = detail.get("ctx", {})
    error = context.get("error")
    if isinstance(error, RefusedError):
        problem, remedy = error.args
        return str(problem), str(remedy)
    if detail["type"] == "literal_error":
        return "is an invalid value", f"use one of: {context['expected']}".replace("'", "")
    message = " ".join(detail["msg"].split())  # a validator's own may have several lines
    if " should " in message:
        message = f"it should {message.partition(' should ')[2]}"  # "String should match", say
    for prefix, word in (("Value error, ", ""), ("Assertion failed, ", ""), ("Input ", "it ")):
        message = word + message.removeprefix(prefix) if message.startswith(prefix) else message
    has_example = isinstance(info.default, str | int | float) and info.default != ""
    example = f", such as {info.default}" if has_example else ""
    return f"is an invalid value: {message}", f"give {info.description or 'another'}{example}"


def _secret_kind(info: FieldInfo) -> type[Secret] | None:
    kinds = (info.annotation, *getattr(info.annotation, "__args__", ()))
    return next((k for k in kinds if isinstance(k, type) and issubclass(k, Secret)), None)

"""What each setting may be: the model that pydantic-settings checks.

The only module that imports it, or pydantic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError

from labinit import GRACE_S, log
from labinit.lazily import put_off
from labinit.settings.grace import parse_grace
from labinit.settings.parsers import (
    number_between,
    one_of,
    parse_directory,
    parse_id,
    parse_name,
    parse_umask,
    secret,
)
from labinit.settings.secret import Secret, check_hash, check_password, check_token

# It imports that for command lines of its own: 40 ms, with ssl and all.
put_off("asyncio")
from pydantic_settings import (  # noqa: E402
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

if TYPE_CHECKING:
    from labinit.settings.sources import Reading

Id = Annotated[int, BeforeValidator(parse_id)]
Name = Annotated[str, BeforeValidator(parse_name)]
Directory = Annotated[str, BeforeValidator(parse_directory)]
Password = Annotated[Secret, BeforeValidator(secret(check_password))]
PasswordHash = Annotated[Secret, BeforeValidator(secret(check_hash))]
Token = Annotated[Secret, BeforeValidator(secret(check_token))]
Port = Annotated[int, BeforeValidator(number_between(1, 65535, "give a port such as 8080"))]
Umask = Annotated[int, BeforeValidator(parse_umask)]
Seconds = Annotated[int, BeforeValidator(parse_grace)]
Sudo = Annotated[
    Literal["password", "nopasswd", "none"], BeforeValidator(one_of("password", "nopasswd", "none"))
]
Auth = Annotated[Literal["token", "none"], BeforeValidator(one_of("token", "none"))]
Chown = Annotated[
    Literal["auto", "always", "never"], BeforeValidator(one_of("auto", "always", "never"))
]
Level = Annotated[
    Literal["debug", "info", "warning", "error"], BeforeValidator(one_of(*log.LEVELS))
]


class Model(BaseSettings):
    """Everything a user can set. What the fields mean is said in `settings.Settings`."""

    # What begins with LAB and is not listed here is the typo guard's business.
    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        case_sensitive=True,
        hide_input_in_errors=True,
        validate_default=False,
        arbitrary_types_allowed=True,
    )

    uid: Id | None = Field(
        None, alias="LABUID", description="uid of the lab user; `0` runs everything as root"
    )
    gid: Id | None = Field(None, alias="LABGID", description="gid of the lab user's primary group")
    user: Name = Field("lab", alias="LABUSER", description="login name")
    group: Name | None = Field(None, alias="LABGROUP", description="name of the primary group")
    password: Password | None = Field(
        None, alias="LABPASSWD", description="password for login and sudo"
    )
    password_hash: PasswordHash | None = Field(
        None, alias="LABPASSWD_HASH", description="the same password, as a crypt(5) hash"
    )
    sudo: Sudo | None = Field(None, alias="LABSUDO", description="`password`, `nopasswd` or `none`")
    token: Token | None = Field(
        None, alias="JUPYTER_TOKEN", description="token that opens the page"
    )
    auth: Auth = Field(
        "token", alias="LABAUTH", description="`none` lets in everybody who reaches the port"
    )
    data: Directory = Field(
        "/data", alias="LABDATA", description="root of the notebooks: where the volume is mounted"
    )
    home: Directory | None = Field(None, alias="LABHOME", description="home directory")
    chown: Chown = Field(
        "auto", alias="LABCHOWN", description="when files of others are given to the lab user"
    )
    port: Port = Field(8080, alias="LABPORT", description="port inside the container")
    umask: Umask = Field(0o022, alias="LABUMASK", description="umask of everything the user runs")
    grace_s: Seconds = Field(
        GRACE_S, alias="LABGRACE", description="seconds from SIGTERM to SIGKILL"
    )
    log: Level = Field("info", alias="LABLOG", description="`debug`, `info`, `warning` or `error`")
    timezone: str | None = Field(None, alias="TZ", description="time zone, such as `Europe/Berlin`")
    inherited_home: str | None = Field(
        None, alias="HOME", description="home directory of a container without root"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take no value but those given: the process's own environment is not read behind the caller's back."""
        return (init_settings,)


def validate(values: dict[str, str], reading: Reading) -> dict[str, Any] | None:
    """Return the fields of `settings.Settings`, or tell `reading` what is wrong and return None."""
    source = EnvSettingsSource(Model, case_sensitive=True, env_ignore_empty=True)
    source.env_vars = values
    try:
        model = Model(**source())
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            name = str(detail["loc"][0])
            problem, cure = detail["ctx"]["error"].args
            reading.refuse(name, problem, cure)
        return None
    usual = "/root" if model.uid == 0 else f"/home/{model.user}"
    return dict(model) | {
        "home_directory": model.home or usual,
        "is_named": "user" in model.model_fields_set,
    }

"""What the user asked for: the environment variables, read once and checked together. Never looks at the system.

Secret files are settings too, and are read with them.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import BeforeValidator, Field, SecretStr, ValidationError

from labinit import GRACE_S, log
from labinit.errors import Notice, SettingsError
from labinit.lazily import put_off
from labinit.sources import FILES, SECRETS_DIRECTORY, Reading, is_port
from labinit.values import (
    number_between,
    one_of,
    parse_directory,
    parse_hash,
    parse_id,
    parse_name,
    parse_password,
    parse_token,
    parse_umask,
)

# It imports that for command lines of its own: 40 ms, with ssl and all.
put_off("asyncio")
from pydantic_settings import (  # noqa: E402
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

Id = Annotated[int, BeforeValidator(parse_id)]
Name = Annotated[str, BeforeValidator(parse_name)]
Directory = Annotated[str, BeforeValidator(parse_directory)]
Password = Annotated[SecretStr, BeforeValidator(parse_password)]
PasswordHash = Annotated[SecretStr, BeforeValidator(parse_hash)]
Token = Annotated[SecretStr, BeforeValidator(parse_token)]
Port = Annotated[int, BeforeValidator(number_between(1, 65535, "give a port such as 8080"))]
Umask = Annotated[int, BeforeValidator(parse_umask)]
Seconds = Annotated[int, BeforeValidator(number_between(0, 86400, "give seconds, such as 8"))]
Sudo = Annotated[Literal["password", "nopasswd", "none"], BeforeValidator(one_of("password", "nopasswd", "none"))]
Auth = Annotated[Literal["token", "none"], BeforeValidator(one_of("token", "none"))]
Chown = Annotated[Literal["auto", "always", "never"], BeforeValidator(one_of("auto", "always", "never"))]
Level = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(one_of(*log.LEVELS))]


class Settings(BaseSettings):
    """Everything a user can set. The environment is read by `load_settings` alone.

    Shape: None means that labinit chooses, from what it finds (see `plan`); paths are absolute and normalized.
    Units: `grace_s` in seconds.
    """

    # What begins with LAB and is not listed here is the typo guard's business.
    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", case_sensitive=True, hide_input_in_errors=True, validate_default=False
    )

    uid: Id | None = Field(None, alias="LABUID", description="uid of the lab user; `0` runs everything as root")
    gid: Id | None = Field(None, alias="LABGID", description="gid of the lab user's primary group")
    user: Name = Field("lab", alias="LABUSER", description="login name")
    group: Name | None = Field(None, alias="LABGROUP", description="name of the primary group")
    password: Password | None = Field(None, alias="LABPASSWD", description="password for login and sudo")
    password_hash: PasswordHash | None = Field(
        None, alias="LABPASSWD_HASH", description="the same password, as a crypt(5) hash"
    )
    sudo: Sudo | None = Field(None, alias="LABSUDO", description="`password`, `nopasswd` or `none`")
    token: Token | None = Field(None, alias="JUPYTER_TOKEN", description="token that opens the page")
    auth: Auth = Field("token", alias="LABAUTH", description="`none` lets in everybody who reaches the port")
    data: Directory = Field("/data", alias="LABDATA", description="root of the notebooks: where the volume is mounted")
    home: Directory | None = Field(None, alias="LABHOME", description="home directory")
    chown: Chown = Field("auto", alias="LABCHOWN", description="when files of others are given to the lab user")
    port: Port = Field(8080, alias="LABPORT", description="port inside the container")
    umask: Umask = Field(0o022, alias="LABUMASK", description="umask of everything the user runs")
    grace_s: Seconds = Field(GRACE_S, alias="LABGRACE", description="seconds from SIGTERM to SIGKILL")
    log: Level = Field("info", alias="LABLOG", description="`debug`, `info`, `warning` or `error`")
    timezone: str | None = Field(None, alias="TZ", description="time zone, such as `Europe/Berlin`")
    inherited_home: str | None = Field(None, alias="HOME", description="home directory of a container without root")

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

    @property
    def home_directory(self) -> str:
        """The home directory asked for, or the usual one."""
        return self.home or ("/root" if self.uid == 0 else f"/home/{self.user}")


class Loaded(NamedTuple):
    """Settings, and what there is to say about how they were given."""

    settings: Settings
    notes: tuple[str, ...]
    warnings: tuple[Notice, ...]


NAMES = tuple(str(field.alias) for field in Settings.model_fields.values())


def load_settings(environ: Mapping[str, str], secrets_directory: str = SECRETS_DIRECTORY) -> Loaded:
    """Return the settings that `environ` holds, or refuse all wrong ones together.

    Raises: SettingsError, with one notice a problem; no notice holds the value of a secret.
    """
    reading = Reading(NAMES, environ, secrets_directory)
    values = reading.take()
    settings = _validate(values, reading)
    if settings is None or reading.problems:
        raise SettingsError(tuple(reading.problems))
    return Loaded(settings, tuple(reading.notes), (*_guess_typos(environ), *_drop_service_link(environ)))


def _validate(values: dict[str, str], reading: Reading) -> Settings | None:
    source = EnvSettingsSource(Settings, case_sensitive=True, env_ignore_empty=True)
    source.env_vars = values
    try:
        return Settings(**source())
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            name = str(detail["loc"][0])
            problem, cure = detail["ctx"]["error"].args
            reading.refuse(name, problem, cure)
        return None


# What Kubernetes and `docker run --link` say of a service called lab, labinit or the like.
_SERVICE_LINK = re.compile(r"LAB[A-Z0-9]*_(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_\d+_.+)?|NAME)")


def _guess_typos(environ: Mapping[str, str]) -> list[Notice]:
    """Return a notice for each variable that looks like one of ours and is none."""
    known = {name for name in (*NAMES, *FILES) if name.startswith(("LAB", "JUPYTER"))}
    notices = []
    for name in sorted(environ):
        is_ours = name.startswith("LAB") or name.upper() in known or _is_nearly_token(name)
        if name in known or not is_ours or _SERVICE_LINK.fullmatch(name):
            continue
        guesses = [name.upper()] if name.upper() in known else difflib.get_close_matches(name, known, 1, 0.75)
        hint = f"did you mean {guesses[0]}?" if guesses else "remove it, or see the README for those there are"
        notices.append(Notice(f"{name} is not a setting of labinit", hint))
    return notices


def _is_nearly_token(name: str) -> bool:
    """Tell whether a name is a slip of the pen: Jupyter has others of its own, and only this one of them is ours."""
    return name.startswith("JUPYTER") and bool(difflib.get_close_matches(name, ["JUPYTER_TOKEN"], 1, 0.93))


def _drop_service_link(environ: Mapping[str, str]) -> list[Notice]:
    """Return a notice if Kubernetes describes a service called jupyter where the server would look for its port."""
    port = environ.get("JUPYTER_PORT", "")
    if not port or is_port(port):
        return []
    return [Notice(f"JUPYTER_PORT={port} is not a port and is dropped", "set enableServiceLinks: false in the pod")]

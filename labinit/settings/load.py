"""What the user asked for, read once and checked together. Never looks at the system.

Secret files are settings too, and are read with them. `model` says what each setting may be; it
brings pydantic-settings, which takes longer than all the rest of a boot: what it has accepted once
is kept (see `kept`).
"""

from __future__ import annotations

from labinit.errors import Notice, SettingsError
from labinit.quick import NamedTuple
from labinit.settings import cache
from labinit.settings.sources import ALIASES, FILES, NAMES, SECRETS_DIRECTORY, Reading, is_port

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from labinit.settings.secret import Secret


class Settings(NamedTuple):
    """Everything a user can set.

    Shape: None means that labinit chooses, from what it finds (see `plan`); paths are absolute and
    normalized; `home_directory` is the home asked for, or the usual one; `is_named` means that
    LABUSER was given.
    Units: `grace_s` in seconds.
    """

    uid: int | None
    gid: int | None
    user: str
    group: str | None
    password: Secret | None
    password_hash: Secret | None
    sudo: str | None
    token: Secret | None
    auth: str
    data: str
    home: str | None
    chown: str
    port: int
    umask: int
    grace_s: int
    log: str
    timezone: str | None
    inherited_home: str | None
    home_directory: str
    is_named: bool


class Loaded(NamedTuple):
    """Settings, and what there is to say about how they were given.

    Shape: `to_keep` is "" if that is kept already.
    """

    settings: Settings
    notes: tuple[str, ...]
    warnings: tuple[Notice, ...]
    to_keep: str


def load_settings(environ: Mapping[str, str], secrets_directory: str = SECRETS_DIRECTORY) -> Loaded:
    """Return the settings that `environ` holds, or refuse all wrong ones together.

    Raises: SettingsError, with one notice a problem; no notice holds the value of a secret.
    """
    reading = Reading(NAMES, environ, secrets_directory)
    values, to_keep = reading.take(), ""
    found = None if reading.problems else cache.find(values)
    if found is None:
        from labinit.settings.model import validate  # noqa: PLC0415 - most boots have done that before

        found = validate(values, reading)
        if found is None or reading.problems:
            raise SettingsError(tuple(reading.problems))
        to_keep = cache.to_text(values, found)
    warnings = (*_guess_typos(environ), *_drop_service_link(environ))
    return Loaded(Settings(**found), tuple(reading.notes), warnings, to_keep)


# What Kubernetes and `docker run --link` say of a service called lab, labinit or the like.
_SERVICE_LINK = r"LAB[A-Z0-9]*_(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_\d+_.+)?|NAME)"


def _guess_typos(environ: Mapping[str, str]) -> list[Notice]:
    """Return a notice for each variable that looks like one of ours and is none."""
    known = {name for name in (*NAMES, *FILES) if name.startswith(("LAB", "JUPYTER"))}
    suspects = [
        name
        for name in sorted(environ.keys() - known)
        if name.startswith("LAB") or name.upper() in known or _may_be_token(name)
    ]
    if not suspects:
        return []
    import difflib  # noqa: PLC0415 - it brings re, and most have nothing to guess
    import re  # noqa: PLC0415

    notices = []
    for name in suspects:
        is_near = name.startswith("JUPYTER") and difflib.get_close_matches(
            name, ["JUPYTER_TOKEN"], 1, 0.93
        )
        is_ours = name.startswith("LAB") or name.upper() in known or is_near
        if not is_ours or re.fullmatch(_SERVICE_LINK, name):
            continue
        guesses = (
            [name.upper()]
            if name.upper() in known
            else difflib.get_close_matches(name, known, 1, 0.75)
        )
        hint = (
            f"did you mean {guesses[0]}?"
            if guesses
            else "remove it, or see the README for those there are"
        )
        notices.append(Notice(f"{name} is not a setting of labinit", hint))
    return notices


def _may_be_token(name: str) -> bool:
    """Tell whether a name is long enough for a slip of the pen: Jupyter has others of its own."""
    return (
        name.startswith("JUPYTER")
        and abs(len(name) - len("JUPYTER_TOKEN")) <= 1
        and name not in ALIASES
    )


def _drop_service_link(environ: Mapping[str, str]) -> list[Notice]:
    """Return a notice if Kubernetes describes a service called jupyter where the server would look for its port."""
    port = environ.get("JUPYTER_PORT", "")
    if not port or is_port(port):
        return []
    return [
        Notice(
            f"JUPYTER_PORT={port} is not a port and is dropped",
            "set enableServiceLinks: false in the pod",
        )
    ]

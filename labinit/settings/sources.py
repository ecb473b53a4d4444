"""Which variable or file gives which setting: aliases, secret files, accidents of env files.

Checks no value.
"""

from __future__ import annotations

import os

from labinit.errors import Notice, RefusedError
from labinit.trust import UntrustedError, open_trusted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# In the order of the model. tests/unit/test_settings.py compares.
NAMES = (
    *(
        "LABUID",
        "LABGID",
        "LABUSER",
        "LABGROUP",
        "LABPASSWD",
        "LABPASSWD_HASH",
        "LABSUDO",
        "JUPYTER_TOKEN",
        "LABAUTH",
    ),
    *("LABDATA", "LABHOME", "LABCHOWN", "LABPORT", "LABUMASK", "LABGRACE", "LABLOG", "TZ", "HOME"),
)
SECRETS = ("LABPASSWD", "LABPASSWD_HASH", "JUPYTER_TOKEN")
FILES = {f"{name}_FILE": name for name in SECRETS}
MAX_SECRET_FILE_BYTES = 64 * 1024
SECRETS_DIRECTORY = "/run/secrets"
# Found by themselves where an engine mounts its secrets.
_USUAL_FILES = {"LABPASSWD": "labpasswd", "JUPYTER_TOKEN": "jupyter_token"}

_YES = {"yes", "1", "true"}


def _sudo_from_grant(text: str) -> str:
    return "nopasswd" if text.lower() in _YES else ""


def _chown_from_home(text: str) -> str:
    return "auto" if text.lower() in _YES else ""


def _umask(text: str) -> str:
    digits = text.lstrip("0").rjust(3, "0")
    is_octal = len(digits) == 3 and not digits.strip("01234567")
    return digits if is_octal and len(text) >= 3 else text


def is_port(text: str) -> bool:
    """Tell whether JUPYTER_PORT holds a port at all: a Kubernetes service link puts an address there."""
    return text.isdecimal()


def _port(text: str) -> str:
    return text if is_port(text) else ""


def _as_is(text: str) -> str:
    return text


# Names that other images use, and how their values translate; "" is no value.
# Source: linuxserver.io "Understanding PUID and PGID"; jupyter-docker-stacks "Common features".
ALIASES: dict[str, tuple[str, Callable[[str], str]]] = {
    "PUID": ("LABUID", _as_is),
    "PGID": ("LABGID", _as_is),
    "UMASK": ("LABUMASK", _umask),
    "NB_USER": ("LABUSER", _as_is),
    "NB_UID": ("LABUID", _as_is),
    "NB_GID": ("LABGID", _as_is),
    "NB_UMASK": ("LABUMASK", _umask),
    "GRANT_SUDO": ("LABSUDO", _sudo_from_grant),
    "CHOWN_HOME": ("LABCHOWN", _chown_from_home),
    "JUPYTER_PORT": ("LABPORT", _port),
}


class Reading:
    """One pass over the environment: which variable or file gives which setting, and what is wrong with that.

    Shape: `origins` maps a setting to the variable or file it was taken from, where that is
    another.
    """

    def __init__(
        self, names: tuple[str, ...], environ: Mapping[str, str], secrets_directory: str
    ) -> None:
        self.environ = {name: value for name, value in environ.items() if value}
        self.problems: list[Notice] = []
        self.notes: list[str] = []
        self.origins: dict[str, str] = {}
        self._names = names
        self._secrets_directory = secrets_directory
        self._values: dict[str, str] = {}

    def take(self) -> dict[str, str]:
        """Return setting → text; what is empty is unset."""
        for name in self._names:
            if name in self.environ and self._is_clean(name):
                self._values[name] = self.environ[name]
        for alias, (name, translate) in ALIASES.items():
            if alias in self.environ and self._is_clean(alias):
                self._take_alias(alias, name, translate(self.environ[alias]))
        for name in SECRETS:
            self._take_secret_file(name)
        if "LABPASSWD" in self._values and "LABPASSWD_HASH" in self._values:
            self.problems.append(
                Notice("LABPASSWD and LABPASSWD_HASH are both set", "give the password in one form")
            )
        return self._values

    def refuse(self, name: str, problem: str, cure: str) -> None:
        """Note a problem with the value of a setting, under the name the user gave it by."""
        origin = self.origins.get(name, name)
        shown = "" if name in SECRETS else f"={self.environ.get(origin, '')!r}"
        self.problems.append(Notice(f"{origin}{shown} {problem}", cure))

    def _is_clean(self, name: str) -> bool:
        """Refuse what a Windows file or a quoting accident has done to a value, with that explanation."""
        value = self.environ[name]
        if value.endswith("\r"):
            self.refuse(
                name,
                "ends with a carriage return",
                "save the file it comes from with Unix line ends (dos2unix)",
            )
            return False
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            self.refuse(
                name,
                "is wrapped in quotes",
                "remove them: in env files and YAML lists they are part of the value",
            )
            return False
        return True

    def _take_alias(self, alias: str, name: str, value: str) -> None:
        if not value:
            return
        if name not in self._values:
            self._values[name] = value
            self.origins[name] = alias
            self.notes.append(f"{alias} is taken as {name}={value}")
        elif self._values[name] != value:
            first = self.origins.get(name, name)
            both = f"{first}={self.environ[first]!r} and {alias}={self.environ[alias]!r}"
            self.problems.append(Notice(f"{both} differ", f"set {name} only"))

    def _take_secret_file(self, name: str) -> None:
        variable, usual = f"{name}_FILE", f"{self._secrets_directory}/{_USUAL_FILES.get(name)}"
        if variable in self.environ:
            if name in self._values:
                self.problems.append(
                    Notice(f"{name} and {variable} are both set", f"keep {variable} only")
                )
            elif self._is_clean(variable):
                self._read_secret(name, variable, self.environ[variable])
        elif name in _USUAL_FILES and not self._is_given(name) and os.path.lexists(usual):
            self.notes.append(f"{name} is read from {usual}")
            self._read_secret(name, usual, usual)

    def _is_given(self, name: str) -> bool:
        """Tell whether a secret is asked for by name: then a file that happens to be mounted is not meant."""
        names = (name, "LABPASSWD_HASH", "LABPASSWD_HASH_FILE") if name == "LABPASSWD" else (name,)
        return any(self.environ.get(other) for other in names)

    def _read_secret(self, name: str, origin: str, path: str) -> None:
        self.origins[name] = origin if origin == path else f"{origin}={path}"
        try:
            self._values[name] = read_secret(path)
        except UntrustedError as error:
            self.refuse(
                name,
                f"is not root's alone: {error.who} can change {error.where}",
                "mount it read-only (-v FILE:PATH:ro) outside of the user's directories,"
                f" or chown root:root {error.where} and chmod go-w it",
            )
        except OSError as error:
            reader = "root" if os.geteuid() == 0 else f"uid {os.geteuid()}, which labinit runs as,"
            self.refuse(
                name,
                f"cannot be read: {error.strerror}",
                f"mount a file there that {reader} can read",
            )
        except RefusedError as error:
            self.refuse(name, *error.args)


def read_secret(path: str) -> str:
    """Return the content of a secret file, less the one line end that editors and `echo` leave.

    Raises: UntrustedError, if somebody besides root could have put it there; OSError; RefusedError,
    if it is empty or larger than a secret ever is.
    """
    with open(open_trusted(path), "rb") as file:
        content = file.read(MAX_SECRET_FILE_BYTES + 1)
    if len(content) > MAX_SECRET_FILE_BYTES:
        raise RefusedError(
            "is over 64 KiB", "mount the file that holds the secret and nothing else"
        )
    content = content.removesuffix(b"\n").removesuffix(b"\r")
    if not content:
        raise RefusedError("is empty", "write the secret into it, or do not mount it")
    return os.fsdecode(content)

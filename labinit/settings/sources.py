"""Which variable or file gives which setting: names, aliases, secret files. Checks no value."""

from __future__ import annotations

import os

from labinit.errors import Notice, RefusedError
from labinit.quick import NamedTuple
from labinit.trust import UntrustedError, open_trusted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_SECRET_FILE_BYTES = 64 * 1024
SECRETS_DIRECTORY = "/run/secrets"
# Two ways to say one thing, of which a user has to choose one.
_EXCLUSIVE = (
    ("LABPASSWD", "LABPASSWD_HASH", "give the password in one form"),
    ("JUPYTER_TOKEN", "JUPYTER_PASSWORD", "the page is opened by one of them: remove the other"),
)


class Schema(NamedTuple):
    """What has to be known of the settings to read their values, in the order of the model."""

    names: dict[str, str]  # variable → field
    aliases: dict[str, str]  # another image's variable → ours
    secrets: dict[str, str]  # variable → the kind of its secret


def file_variables(schema: Schema) -> dict[str, str]:
    """Return variable → secret whose file it names."""
    return {variable: name for name in schema.secrets for variable in _files_of(name)}


def _files_of(name: str) -> tuple[str, str]:
    # The second as in linuxserver.io "Docker secrets".
    return f"{name}_FILE", f"FILE__{name}"


def secret_variables(schema: Schema) -> set[str]:
    """Return the variables with a secret or its file: no process of the user's gets them."""
    aliases = {alias for alias, name in schema.aliases.items() if name in schema.secrets}
    return {*schema.secrets, *file_variables(schema), *aliases}


def is_port(text: str) -> bool:
    """Tell whether JUPYTER_PORT holds a port: a Kubernetes service link puts an address there."""
    return text.isdecimal()


def _if_yes(value: str) -> Callable[[str], str]:
    return lambda text: value if text.lower() in {"yes", "1", "true"} else ""


def _umask(text: str) -> str:
    digits = text.lstrip("0").rjust(3, "0")
    is_octal = len(digits) == 3 and not digits.strip("01234567")
    return digits if is_octal and len(text) >= 3 else text


# Names of other images whose values mean something else; "" is no value.
# Source: linuxserver.io "Understanding PUID and PGID"; jupyter-docker-stacks "Common features".
_TRANSLATIONS: dict[str, Callable[[str], str]] = {
    "UMASK": _umask,
    "NB_UMASK": _umask,
    "GRANT_SUDO": _if_yes("nopasswd"),
    "CHOWN_HOME": _if_yes("auto"),
    "JUPYTER_PORT": lambda text: text if is_port(text) else "",
}


class Reading:
    """One pass over the environment: what gives which setting, and what is wrong with that."""

    def __init__(self, schema: Schema, environ: Mapping[str, str], secrets_directory: str) -> None:
        self.environ = {name: value for name, value in environ.items() if value}
        self.problems: list[Notice] = []
        self.notes: list[str] = []
        # Setting → the variable or file it was taken from, where that is another.
        self.origins: dict[str, str] = {}
        self._schema = schema
        self._secrets_directory = secrets_directory
        self._values: dict[str, str] = {}

    def take(self) -> dict[str, str]:
        """Return setting → text; what is empty is unset."""
        # First our own names: another image's counts only where ours is unset.
        for name in self._schema.names:
            if name in self.environ and self._is_clean(name):
                self._values[name] = self.environ[name]
        for alias, name in self._schema.aliases.items():
            if alias in self.environ and self._is_clean(alias):
                translate = _TRANSLATIONS.get(alias, str)
                self._take_alias(alias, name, translate(self.environ[alias]))
        for name in self._schema.secrets:
            self._take_secret_file(name)
        for one, other, remedy in _EXCLUSIVE:
            if one in self._values and other in self._values:
                self.problems.append(Notice(f"{one} and {other} are both set", remedy))
        return self._values

    def refuse(self, name: str, problem: str, remedy: str) -> None:
        """Note a problem with the value of a setting, under the name the user gave it by."""
        origin = self.origins.get(name, name)
        shown = "" if name in self._schema.secrets else f"={self.environ.get(origin, '')!r}"
        self.problems.append(Notice(f"{origin}{shown} {problem}", remedy))

    def _is_clean(self, name: str) -> bool:
        """Refuse a value with the line end of a Windows file or with quotes, and explain that."""
        # In an env file all that follows the = is the value: docker run(1), --env-file.
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
            shown = "" if name in self._schema.secrets else f"={value}"
            self.notes.append(f"{alias} is taken as {name}{shown}")
        elif self._values[name] != value:
            first = self.origins.get(name, name)
            is_secret = name in self._schema.secrets
            both = " and ".join(
                each if is_secret else f"{each}={self.environ[each]!r}" for each in (first, alias)
            )
            self.problems.append(Notice(f"{both} differ", f"set {name} only"))

    def _take_secret_file(self, name: str) -> None:
        named = [variable for variable in _files_of(name) if variable in self.environ]
        usual = f"{self._secrets_directory}/{name.lower()}"
        if len({self.environ[variable] for variable in named}) > 1:
            problem = f"{' and '.join(named)} differ"
            self.problems.append(Notice(problem, f"set {named[0]} only"))
        elif named and name in self._values:
            problem = f"{name} and {named[0]} are both set"
            self.problems.append(Notice(problem, f"keep {named[0]} only"))
        elif named and self._is_clean(named[0]):
            if named[0].startswith("FILE__"):
                self.notes.append(f"{named[0]} is taken as {name}_FILE={self.environ[named[0]]}")
            self._read_secret(name, named[0], self.environ[named[0]])
        elif not named and not self._is_given(name) and os.path.lexists(usual):
            self.notes.append(f"{name} is read from {usual}")
            self._read_secret(name, usual, usual)

    def _is_given(self, name: str) -> bool:
        """Tell whether a secret is given by name: then a file in its place is not meant."""
        others = {other for pair in _EXCLUSIVE if name in pair[:2] for other in pair[:2]} | {name}
        names = others.union(*map(_files_of, others))
        return not names.isdisjoint(self.environ) or not others.isdisjoint(self._values)

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

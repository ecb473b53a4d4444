"""Secrets: what keeps them out of logs, and what one may be. Pure; without `re`: it is slow."""

from __future__ import annotations

from labinit.errors import RefusedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Source: crypt(5), the methods that are still considered strong.
_METHODS = {"y", "gy", "7", "2a", "2b", "2x", "2y", "6", "5", "sha1", "sm3", "md5", "1"}


class Secret:
    """A text that is shown to nobody by accident."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self.check(text)
        self._text = text

    @staticmethod
    def check(text: str) -> None:
        """Refuse what cannot be one of this kind. Raises: RefusedError."""

    def get_secret_value(self) -> str:
        """Return the text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('********')"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    @classmethod
    def __get_pydantic_core_schema__(cls, *_: Any) -> Any:
        """Let a field of the model be one. pydantic, which asks, is there already."""
        from pydantic_core import core_schema  # noqa: PLC0415

        return core_schema.no_info_plain_validator_function(cls)


class Password(Secret):
    """A password of an account or of the page."""

    @staticmethod
    def check(text: str) -> None:
        """Refuse what chpasswd would not take as it is. Raises: RefusedError."""
        # `printf 'lab:x\nroot:y' | chpasswd` gives root a password; a CR would be kept silently.
        if any(char < " " or "\x7f" <= char <= "\x9f" for char in text):
            raise RefusedError(
                "has a line break or another control character in it",
                "choose a password of printable characters",
            )
        if len(text.encode(errors="surrogateescape")) > 511:
            raise RefusedError(
                "is longer than 511 bytes, the most that chpasswd takes", "choose a shorter one"
            )


class PasswordHash(Secret):
    """A hash as crypt(5) makes it."""

    @staticmethod
    def check(text: str) -> None:
        """Refuse what login cannot check; `chpasswd -e` takes any. Raises: RefusedError."""
        empty, _, rest = text.partition("$")
        method, separator, rest = rest.partition("$")
        is_sound = not empty and method in _METHODS and separator and rest and ":" not in rest
        if not is_sound or not _is_visible(rest):
            raise RefusedError(
                "is not a password hash as in crypt(5)",
                "make one with `mkpasswd` or `openssl passwd -6`, and write each $ as $$ in a"
                " Compose file",
            )


class Token(Secret):
    """A token that opens the page."""

    @staticmethod
    def check(text: str) -> None:
        """Refuse a token that cannot stand in an address and in a header. Raises: RefusedError."""
        if not _is_visible(text):
            raise RefusedError(
                "has a space, a control character or a letter beyond ASCII in it",
                "use what can stand in an address, such as the output of `openssl rand -hex 24`",
            )


class Arguments(Secret):
    """Words of a command line, which may hold a password."""

    @staticmethod
    def check(text: str) -> None:
        """Refuse what a shell would not split. Raises: RefusedError."""
        import shlex  # noqa: PLC0415 - hardly anybody gives any, and it brings re

        try:
            shlex.split(text)
        except ValueError as error:
            raise RefusedError(
                f"cannot be split into words: {error}", "quote it as in a shell"
            ) from None

    def split(self) -> tuple[str, ...]:
        """Return the words."""
        import shlex  # noqa: PLC0415

        return tuple(shlex.split(self.get_secret_value()))


def _is_visible(text: str) -> bool:
    return all("!" <= char <= "~" for char in text)


# By the names that the cache knows them by.
KINDS: dict[str, type[Secret]] = {
    kind.__name__: kind for kind in (Secret, Password, PasswordHash, Token, Arguments)
}

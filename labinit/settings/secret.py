"""Secrets: what keeps them out of logs, and what one may be.

Pure; without `re`, because each start checks them.
"""

from labinit.errors import RefusedError

# Source: crypt(5), the methods that are still considered strong.
_METHODS = {"y", "gy", "7", "2a", "2b", "2x", "2y", "6", "5", "sha1", "sm3", "md5", "1"}


class Secret:
    """A text that is shown to nobody by accident."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

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


def check_password(text: str) -> None:
    """Refuse what chpasswd would not take as it is. Raises: RefusedError, like the others here."""
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


def check_hash(text: str) -> None:
    """Refuse a password hash that login and sudo cannot check; `chpasswd -e` would store any text."""
    empty, _, rest = text.partition("$")
    method, separator, rest = rest.partition("$")
    if (
        empty
        or method not in _METHODS
        or not separator
        or not rest
        or ":" in rest
        or not _is_visible(rest)
    ):
        raise RefusedError(
            "is not a password hash as in crypt(5)",
            "make one with `mkpasswd` or `openssl passwd -6`, and write each $ as $$ in a Compose file",
        )


def check_token(text: str) -> None:
    """Refuse a token that cannot stand in an address and in a header."""
    if not _is_visible(text):
        raise RefusedError(
            "has a space, a control character or a letter beyond ASCII in it",
            "use what can stand in an address, such as the output of `openssl rand -hex 24`",
        )


def _is_visible(text: str) -> bool:
    return all("!" <= char <= "~" for char in text)


# Shape: variable → field of `Settings`, and what its text has to pass.
CHECKS = {
    "LABPASSWD": ("password", check_password),
    "LABPASSWD_HASH": ("password_hash", check_hash),
    "JUPYTER_TOKEN": ("token", check_token),
}

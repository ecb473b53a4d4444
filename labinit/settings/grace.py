"""The grace period, which a plain init (`--init-only`) takes, too. Pure; standard library only."""

from labinit.errors import RefusedError

MAX_GRACE_S = 86400


def parse_grace(text: str) -> int:
    """Return the seconds from SIGTERM to SIGKILL. Raises: RefusedError."""
    is_number = text.isascii() and text.isdecimal() and (text == "0" or text[0] != "0")
    if not is_number or len(text) > len(str(MAX_GRACE_S)) or int(text) > MAX_GRACE_S:
        raise RefusedError(
            f"is not a whole number from 0 to {MAX_GRACE_S}", "give seconds, such as 8"
        )
    return int(text)

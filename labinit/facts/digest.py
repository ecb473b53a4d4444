"""Digests of secrets: they tell whether a secret has changed, and are slow to guess from.

Reads no file.
"""

import binascii

# Digests by secret, as `functools.cache` would hold them; that brings `collections`, which a start
# would wait for.
_made: dict[tuple[str, bytes], bytes] = {}


def slow_key(secret: str, salt: bytes) -> bytes:
    """Return 64 bytes that only who knows the secret can make, and nobody many of in a short time.

    Units: about 10 ms and 4 MiB each, while other threads run. Source: RFC 7914.
    """
    if (secret, salt) not in _made:
        import hashlib  # noqa: PLC0415 - with OpenSSL 4 ms, and only passwords need it

        key = hashlib.scrypt(secret.encode(errors="surrogateescape"), salt=salt, n=4096, r=8, p=1)
        _made[secret, salt] = key
    return _made[secret, salt]


def digest(secret: str, salt: bytes) -> str:
    """Return a salted digest of a secret, for a file."""
    return f"scrypt${_encode(salt)}${_encode(slow_key(secret, salt))}"


def is_digest_of(text: str, secret: str) -> bool:
    """Tell whether `text` is the digest of `secret`."""
    try:
        _, salt, _ = text.split("$")
        # Nobody can try one secret after another with a clock in hand: they are the container's own
        # settings.
        return text == digest(secret, binascii.a2b_base64(salt, strict_mode=True))
    except ValueError:
        return False


def _encode(data: bytes) -> str:
    # `base64` imports re.
    return binascii.b2a_base64(data, newline=False).decode()

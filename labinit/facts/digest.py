"""Salted, slow digests of secrets, to see whether a secret has changed. Reads no file."""

import binascii

# Digests by secret, as `functools.cache` would hold them; that brings `collections`, which a start
# would wait for.
_keys: dict[tuple[str, bytes], bytes] = {}


def slow_key(secret: str, salt: bytes) -> bytes:
    """Return a key of 64 bytes, derived from a secret slowly, so that guessing takes long.

    Units: about 10 ms and 4 MiB each, while other threads run. Source: RFC 7914.
    """
    if (secret, salt) not in _keys:
        import hashlib  # noqa: PLC0415 - with OpenSSL 4 ms, and only passwords need it

        key = hashlib.scrypt(secret.encode(errors="surrogateescape"), salt=salt, n=4096, r=8, p=1)
        _keys[secret, salt] = key
    return _keys[secret, salt]


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

"""Two things of the standard library without the modules they come in: a start would wait for those 9 ms longer.

`json` imports re, and with it enum; `typing` is large. Both, and `socket`, wrap what is there in C.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from json import loads
    from typing import NamedTuple
else:
    from _json import make_scanner

    class _AsInJson:
        """What `json.JSONDecoder` tells the scanner by default."""

        strict = True
        object_hook = object_pairs_hook = None
        parse_float = float
        parse_int = int
        parse_constant = float

    _scan = make_scanner(_AsInJson)

    def loads(text: str) -> object:
        """Return the value that a JSON text holds.

        Raises: ValueError.
        """
        text = text.strip(" \t\n\r")
        try:
            value, end = _scan(text, 0)
        except StopIteration as error:
            raise ValueError(f"no JSON: {text[:80]}") from error
        if end != len(text):
            raise ValueError(f"no JSON: {text[end : end + 80]}")
        return value

    class _Fields(type):
        """Makes a named tuple of a class of annotations, as `typing.NamedTuple` does."""

        def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, object]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, namespace)
            # Not at the top: who only wants `loads` does not wait for it.
            from collections import namedtuple  # noqa: PLC0415

            fields = namespace["__annotations__"]
            defaults = [namespace[field] for field in fields if field in namespace]
            made = namedtuple(name, fields, defaults=defaults, module=namespace["__module__"])  # noqa: PYI024
            made.__doc__, made.__annotations__ = namespace.get("__doc__"), fields
            return made

    class NamedTuple(metaclass=_Fields):
        """`typing.NamedTuple`, for classes without methods."""


__all__ = ["NamedTuple", "loads"]

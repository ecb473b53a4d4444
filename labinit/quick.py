"""JSON and named tuples without importing `json` and `typing`, which would cost each start 9 ms.

`json` imports re, and with it enum; `typing` is large. Both, and `socket`, wrap what is there in C.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from json import dumps, loads
    from typing import NamedTuple
else:
    from _json import encode_basestring_ascii, make_encoder, make_scanner

    class _AsInJson:
        # What `json.JSONDecoder` tells the scanner by default.

        strict = True
        object_hook = object_pairs_hook = None
        parse_float = float
        parse_int = int
        parse_constant = float

    _scan = make_scanner(_AsInJson)

    def loads(text: str) -> object:
        """Return the value that a JSON text holds. Raises: ValueError."""
        text = text.strip(" \t\n\r")
        try:
            value, end = _scan(text, 0)
        # SystemError: before Python 3.13, where json.decoder is not there to raise its own.
        except (StopIteration, SystemError, RecursionError):
            raise ValueError(f"no JSON: {text[:80]}") from None
        if end != len(text):
            raise ValueError(f"no JSON: {text[end : end + 80]}")
        return value

    _encode = make_encoder(
        None, None, encode_basestring_ascii, None, ": ", ", ", False, False, True
    )

    def dumps(value: object) -> str:
        """Return a value as JSON."""
        return "".join(_encode(value, 0))

    from _collections import _tuplegetter

    class _Values(tuple):
        """What all named tuples have."""

        __slots__ = ()

        def __new__(cls, *values: object, **named: object) -> tuple:
            fields = cls._fields
            if named or len(values) != len(fields):
                by_order = dict(zip(fields, values, strict=False))
                everything = cls._defaults | by_order | named
                is_twice = len(values) > len(by_order) or by_order.keys() & named.keys()
                if is_twice or everything.keys() != cls._getters:
                    raise TypeError(f"{cls.__name__} takes {', '.join(fields)}")
                values = map(everything.__getitem__, fields)
            return tuple.__new__(cls, values)

        # For pickle and copy, which would pass the tuple itself as the first value.
        def __getnewargs__(self) -> tuple:
            return tuple(self)

        def __repr__(self) -> str:
            fields = ", ".join(f"{name}={value!r}" for name, value in self._asdict().items())
            return f"{type(self).__name__}({fields})"

        def _asdict(self) -> dict[str, object]:
            return dict(zip(self._fields, self, strict=True))

        def _replace(self, **changes: object) -> tuple:
            return type(self)(**{**self._asdict(), **changes})

    class _Fields(type):
        """Makes a named tuple of a class of annotations, as `typing.NamedTuple` does."""

        def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, object]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, namespace)
            fields = tuple(namespace["__annotations__"])
            defaults = {field: namespace.pop(field) for field in fields if field in namespace}
            getters = {field: _tuplegetter(number, "") for number, field in enumerate(fields)}
            own = {"_fields": fields, "_defaults": defaults, "_getters": getters.keys()}
            own |= {"__slots__": (), "__match_args__": fields}
            return type(name, (_Values,), {**namespace, **getters, **own})

    class NamedTuple(metaclass=_Fields):
        """`typing.NamedTuple`, for classes without methods."""


__all__ = ["NamedTuple", "dumps", "loads"]

"""Says in one line why the model refused a value, and what to do. Pure."""

from __future__ import annotations

from labinit.errors import RefusedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails


def explain(detail: ErrorDetails, info: FieldInfo) -> tuple[str, str]:
    """Return what is wrong with a value, and the remedy: the parser's, else pydantic's."""
    context = detail.get("ctx", {})
    error = context.get("error")
    if isinstance(error, RefusedError):
        problem, remedy = error.args
        return str(problem), str(remedy)
    if detail["type"] == "literal_error":
        return "is an invalid value", f"use one of: {context['expected']}".replace("'", "")
    message = detail["msg"].removeprefix("Input ").removeprefix("Value error, ")
    example = f", such as {info.default}" if isinstance(info.default, str | int | float) else ""
    return f"is an invalid value: it {message}", f"give {info.description or 'another'}{example}"

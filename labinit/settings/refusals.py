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
    message = " ".join(detail["msg"].split())  # a validator's own may have several lines
    if " should " in message:
        message = f"it should {message.partition(' should ')[2]}"  # "String should match", say
    for prefix, word in (("Value error, ", ""), ("Assertion failed, ", ""), ("Input ", "it ")):
        message = word + message.removeprefix(prefix) if message.startswith(prefix) else message
    has_example = isinstance(info.default, str | int | float) and info.default != ""
    example = f", such as {info.default}" if has_example else ""
    return f"is an invalid value: {message}", f"give {info.description or 'another'}{example}"

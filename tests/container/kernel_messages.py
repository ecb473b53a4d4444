"""What a kernel says of a cell: the messages of a request, and what stands in them."""

from typing import Any

from tests.container.kernel_client import Kernel
from tests.container.language import Language

PATIENCE_S = 120
Message = dict[str, Any]


def run(kernel: Kernel, code: str) -> list[Message]:
    """Run a cell to its end."""
    return list(kernel.messages(kernel.begin(code), PATIENCE_S))


def kind(message: Message) -> str:
    return str(message["header"]["msg_type"])


def text_of(messages: list[Message], name: str = "stdout") -> str:
    """Return all that came as a stream of this name."""
    return "".join(
        message["content"]["text"]
        for message in messages
        if kind(message) == "stream" and message["content"]["name"] == name
    )


def bundles(messages: list[Message], *kinds: str) -> list[dict[str, Any]]:
    return [message["content"]["data"] for message in messages if kind(message) in kinds]


def status(messages: list[Message]) -> str:
    (reply,) = (message for message in messages if kind(message) == "execute_reply")
    return str(reply["content"]["status"])


def errors(messages: list[Message]) -> str:
    """Return the tracebacks, as the page shows them."""
    return "\n".join(
        "\n".join([message["content"]["evalue"], *message["content"]["traceback"]])
        for message in messages
        if kind(message) == "error"
    )


def is_alive(kernel: Kernel, language: Language) -> bool:
    """Tell whether the next cell works."""
    code, value = language.value
    return any(value in text_in(data) for data in bundles(run(kernel, code), "execute_result"))


def text_in(data: dict[str, Any]) -> str:
    return str(data.get("text/plain", ""))

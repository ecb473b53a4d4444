"""A toy engine: Python, in a few lines. What the front's tests drive, and a model of the protocol.

Its "language" is Python's exec, with functions for what an engine can do besides.
"""

import code as console
import json
import os
import signal
import sys
import traceback
from typing import Any

Reply = dict[str, Any]

requests, messages = os.fdopen(3, "rb"), os.fdopen(4, "wb")
os.set_inheritable(3, False)
os.set_inheritable(4, False)
variables = {"__name__": "__main__"}


class ReadError(Exception):
    """The front end gives no input."""


def send(**message: Any) -> None:
    """Send one message: what was printed before has to be in its pipe first."""
    sys.stdout.flush()
    sys.stderr.flush()
    messages.write(json.dumps(message).encode() + b"\n")
    messages.flush()


def display(mime: str, text: str, **options: Any) -> None:
    """Show something: after what was printed before, and before what is printed next."""
    send(type="display", data={mime: text}, sync=id(text), **options)
    answer("synced", sync=id(text))


def answer(kind: str, **expected: Any) -> Reply:
    """Wait for an answer of the front's; an older one is for a cell that was interrupted."""
    while True:
        request: Reply = json.loads(requests.readline())
        if request["type"] == kind and expected.items() <= request.items():
            return request


def read(prompt: str = "", *, password: bool = False) -> str | None:
    """Ask for a line; None is the end of the input."""
    send(type="input", prompt=prompt, password=password)
    request = answer("input_reply", id=running)
    if "error" in request:
        raise ReadError(request["error"])
    return None if request.get("eof") else request["value"]


def execute(code: str, count: int, **_: Any) -> Reply:
    """Run a cell."""
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            body = compile(code, f"In[{count}]", "eval")
        except SyntaxError:
            exec(compile(code, f"In[{count}]", "exec"), variables)
        else:
            value = eval(body, variables)
            if value is not None:
                send(type="result", data={"text/plain": repr(value)}, metadata={})
    except BaseException as error:  # noqa: BLE001
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        lines = traceback.format_exception(error)
        return {"error": {"ename": type(error).__name__, "evalue": str(error), "traceback": lines}}
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return {}


def complete(code: str, cursor: int) -> Reply:
    """Complete a name."""
    word = code[:cursor].rsplit(maxsplit=1)[-1] if code[:cursor].split() else ""
    found = [{"text": name, "type": "name"} for name in variables if name.startswith(word)]
    return {"matches": found, "start": cursor - len(word), "end": cursor}


def inspect(code: str, cursor: int, detail: int) -> Reply:
    """Show a value."""
    value = variables.get(code.strip())
    return {"found": value is not None, "data": {"text/plain": f"{value!r} {cursor} {detail}"}}


def is_complete(code: str) -> Reply:
    """Tell whether a console should run it."""
    try:
        done = console.compile_command(code)
    except SyntaxError:
        return {"status": "invalid"}
    return {"status": "complete"} if done else {"status": "incomplete", "indent": "    "}


signal.signal(signal.SIGINT, signal.SIG_IGN)
variables.update(display=display, read=read, send=send)
send(
    type="ready", language_info={"name": "toy", "mimetype": "text/x-toy", "file_extension": ".toy"}
)
for line in requests:
    request = json.loads(line)
    kind, number = request.pop("type"), request.pop("id", None)
    if kind == "shutdown":
        break
    if kind not in {"input_reply", "synced"}:  # those came after their cell had ended
        running = number
        send(type="done", id=number, **globals()[kind](**request))

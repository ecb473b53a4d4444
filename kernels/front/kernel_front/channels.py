"""The five sockets of a kernel. Knows no request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import zmq

from kernel_front.wire import BadMessageError, Message, Session

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINGER_MS = 1000


class Channels:
    """Bound sockets, and the session that signs what goes through them."""

    def __init__(self, connection_file: str) -> None:
        """Bind what the connection file names. Raises: OSError, ValueError, KeyError, ZMQError."""
        with open(connection_file, encoding="utf-8") as file:
            info = json.load(file)
        self.session = Session(info.get("key", "").encode())
        self._topic = f"kernel.{self.session.identity}."
        self._context = zmq.Context()
        self._info = info
        self.shell = self._bind(zmq.ROUTER, "shell_port")
        self.control = self._bind(zmq.ROUTER, "control_port")
        self.stdin = self._bind(zmq.ROUTER, "stdin_port")
        self.iopub = self._bind(zmq.XPUB, "iopub_port")
        self.heartbeat = self._bind(zmq.ROUTER, "hb_port")

    @property
    def ports(self) -> dict[str, int]:
        """The ports, as a connect_reply names them."""
        return {name: port for name, port in self._info.items() if name.endswith("_port")}

    def _bind(self, kind: int, port: str) -> zmq.Socket[bytes]:
        socket = self._context.socket(kind)
        socket.linger = _LINGER_MS
        # Nothing is dropped: the front joins output into few messages, and a subscriber that has
        # gone takes its queue along.
        socket.sndhwm = 0
        if kind == zmq.ROUTER:
            # A client that connects anew under its old name: ipykernel issue 270.
            socket.router_handover = 1
        if secret := self._info.get("curve_secretkey"):
            socket.curve_secretkey = secret.encode()
            socket.curve_publickey = self._info["curve_publickey"].encode()
            socket.curve_server = True
        separator = ":" if self._info["transport"] == "tcp" else "-"
        address = f"{self._info['transport']}://{self._info['ip']}{separator}{self._info[port]}"
        socket.bind(address)
        return socket

    def receive(self, socket: zmq.Socket[bytes]) -> Iterator[Message]:
        """Yield the next message, or nothing: without waiting, and without what is none of ours."""
        try:
            yield self.session.parse(socket.recv_multipart(zmq.NOBLOCK))
        except (zmq.Again, BadMessageError):
            return

    def reply(self, socket: zmq.Socket[bytes], to: Message, content: dict[str, Any]) -> None:
        """Answer a request where it came from."""
        msg_type = to.msg_type.removesuffix("_request") + "_reply"
        metadata = {"status": content.get("status", "ok")}
        socket.send_multipart(
            self.session.frames(msg_type, content, to.header, metadata, to.idents)
        )

    def ask_input(self, parent: Message, prompt: str, *, password: bool) -> None:
        """Ask the sender of `parent` for a line; older answers are thrown away."""
        for _ in iter(lambda: list(self.receive(self.stdin)), []):
            pass
        content = {"prompt": prompt, "password": password}
        self.stdin.send_multipart(
            self.session.frames("input_request", content, parent.header, None, parent.idents)
        )

    def publish(self, msg_type: str, content: dict[str, Any], parent: dict[str, Any]) -> None:
        """Tell everybody. Shape: `parent` is a header, empty where nothing was the cause."""
        topic = (self._topic + msg_type).encode()
        self.iopub.send_multipart(self.session.frames(msg_type, content, parent, None, [topic]))

    def welcome(self) -> None:
        """Greet a new subscriber, which so learns that nothing is missed from now on (JEP 65)."""
        event = self.iopub.recv()
        if event[:1] == b"\1":
            topic = event[1:]
            content = {"subscription": topic.decode(errors="replace")}
            self.iopub.send_multipart(
                self.session.frames("iopub_welcome", content, {}, None, [topic])
            )

    def beat(self) -> None:
        """Send a heartbeat back."""
        self.heartbeat.send_multipart(self.heartbeat.recv_multipart())

    def close(self) -> None:
        """Close all; what has been sent still leaves, for at most a second."""
        self._context.destroy(linger=_LINGER_MS)

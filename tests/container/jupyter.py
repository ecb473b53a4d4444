"""A client of a running Jupyter server: HTTP, kernels and terminals over real websockets, as a
browser speaks to it."""

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import requests
import websocket

from tests.container.kernel_client import ANSI, FIRST_MESSAGE_S, Kernel, Shell


class Client:
    """A server at `url` (no slash at its end), with a token; "" sends none.

    `certificate` is the file with the one that a server behind TLS has to show.
    """

    def __init__(self, url: str, token: str, certificate: Path | None = None) -> None:
        self.url = url
        self.token = token
        self._certificate = str(certificate) if certificate else None

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request and return whatever comes back, redirects included."""
        headers = {"Authorization": f"token {self.token}"} if self.token else {}
        given: dict[str, Any] = {
            "headers": headers,
            "timeout": 60,
            "allow_redirects": False,
            "verify": self._certificate,
        } | options
        return requests.request(method, self.url + path, **given)

    def api(self, method: str, path: str, **options: Any) -> Any:
        """Return the JSON of a request that has to succeed."""
        response = self.request(method, path, **options)
        assert response.ok, f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.content else None

    def require_kernel(self, name: str) -> None:
        """Skip the test where the image has no such kernel."""
        if name not in self.api("GET", "/api/kernelspecs")["kernelspecs"]:
            pytest.skip(
                f"this image has no kernel {name}: it was not chosen, or could not be had"
                " (`labctl kernels` says)"
            )

    @contextmanager
    def kernel(self, name: str = "python3", path: str = "") -> Iterator[Kernel]:
        """Start a kernel, shut down at the end."""
        started = self.api("POST", "/api/kernels", json={"name": name, "path": path})
        try:
            session = uuid.uuid4().hex
            channels = f"/api/kernels/{started['id']}/channels?session_id={session}"
            with closing(
                Kernel(started["id"], session, lambda: self._websocket(channels))
            ) as kernel:
                yield kernel
        finally:
            with suppress(requests.ConnectionError):  # a test may have stopped the server
                self.request("DELETE", f"/api/kernels/{started['id']}")

    def terminal(self, script: str, timeout_s: float = 60) -> Shell:
        """Type a script into a new terminal; return what it shows and how it ends."""
        name = self.api("POST", "/api/terminals")["name"]
        mark = uuid.uuid4().hex
        # Split, so that the echo of what is typed is not taken for the output.
        typed = (
            f"printf '\\n%s%s\\n' begin- {mark}; {{\n{script}\n}}; printf '\\n%s%s=%s=\\n' end- "
            f"{mark} $?\n"
        )
        wanted = re.compile(rf"begin-{mark}\r\n(.*)\r\nend-{mark}=(\d+)=", re.DOTALL)
        shown = ""
        try:
            with closing(self._websocket(f"/terminals/websocket/{name}")) as channel:
                channel.settimeout(timeout_s)
                channel.send(json.dumps(["stdin", typed.replace("\n", "\r")]))
                while not (match := wanted.search(shown)):
                    kind, *rest = json.loads(channel.recv())
                    shown += rest[0] if kind == "stdout" else ""
        except websocket.WebSocketTimeoutException:
            raise AssertionError(
                f"the terminal did not end within {timeout_s} s; it shows:\n{shown}"
            ) from None
        finally:
            self.request("DELETE", f"/api/terminals/{name}")
        return Shell(int(match[2]), ANSI.sub("", match[1]).replace("\r\n", "\n"))

    def _websocket(self, path: str) -> websocket.WebSocket:
        address = self.url.replace("http", "ws", 1) + path
        header = [f"Authorization: token {self.token}"] if self.token else []
        tls = {"ca_certs": self._certificate}
        # What the server sends is text; to look at each byte of it takes 40 s for 50 MB.
        return websocket.create_connection(
            address,
            header=header,
            timeout=FIRST_MESSAGE_S,
            sslopt=tls,
            skip_utf8_validation=True,
        )

"""An HTTP proxy that drops every third connection: in turn at once, and in the middle of the
answer."""

import contextlib
import itertools
import selectors
import socket
import socketserver
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

_CHUNK = 1 << 16
# Enough for a TLS handshake, too little for most downloads.
_MIDDLE = 20_000


class FlakyProxy(socketserver.ThreadingTCPServer):
    """Listens on a free port of `address`. `dropped` and `served` count connections."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: str) -> None:
        super().__init__((address, 0), _Connection)
        # The very first is dropped, so that a client with a single connection meets a bad network,
        # too.
        self._fates = itertools.cycle([0, None, None, _MIDDLE, None, None])
        self._owed = 0
        self._lock = threading.Lock()
        self.dropped = 0
        self.served = 0

    @property
    def url(self) -> str:
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"

    def bytes_to_pass(self) -> int | None:
        """Decide the fate of a connection: None is to pass all, a number is to break off after so
        many bytes."""
        with self._lock:
            fate = next(self._fates)
            if fate is None and self._owed:
                self._owed -= 1
                return 0
            return fate

    def count(self, limit: int | None, *, was_dropped: bool) -> None:
        """Count a connection.

        For one that had come to its end before its limit, another is dropped.
        """
        with self._lock:
            self.dropped += was_dropped
            self.served += not was_dropped
            self._owed += limit is not None and not was_dropped


class _Connection(socketserver.BaseRequestHandler):
    server: FlakyProxy
    request: socket.socket

    def handle(self) -> None:
        limit = self.server.bytes_to_pass()
        was_dropped = limit == 0 or self._serve(limit)
        self.server.count(limit, was_dropped=was_dropped)

    def _serve(self, limit: int | None) -> bool:
        """Return whether it was broken off."""
        with contextlib.suppress(OSError, ValueError):
            head = self._read_head()
            method, target, _ = head.split(b" ", 2)
            parts = urlsplit(("//" if method == b"CONNECT" else "") + target.decode())
            with socket.create_connection(
                (parts.hostname or "", parts.port or 80), timeout=30
            ) as upstream:
                if method == b"CONNECT":
                    self.request.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                else:
                    # One request a connection, so that each can be dropped.
                    path = target[target.index(b"/", 7) :]
                    rest = head.split(b" ", 2)[2].replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
                    upstream.sendall(b" ".join((method, path, rest)))
                return self._pass(upstream, limit)
        return False

    def _read_head(self) -> bytes:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = self.request.recv(1)
            if not byte:
                raise OSError("closed")
            head += byte
        return head

    def _pass(self, upstream: socket.socket, limit: int | None) -> bool:
        """Pass bytes in both directions; return whether the limit was reached."""
        passed = 0
        with selectors.DefaultSelector() as selector:
            selector.register(self.request, selectors.EVENT_READ, upstream)
            selector.register(upstream, selectors.EVENT_READ, self.request)
            while limit is None or passed < limit:
                for key, _ in selector.select():
                    chunk = key.fileobj.recv(_CHUNK)  # type: ignore[union-attr]
                    if not chunk:
                        return False
                    key.data.sendall(chunk)
                    passed += len(chunk) if key.fileobj is upstream else 0
        return True


@contextlib.contextmanager
def flaky_proxy(address: str) -> Iterator[FlakyProxy]:
    """Run the proxy as long as the block."""
    with FlakyProxy(address) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, daemon=True)
        thread.start()
        yield proxy
        proxy.shutdown()
        thread.join()

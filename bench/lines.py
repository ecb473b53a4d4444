"""A line between a browser and a server: so many bits a second, so long a way. Counts what it
carries.

A proxy of this machine's own, because not every kernel can shape traffic. All connections share the
line, as at home.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK = 16 * 1024
# What is on the way at most, for each connection and direction: then the sender waits.
_MOST_CHUNKS = 64


class Line(NamedTuple):
    """A kind of line. Units: bits a second, 0 for no limit; seconds there and back."""

    name: str
    bits_per_s: float
    round_trip_s: float


LINES = (
    Line("loopback", 0, 0),
    Line("20 Mbit/s, 40 ms", 20e6, 0.040),
    Line("4 Mbit/s, 80 ms", 4e6, 0.080),
)


class Direction:
    """One direction of a line, shared by all connections."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._free_at = 0.0
        self.passed = 0

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry everything from one end to the other."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_MOST_CHUNKS)
        delivery = asyncio.create_task(self._deliver(under_way, writer))
        try:
            while chunk := await reader.read(_CHUNK):
                await under_way.put((self._arrival(len(chunk)), chunk))
        except OSError:
            pass
        await under_way.put((0, b""))
        await delivery

    def _arrival(self, size: int) -> float:
        now = asyncio.get_running_loop().time()
        self.passed += size
        if self._line.bits_per_s:
            self._free_at = max(now, self._free_at) + size * 8 / self._line.bits_per_s
        return max(now, self._free_at) + self._line.round_trip_s / 2

    @staticmethod
    async def _deliver(
        under_way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError):
            while True:
                arrival, chunk = await under_way.get()
                await asyncio.sleep(arrival - asyncio.get_running_loop().time())
                if not chunk:
                    writer.write_eof()
                    return
                writer.write(chunk)
                await writer.drain()


class Proxy:
    """Listens on `port` of 127.0.0.1 and carries connections to `target`, which may change."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._up, self._down = Direction(line), Direction(line)
        self.port = 0
        self.target = 0

    @property
    def bytes_down(self) -> int:
        """What has come to the browser so far, headers and websockets included."""
        return self._down.passed

    async def serve(self, ready: threading.Event, end: asyncio.Event) -> None:
        """Serve until `end`."""
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await end.wait()
        server.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self._line.round_trip_s)  # the handshake
        with contextlib.suppress(OSError), contextlib.closing(writer):
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self.target)
            with contextlib.closing(to_server):
                await asyncio.gather(
                    self._up.pump(reader, to_server), self._down.pump(from_server, writer)
                )


@contextlib.contextmanager
def shaped(line: Line) -> Iterator[Proxy]:
    """Run a proxy for as long as the block."""
    proxy, ready = Proxy(line), threading.Event()
    loop, end = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(proxy.serve(ready, end),))
    thread.start()
    ready.wait()
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join()

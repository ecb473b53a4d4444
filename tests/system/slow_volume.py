"""A volume whose every call takes its time: a FUSE file system of synthetic directories and files,
kept in memory.

`python -m tests.system.slow_volume PATH DIRECTORIES FILES LATENCY_MS` mounts one at PATH, says
`ready`, and serves until its standard input ends; then it tells how many requests came, and how
many of them at most waited at once.
Source: linux/fuse.h, version 7.31.
"""

import ctypes
import json
import os
import stat
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from pathlib import Path

_THREADS = 64
_CACHED_S = 1
_HEADER = struct.Struct("<IIQQIIII")
_ATTRIBUTES = struct.Struct("<6Q10I")
_ENOENT, _ENOSYS = 2, 38
_PARALLEL_DIROPS = 1 << 18


class Do(IntEnum):
    """What may be requested."""

    LOOKUP = 1
    FORGET = 2
    GETATTR = 3
    SETATTR = 4
    STATFS = 17
    INIT = 26
    OPENDIR = 27
    READDIR = 28
    RELEASEDIR = 29
    INTERRUPT = 36
    BATCH_FORGET = 42


class Volume:
    """The tree: the root is node 1, its directories come next, and then the files, one directory
    after the other."""

    def __init__(self, directories: int, files: int, latency_s: float) -> None:
        self._directories = directories
        self._files = files
        self._latency_s = latency_s
        self._owners: dict[int, tuple[int, int]] = {}
        self._lock = threading.Lock()
        self._waiting = 0
        self.requests = 0
        self.most_at_once = 0

    def serve(self, device: int) -> None:
        """Answer requests until the volume is unmounted."""
        with suppress(OSError):
            while True:
                request = os.read(device, 1 << 17)
                _, opcode, unique, node, *_ = _HEADER.unpack_from(request)
                if opcode not in {Do.FORGET, Do.BATCH_FORGET, Do.INTERRUPT}:
                    number, body = self._answer(opcode, node, request[_HEADER.size :])
                    self._wait()
                    with suppress(FileNotFoundError):  # interrupted meanwhile
                        os.write(
                            device, struct.pack("<IiQ", 16 + len(body), -number, unique) + body
                        )

    def _wait(self) -> None:
        with self._lock:
            self.requests += 1
            self._waiting += 1
            self.most_at_once = max(self.most_at_once, self._waiting)
        time.sleep(self._latency_s)
        with self._lock:
            self._waiting -= 1

    def _answer(  # noqa: PLR0911 - one a request
        self, opcode: int, node: int, body: bytes
    ) -> tuple[int, bytes]:
        match opcode:
            case Do.INIT:
                flags = _PARALLEL_DIROPS & struct.unpack_from("<4I", body)[3]
                return 0, struct.pack(
                    "<4I2H2I2H8I", 7, 31, 1 << 17, flags, 64, 48, 1 << 16, 1, 0, 0, *[0] * 8
                )
            case Do.LOOKUP:
                child = self._find(node, body.rstrip(b"\0"))
                entry = struct.pack(
                    "<4Q2I", child, 0, _CACHED_S, _CACHED_S, 0, 0
                ) + self._attributes(child)
                return (0, entry) if child else (_ENOENT, b"")
            case Do.GETATTR | Do.SETATTR:
                if opcode == Do.SETATTR:
                    self._set_owner(node, body)
                return 0, struct.pack("<QII", _CACHED_S, 0, 0) + self._attributes(node)
            case Do.OPENDIR:
                return 0, bytes(16)
            case Do.READDIR:
                _, offset, size = struct.unpack_from("<QQI", body)
                return 0, self._list(node, offset, size)
            case Do.RELEASEDIR:
                return 0, b""
            case Do.STATFS:
                return 0, struct.pack("<5Q4I24x", 0, 0, 0, 0, 0, 4096, 255, 4096, 0)
        return _ENOSYS, b""

    def _children(self, node: int) -> tuple[int, int, bytes]:
        """Return the first child of a directory, how many there are, and what their names begin
        with."""
        if node == 1:
            return 2, self._directories, b"directory-"
        return 2 + self._directories + (node - 2) * self._files, self._files, b"some-notebook-"

    def _find(self, node: int, name: bytes) -> int:
        first, count, prefix = self._children(node)
        number = int(name.removeprefix(prefix)) if name.removeprefix(prefix).isdigit() else count
        return first + number if number < count else 0

    def _is_directory(self, node: int) -> bool:
        return node < 2 + self._directories

    def _set_owner(self, node: int, body: bytes) -> None:
        valid, uid, gid = struct.unpack_from("<I72xII", body)
        was = self._owners.get(node, (0, 0))
        self._owners[node] = (uid if valid & 2 else was[0], gid if valid & 4 else was[1])

    def _attributes(self, node: int) -> bytes:
        mode = stat.S_IFDIR | 0o755 if self._is_directory(node) else stat.S_IFREG | 0o644
        return _ATTRIBUTES.pack(
            node, *[0] * 5, 0, 0, 0, mode, 1, *self._owners.get(node, (0, 0)), 0, 4096, 0
        )

    def _list(self, node: int, offset: int, size: int) -> bytes:
        first, count, prefix = self._children(node)
        listing = b""
        for number in range(offset, count):
            name = prefix + b"%d" % number
            kind = stat.S_IFDIR if self._is_directory(first + number) else stat.S_IFREG
            entry = struct.pack("<QQII", first + number, number + 1, len(name), kind >> 12) + name
            entry += bytes(-len(entry) % 8)
            if len(listing) + len(entry) > size:
                break
            listing += entry
        return listing


@contextmanager
def slow_volume(
    path: Path, directories: int, files: int, latency_ms: float
) -> Iterator[dict[str, int]]:
    """Mount one at `path`; in the end, what is yielded says how many requests there were, and
    `most_at_once`."""
    argv = [
        sys.executable,
        "-m",
        __spec__.name,
        str(path),
        *map(str, (directories, files, latency_ms)),
    ]
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        argv, stdin=pipe, stdout=pipe, text=True, cwd=Path(__file__).parents[2]
    )
    assert process.stdout is not None
    told: dict[str, int] = {}
    try:
        assert process.stdout.readline() == "ready\n"
        yield told
    finally:
        told |= json.loads(process.communicate()[0] or "{}")


def main() -> None:
    """Serve."""
    path, directories, files = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    volume = Volume(directories, files, float(sys.argv[4]) / 1000)
    device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    options = f"fd={device},rootmode=40755,user_id=0,group_id=0,allow_other,default_permissions"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"slow", os.fsencode(path), b"fuse.slow", 0, options.encode()) != 0:
        sys.exit(f"mount: {os.strerror(ctypes.get_errno())}")
    for _ in range(_THREADS):
        threading.Thread(target=volume.serve, args=(device,), daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()
    libc.umount2(os.fsencode(path), 2)  # MNT_DETACH
    print(json.dumps({"requests": volume.requests, "most_at_once": volume.most_at_once}))


if __name__ == "__main__":
    main()

"""The loop: waits for sockets, pipes, signals and deadlines, and calls their handlers.

One thread, so nothing needs a lock, and an interrupt or a shutdown is heard while a cell runs.
"""

from __future__ import annotations

import math
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

from kernel_front.engine import Engine
from kernel_front.spec import SpecError, load_spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from kernel_front.kernel import Kernel

_USAGE = "usage: kernel_front ENGINE.json -f CONNECTION_FILE [-- ARGUMENT…]"
_EX_USAGE = 64


def main(arguments: list[str]) -> int:
    """Run a kernel until it is shut down."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    own, engine_arguments = arguments[:at], arguments[at + 1 :]
    if len(own) != 3 or own[1] != "-f":
        print(_USAGE, file=sys.stderr)  # noqa: T201
        return _EX_USAGE
    try:
        spec = load_spec(own[0], engine_arguments)
    except SpecError as error:
        print(f"kernel_front: {error}", file=sys.stderr)  # noqa: T201
        return _EX_USAGE
    signals = _catch_signals()
    try:
        # Before anything that takes long: it starts while the front does.
        engine: Engine | None = Engine(spec)
    except OSError:
        engine = None  # The first cell tries again, and says why.

    from kernel_front.channels import Channels  # noqa: PLC0415  # imports ZeroMQ
    from kernel_front.kernel import Kernel  # noqa: PLC0415

    channels = Channels(own[2])
    kernel = Kernel(spec, channels, engine)
    try:
        _loop(kernel, signals)
    finally:
        kernel.end_engine()
        channels.close()
    return 0


def _catch_signals() -> int:
    """Return a pipe that yields the number of each signal as a byte."""
    wakeup, written = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(written, warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, lambda _number, _frame: None)
    return wakeup


def _loop(kernel: Kernel, signals: int) -> None:
    import zmq  # noqa: PLC0415

    channels = kernel.channels
    always: dict[object, Callable[[], None]] = {
        signals: lambda: kernel.on_signals(os.read(signals, 1 << 10)),
        channels.control: kernel.on_control,
        channels.stdin: kernel.on_stdin,
        channels.iopub: channels.welcome,
        channels.heartbeat: channels.beat,
    }
    if (parent := _parent()) is not None:
        always[parent] = kernel.stop
    while not kernel.is_stopped:
        poller = zmq.Poller()
        handlers = always | kernel.handlers()
        for source in handlers:
            poller.register(source, zmq.POLLIN)
        if (behind := kernel.behind()) is not None:
            poller.register(behind, zmq.POLLOUT)
        deadline = kernel.due(time.monotonic())
        for source, _event in poller.poll(None if deadline is None else math.ceil(deadline * 1000)):
            if handler := handlers.get(source):
                handler()
        kernel.on_time(time.monotonic())


def _parent() -> int | None:
    """Return what becomes readable when the server that started this kernel has gone."""
    if not os.environ.get("JPY_PARENT_PID") or os.getppid() == 1:
        return None
    try:
        return os.pidfd_open(os.getppid())
    except OSError:
        return None

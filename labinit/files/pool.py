"""Copies of this process that share a work: for more than one core, and for volumes that make everybody wait."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import select
import signal
import socket
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

# One piece to work on, and one to go on with while nobody listens.
_AHEAD = 2
# As much as a piece or an answer may be: less than what a socket takes by default.
MAX_BYTES = 128 * 1024
# Source: linux/prctl.h.
_PR_SET_PDEATHSIG = 1


class _Worker(Generic[T]):
    def __init__(self, pid: int, channel: socket.socket) -> None:
        self.pid = pid
        self.channel = channel
        self.given: deque[T] = deque()


class Crew(Generic[T]):
    """Up to `size` processes that call `work` with a descriptor and a text, and answer with what it returns.

    They are forked from this one and end with it, whatever ends it. Fewer or none where no more may
    be made.
    """

    def __init__(self, size: int, work: Callable[[int, bytes], bytes]) -> None:
        self._workers: list[_Worker[T]] = []
        self._poll = select.poll()
        for _ in range(size):
            try:
                ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                with theirs:
                    self._workers.append(_Worker(self._fork(ours, theirs, work), ours))
                self._poll.register(ours, select.POLLIN)
            except OSError:  # a limit of processes or descriptors
                break

    def _fork(
        self, ours: socket.socket, theirs: socket.socket, work: Callable[[int, bytes], bytes]
    ) -> int:
        try:
            pid = os.fork()
        except OSError:
            ours.close()
            raise
        if pid == 0:
            try:
                for channel in (ours, *(worker.channel for worker in self._workers)):
                    channel.close()
                _serve(theirs, work)
            finally:
                os._exit(0)  # what it leaves undone is noticed by who has asked for it
        return pid

    def __len__(self) -> int:
        return len(self._workers)

    @property
    def is_busy(self) -> bool:
        """Whether everybody has enough to do."""
        return all(len(worker.given) >= _AHEAD for worker in self._workers)

    @property
    def is_idle(self) -> bool:
        """Whether there is no answer to wait for."""
        return not any(worker.given for worker in self._workers)

    def hand_over(self, descriptor: int, text: bytes, ticket: T) -> None:
        """Have somebody work on this; the ticket comes back with the answer."""
        worker = min(self._workers, key=lambda worker: len(worker.given))
        worker.given.append(ticket)
        with contextlib.suppress(ConnectionError):  # gone: `answers` finds that out
            socket.send_fds(worker.channel, [text], [descriptor], socket.MSG_NOSIGNAL)

    def answers(self, *, wait: bool) -> list[tuple[T, bytes | None]]:
        """Return the answers there are, or wait for one; None for what a worker that was killed has left undone."""
        answers: list[tuple[T, bytes | None]] = []
        for descriptor, _ in self._poll.poll(None if wait else 0):
            worker = next(
                worker for worker in self._workers if worker.channel.fileno() == descriptor
            )
            answer = b""
            with contextlib.suppress(ConnectionError):
                answer = worker.channel.recv(MAX_BYTES)
            if answer:
                answers.append((worker.given.popleft(), answer))
            else:
                answers += [(ticket, None) for ticket in worker.given]
                self._dismiss(worker)
        return answers

    def close(self) -> None:
        """End all of them, after what each works on."""
        for worker in tuple(self._workers):
            self._dismiss(worker)

    def _dismiss(self, worker: _Worker[T]) -> None:
        self._workers.remove(worker)
        self._poll.unregister(worker.channel)
        worker.channel.close()
        os.waitpid(worker.pid, 0)


def _serve(channel: socket.socket, work: Callable[[int, bytes], bytes]) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    # A collection would look at every object, and so copy all the memory that is still shared.
    gc.disable()
    while True:
        text, descriptors, _, _ = socket.recv_fds(channel, MAX_BYTES, 1)
        if not text:
            return
        try:
            answer = work(descriptors[0], text)
        finally:
            os.close(descriptors[0])
        channel.send(answer, socket.MSG_NOSIGNAL)

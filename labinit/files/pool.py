"""A pool of worker processes: for more than one core, and for volumes whose calls take long.

Processes, because the calls of a walk on a local disk are so short that threads would wait for the
interpreter's lock instead.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import select
import signal
import socket
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

from labinit.linux import PR_SET_PDEATHSIG, prctl

if TYPE_CHECKING:
    from collections.abc import Callable

Job = TypeVar("Job")

# One job in progress and one queued, so that a worker does not wait for the next.
_AHEAD = 2
# As much as a job or its result may be: less than what a socket takes by default.
MAX_BYTES = 128 * 1024
# More than that, and the one that lists does not keep up; and where calls are slow, as many of them
# wait at once.
_MOST_CORES = 8
_WAITING = 16
# Fewer than that, and it was not the volume that kept the walk from working.
_WAITS = 3


class _Worker(Generic[Job]):
    def __init__(self, pid: int, channel: socket.socket) -> None:
        self.pid = pid
        self.channel = channel
        self.jobs: deque[Job] = deque()


class WorkerPool(Generic[Job]):
    """Up to `size` processes that call `work` with a descriptor and a text, and return its result.

    They are forked from this one and end with it, whatever ends it. Fewer or none where no more may
    be made.
    """

    def __init__(self, size: int, work: Callable[[int, bytes], bytes]) -> None:
        self._workers: list[_Worker[Job]] = []
        self._poll = select.poll()
        for _ in range(size):
            try:
                # It keeps messages apart, and tells when the other end has died. Source: unix(7).
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
        """Whether every worker has enough to do."""
        return all(len(worker.jobs) >= _AHEAD for worker in self._workers)

    @property
    def is_idle(self) -> bool:
        """Whether there is no result to wait for."""
        return not any(worker.jobs for worker in self._workers)

    def submit(self, descriptor: int, text: bytes, job: Job) -> None:
        """Submit a job to a worker; `job` comes back with the result."""
        worker = min(self._workers, key=lambda worker: len(worker.jobs))
        worker.jobs.append(job)
        with contextlib.suppress(ConnectionError):  # it has ended: `results` finds that out
            socket.send_fds(worker.channel, [text], [descriptor], socket.MSG_NOSIGNAL)

    def results(self, *, wait: bool) -> list[tuple[Job, bytes | None]]:
        """Return the results there are, or wait for one; None for what a killed one left."""
        results: list[tuple[Job, bytes | None]] = []
        for descriptor, _ in self._poll.poll(None if wait else 0):
            worker = next(w for w in self._workers if w.channel.fileno() == descriptor)
            result = b""
            with contextlib.suppress(ConnectionError):
                result = worker.channel.recv(MAX_BYTES)
            if result:
                results.append((worker.jobs.popleft(), result))
            else:
                results += [(job, None) for job in worker.jobs]
                self._end(worker)
        return results

    def shut_down(self) -> None:
        """End all workers, after what each works on."""
        for worker in tuple(self._workers):
            self._end(worker)

    def _end(self, worker: _Worker[Job]) -> None:
        self._workers.remove(worker)
        self._poll.unregister(worker.channel)
        worker.channel.close()
        os.waitpid(worker.pid, 0)


def _serve(channel: socket.socket, work: Callable[[int, bytes], bytes]) -> None:
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # A collection would look at every object, and so copy all the memory that is still shared.
    gc.disable()
    while True:
        text, descriptors, _, _ = socket.recv_fds(channel, MAX_BYTES, 1)
        if not text:
            return
        try:
            result = work(descriptors[0], text)
        finally:
            os.close(descriptors[0])
        channel.send(result, socket.MSG_NOSIGNAL)


def used() -> tuple[float, int]:
    """Return this process's processor seconds, and how often it has had to wait."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime, used.ru_nvcsw


def useful_workers(took_s: float, before: tuple[float, int]) -> int:
    """Return how many workers help: one a core, or more where the volume lets the walk wait."""
    worked_s, waits = (now - then for now, then in zip(used(), before, strict=True))
    # On a busy machine a process does not get to work either, but it does not wait of its own
    # accord.
    is_waiting = worked_s < took_s / 4 and waits >= _WAITS
    return _WAITING if is_waiting else min(len(os.sched_getaffinity(0)), _MOST_CORES) - 1

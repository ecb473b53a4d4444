"""A command that runs in a machine, and what it has left when it has ended."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence

import psutil

from tests.commands import Finished
from tests.polling import eventually


class Running:
    """A command that runs in a machine, as the PID 1 of a PID namespace of its own."""

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str]) -> None:
        pipe = subprocess.PIPE
        # What is no UTF-8 is shown, not raised: a log may hold anything.
        self._process = subprocess.Popen(
            argv, env=environ, stdin=pipe, stdout=pipe, stderr=pipe, text=True, errors="replace"
        )

    @property
    def pid(self) -> int:
        """The pid on the host of what is PID 1 in there."""

        def only_child() -> int:
            children = psutil.Process(self._process.pid).children()
            assert children, "it has not started yet"
            return children[0].pid

        return eventually(only_child)

    def kill(self, signo: int = signal.SIGKILL) -> None:
        os.kill(self.pid, signo)

    def read_line(self) -> str:
        """Return the next line of its standard output, which says that it has got as far as
        that."""
        assert self._process.stdout is not None
        line = b""
        # Byte by byte, so that `wait` gets the rest.
        while not line.endswith(b"\n"):
            line += os.read(self._process.stdout.fileno(), 1) or self._complain()
        return line.decode().rstrip("\n")

    def _complain(self) -> bytes:
        raise AssertionError(f"it has ended: {self.wait()}")

    def wait(self, stdin: str = "", timeout_s: float = 60) -> Finished:
        """Return how it ended. Killed by a signal, its exit code is any but 0: see unshare(1)."""
        try:
            stdout, stderr = self._process.communicate(stdin, timeout=timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()  # and with it what it runs: unshare --kill-child
            stdout, stderr = self._process.communicate()
            raise AssertionError(f"not ended after {timeout_s} s: {stdout}{stderr}") from None
        return Finished(self._process.returncode, stdout, stderr)

    def end(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

"""PID 1: forward signals to the child, reap, stop, and return the exit code.

Imports nothing but the standard library, and as little of it as possible. Nothing here raises: what
fails is said in the log, and PID 1 stays.
"""

import os
import signal
import time

from labinit import log
from labinit.cgroup import oom_kills
from labinit.init.drain import drain, process_name
from labinit.init.prelude import CATCHABLE
from labinit.init.spawn import has_foreground

TYPE_CHECKING = False
if TYPE_CHECKING:
    from labinit.init.spawn import Child

_TERMINAL_STOPS = {signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
# What the kernel sends to the job itself, for a key or the end of the terminal.
_KEYS = {signal.SIGINT, signal.SIGQUIT, signal.SIGHUP}
_FORWARDED = CATCHABLE - {signal.SIGCHLD}
# Then signals have their turn: endless orphans do not hold up a SIGTERM.
_REAPED_AT_ONCE = 256
# The sender of a signal that a key at the terminal has made. Source: sigaction(2), si_code.
_SI_KERNEL = 0x80


def supervise(child: "Child") -> int:
    """Be the child's init until all it has left behind has ended; return the exit code.

    Shape: the child's own exit code, or 128+n if signal n killed it.
    """
    return _Supervisor(child).run()


class _Supervisor:
    """One child, from its start to the end of all its descendants."""

    def __init__(self, child: "Child") -> None:
        self._child = child
        self._oom_kills = oom_kills()
        self._stop_began: float | None = None
        self._deadline: float | None = None
        self._is_reaping = False
        self._forwarded: set[int] = set()
        # The signal that was to end the child and may not be sent to it.
        self._refused = 0

    def run(self) -> int:
        exit_code = self._wait_for_child()
        self._child.listen()
        # What to do about a failure is to be the last line of the log, and the engine kills nobody
        # meanwhile.
        is_failure = exit_code != 0 and self._stop_began is None
        if not is_failure:
            self._log_exit(exit_code)
        self._take_terminal_back()
        drain()
        if is_failure:
            self._log_exit(exit_code)
        return exit_code if exit_code >= 0 else 128 - exit_code

    def _wait_for_child(self) -> int:
        """Forward and reap until the child has ended; return its exit code, or -signal."""
        # Reap first: what was there before us may have ended before SIGCHLD was blocked.
        while (status := self._reap()) is None:
            if self._deadline is not None and time.monotonic() >= self._deadline:
                self._kill_child()
            info = self._next_signal()
            if info is not None and info.si_signo != signal.SIGCHLD:
                self._forward(info)
            if self._refused:
                return -self._refused
        return os.waitstatus_to_exitcode(status)

    def _next_signal(self) -> "signal.struct_siginfo | None":
        """Return the next signal; None when there is something else to do."""
        # SIGCHLD comes last: the kernel hands out the lowest number first, and endless orphans
        # would hold up those above.
        info = signal.sigtimedwait(_FORWARDED, 0)
        if info is not None or self._is_reaping:
            return info
        if self._deadline is None:
            return signal.sigwaitinfo(CATCHABLE)
        return signal.sigtimedwait(CATCHABLE, max(0.0, self._deadline - time.monotonic()))

    def _reap(self) -> int | None:
        """Collect what has ended, some at a time; return the child's wait status, if among it."""
        self._is_reaping = False
        for _ in range(_REAPED_AT_ONCE):
            try:
                # Also what a key has stopped: a shell's job has to be continued from here.
                pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
            except ChildProcessError:
                return os.EX_SOFTWARE << 8  # someone else has collected it: a debugger gone wrong
            if pid == 0:
                return None
            if pid != self._child.pid:
                continue
            if not os.WIFSTOPPED(status):
                return status
            self._handle_stop(os.WSTOPSIG(status))
        self._is_reaping = True
        return None

    def _forward(self, info: "signal.struct_siginfo") -> None:
        """Pass a signal on, and begin the stop if it is one that asks for it."""
        child = self._child
        child.listen()
        if info.si_pid == os.getpid():
            # SIGPIPE or SIGXFSZ for a line of the log. Pending: blocked signals are never ignored.
            return
        signo = self._translate(info.si_signo)
        ends_it = signo == signal.SIGTERM or (child.is_server and signo == signal.SIGQUIT)
        if ends_it and self._stop_began is None:
            self._stop_began = time.monotonic()
            self._deadline = self._stop_began + child.grace_s
            what = f"asking {child.name} to stop, for at most {child.grace_s} s"
            log.info(f"{_describe(info)}: {what}")
        else:
            log.debug(f"{_signal_name(info.si_signo)}: to {child.name} as {_signal_name(signo)}")
        if signo == signal.SIGCONT and child.terminal is not None:
            self._continue_job(child.terminal)
        else:
            # A key, which is for the whole job: after `bg` and `fg`, the shell has our group in the
            # foreground.
            from_terminal = child.terminal is not None and info.si_code == _SI_KERNEL
            self._send(signo, -child.pid if from_terminal else child.pid, ends_it=ends_it)

    def _translate(self, signo: int) -> int:
        """Return SIGTERM where JupyterLab leaves its kernels (SIGINT) or dies at once (SIGHUP)."""
        is_alone = self._child.is_server and self._child.terminal is None
        return signal.SIGTERM if is_alone and signo in {signal.SIGINT, signal.SIGHUP} else signo

    def _send(self, signo: int, to: int, *, ends_it: bool) -> None:
        child = self._child
        self._forwarded.add(signo)
        try:
            os.kill(to, signo)
        except PermissionError:
            log.warning(
                f"send {_signal_name(signo)} to {child.name}: not permitted",
                "start the container with --cap-add KILL",
            )
            self._refused = signo if ends_it else 0
        except OSError as error:
            # A queue that is full, by RLIMIT_SIGPENDING.
            log.debug(f"send {_signal_name(signo)} to {child.name}: {error.strerror}")

    def _kill_child(self) -> None:
        self._deadline = None
        log.warning(
            f"{self._child.name} still runs after {self._child.grace_s} s: sending SIGKILL",
            "give it longer with LABGRACE, and docker stop -t more than that",
        )
        self._send(signal.SIGKILL, self._child.pid, ends_it=True)

    def _handle_stop(self, signo: int) -> None:
        """Let Ctrl-Z stop the whole job, or nothing where no shell could resume it."""
        terminal = self._child.terminal
        if terminal is None or signo not in _TERMINAL_STOPS:
            return
        if os.getpid() == 1 or (signo != signal.SIGTSTP and has_foreground(terminal)):
            # What it wanted the terminal for, the shell has given to us meanwhile.
            self._continue_job(terminal)
        else:
            self._take_terminal_back()
            os.kill(os.getpid(), signal.SIGSTOP)  # the shell's SIGCONT comes to `_forward`

    def _continue_job(self, terminal: int) -> None:
        """Continue the child's group, in the foreground if that is where the shell wants us."""
        child = self._child
        try:
            if os.getpid() == 1 or has_foreground(terminal):
                os.tcsetpgrp(terminal, child.pid)
            os.killpg(child.pid, signal.SIGCONT)
        except OSError as error:
            log.debug(f"continue {child.name}: {error.strerror}")

    def _take_terminal_back(self) -> None:
        """Give the terminal to our own group again, if it is the child's that has it."""
        terminal = self._child.terminal
        if terminal is not None:
            try:
                os.tcsetpgrp(terminal, os.getpgrp())
            except OSError as error:
                log.debug(f"take the terminal back: {error.strerror}")

    def _log_exit(self, exit_code: int) -> None:
        name, end = self._child.name, f"exit code {exit_code}"
        if exit_code < 0:
            end = f"killed by {_signal_name(-exit_code)}"
        if self._stop_began is not None:
            log.info(f"{name} ended after {time.monotonic() - self._stop_began:.1f} s, {end}")
        elif not self._child.is_running and exit_code >= 0:
            pass  # the set-up has said why, and its line is to be the last one
        elif exit_code == -signal.SIGKILL and (count := oom_kills() - self._oom_kills) > 0:
            log.error(
                f"{name} was killed by SIGKILL: out of memory (oom_kill {count} in this container)",
                "give it more with docker run --memory, or shut down kernels that are not needed",
            )
        elif not self._child.is_server and (exit_code >= 0 or self._was_requested(-exit_code)):
            log.debug(f"{name} ended, {end}")
        elif exit_code == 0:
            log.info(f"{name} ended, {end}")
        else:
            log.error(f"{name} ended unexpectedly, {end}", "the lines above are its own")

    def _was_requested(self, signo: int) -> bool:
        return signo in self._forwarded or (self._child.terminal is not None and signo in _KEYS)


def _describe(info: "signal.struct_siginfo") -> str:
    # The pid is 0 for a sender outside of our PID namespace, which is how the engine's own signals
    # arrive.
    outside = "the kernel" if info.si_code == _SI_KERNEL else "outside the container"
    sender = process_name(info.si_pid) if info.si_pid else outside
    return f"{_signal_name(info.si_signo)} from {sender}"


def _signal_name(signo: int) -> str:
    try:
        return signal.Signals(signo).name
    except ValueError:
        return f"SIGRTMIN+{signo - signal.SIGRTMIN}"

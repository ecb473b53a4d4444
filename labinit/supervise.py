"""PID 1: spawn the child, forward signals to it, reap, stop, and return the exit code.

Imports nothing but the standard library, and as little of it as possible. Once the child runs, nothing here raises:
what fails is said in the log, and PID 1 stays.
"""

import errno
import os
import signal
import time

from labinit import log
from labinit.errors import ExecError, LabinitError
from labinit.program import GRACE_S, Program, execute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# All but SIGKILL and SIGSTOP, which cannot be caught, and the two signals that glibc keeps to itself.
_CATCHABLE = frozenset(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}
_TERMINAL_STOPS = {signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
_DRAIN_S = 1.0
# What the child tells after the line about the program, if it could not be executed.
_FAILED = "failed"


def block_signals() -> None:
    """Keep every signal that arrives from now on until `supervise` takes it. To be called first of all.

    A handler would merge queued real-time signals and lose those between fork and exec; a default disposition makes the
    kernel drop signals for PID 1. SIGCHLD may have been handed down as ignored, which would lose exit codes.

    Source: pid_namespaces(7), signal(7), wait(2).
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _CATCHABLE)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def claim_descriptors() -> None:
    """Make 0, 1 and 2 exist and everything above not: the child gets the three, and no more.

    A closed standard descriptor would be taken by the next file or pipe that is opened, and be written to by mistake.
    """
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    for fd in (0, 1, 2):
        try:
            os.fstat(fd)
        except OSError:
            # The lowest free number is `fd`, because the loop has filled those below.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def supervise(prepare: "Callable[[], Program | int]") -> int:
    """Run `prepare` and the program it returns in a child, be its init, and return the exit code to end with.

    `prepare` runs in the child, with default signal dispositions; an int it returns is the child's exit code.
    `block_signals` must have been called.

    Shape: the child's own exit code, or 128+n if signal n killed it.
    Raises: LabinitError, if the child cannot be made; nothing after that.
    """
    is_init = os.getpid() == 1
    if not is_init:
        _adopt_orphans()
    terminal = _own_terminal()
    receiver, sender = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        pid = os.fork()
    except OSError as error:
        raise LabinitError(
            f"start the child: {error.strerror}", "raise the container's --pids-limit or --ulimit nproc, or its memory"
        ) from error
    if pid == 0:
        _be_child(prepare, terminal, sender)
    os.close(sender)
    _lead_group(pid)
    return _Supervisor(pid, is_init, terminal, receiver).run()


class _Supervisor:
    """One child, from its birth to the end of everything it left behind."""

    def __init__(self, child: int, is_init: bool, terminal: int | None, receiver: int) -> None:
        self._child = child
        self._is_init = is_init
        self._terminal = terminal
        self._receiver = receiver
        self._oom_kills = _oom_kills()
        # What the child tells just before it becomes the program.
        self._name = "the set-up"
        self._grace_s = GRACE_S
        self._is_server = False
        self._is_running = False
        self._stop_began: float | None = None
        self._deadline: float | None = None

    def run(self) -> int:
        status = self._wait_for_child()
        self._listen()
        exit_code = os.waitstatus_to_exitcode(status)
        self._say_how_it_ended(exit_code)
        self._take_terminal_back()
        self._drain()
        return exit_code if exit_code >= 0 else 128 - exit_code

    def _wait_for_child(self) -> int:
        """Forward and reap until the child has ended; return its wait status."""
        while True:
            info = self._next_signal()
            if info is None:
                self._kill_child()
            elif info.si_signo != signal.SIGCHLD:
                status = self._forward(info)
                if status is not None:
                    return status
            else:
                status = self._reap()
                if status is not None:
                    return status

    def _next_signal(self) -> "signal.struct_siginfo | None":
        if self._deadline is None:
            return signal.sigwaitinfo(_CATCHABLE)
        return signal.sigtimedwait(_CATCHABLE, max(0.0, self._deadline - time.monotonic()))

    def _reap(self) -> int | None:
        """Collect everything that has ended; return the child's wait status as soon as it is among it."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
            except ChildProcessError:
                return os.EX_SOFTWARE << 8  # someone else has collected it: a debugger gone wrong
            if pid == 0:
                return None
            if pid != self._child:
                continue
            if not os.WIFSTOPPED(status):
                return status
            if os.WSTOPSIG(status) in _TERMINAL_STOPS:
                self._stop_with_child()

    def _forward(self, info: "signal.struct_siginfo") -> int | None:
        """Pass a signal on; return a wait status only if the child is out of reach and has to be given up."""
        self._listen()
        signo = info.si_signo
        if self._is_server and self._terminal is None and signo in {signal.SIGINT, signal.SIGHUP}:
            # On SIGINT, JupyterLab leaves its kernels behind; on SIGHUP, it dies at once.
            signo = signal.SIGTERM
        ends_it = signo == signal.SIGTERM or (self._is_server and signo == signal.SIGQUIT)
        if ends_it and self._stop_began is None:
            self._stop_began = time.monotonic()
            self._deadline = self._stop_began + self._grace_s
            log.info(f"{_describe(info)}: asking {self._name} to stop, for at most {self._grace_s} s")
        else:
            log.debug(f"{_describe(info)}: to {self._name} as {_signal_name(signo)}")
        try:
            os.kill(self._child, signo)
        except PermissionError:
            log.warning(
                f"send {_signal_name(signo)} to {self._name}: not permitted", "start the container with --cap-add KILL"
            )
            return signo if ends_it else None
        except OSError:
            pass  # a signal the kernel refuses to queue: RLIMIT_SIGPENDING
        return None

    def _kill_child(self) -> None:
        self._deadline = None
        log.warning(
            f"{self._name} still runs after {self._grace_s} s: sending SIGKILL",
            "give it longer with LABGRACE, and docker stop --time more than that",
        )
        try:
            os.kill(self._child, signal.SIGKILL)
        except OSError as error:
            log.warning(f"send SIGKILL to {self._name}: {error.strerror}", "start the container with --cap-add KILL")

    def _listen(self) -> None:
        """Take what the child has told about the program, if it has."""
        try:
            told = os.read(self._receiver, 4096)
        except OSError:
            return
        for line in told.decode().splitlines():
            if line == _FAILED:
                self._is_running = False
            else:
                grace_s, is_server, level, self._name = line.split(" ", 3)
                self._grace_s, self._is_server, self._is_running = int(grace_s), is_server == "1", True
                log.set_level(level)

    def _stop_with_child(self) -> None:
        """Let Ctrl-Z do what a user expects: stop the whole job, or nothing where no shell could bring it back."""
        if self._terminal is None:
            return
        if not self._is_init:
            self._take_terminal_back()
            os.kill(os.getpid(), signal.SIGSTOP)
            if os.tcgetpgrp(self._terminal) != os.getpgrp():
                return  # continued in the background
        try:
            os.tcsetpgrp(self._terminal, self._child)
            os.killpg(self._child, signal.SIGCONT)
        except OSError as error:
            log.debug(f"continue {self._name}: {error.strerror}")

    def _take_terminal_back(self) -> None:
        if self._terminal is not None:
            try:
                os.tcsetpgrp(self._terminal, os.getpgrp())
            except OSError as error:
                log.debug(f"take the terminal back: {error.strerror}")

    def _say_how_it_ended(self, exit_code: int) -> None:
        if self._stop_began is not None:
            took_s = time.monotonic() - self._stop_began
            log.info(f"{self._name} ended after {took_s:.1f} s, {_describe_exit(exit_code)}")
        elif not self._is_running:
            pass  # the set-up has said why, and its line is to be the last one
        elif exit_code == -signal.SIGKILL and (count := _oom_kills() - self._oom_kills) > 0:
            log.error(
                f"{self._name} was killed by SIGKILL: out of memory, oom_kill {count} times in this container",
                "give it more with docker run --memory, or shut down kernels that are not needed",
            )
        elif not self._is_server and exit_code >= 0:
            log.debug(f"{self._name} ended, {_describe_exit(exit_code)}")
        elif exit_code:
            log.error(f"{self._name} ended unasked, {_describe_exit(exit_code)}", "the lines above are its own")
        else:
            log.info(f"{self._name} ended, exit code 0")

    def _drain(self) -> None:
        """End what is left: everything in the container, or our own children where there is more than the container."""
        for signo in (signal.SIGTERM, signal.SIGKILL):
            if signo == signal.SIGKILL:
                log.info("some processes ignored SIGTERM: sending SIGKILL")
            deadline = time.monotonic() + _DRAIN_S
            signalled: set[int] = set()
            while self._reap_all(signo, signalled):
                left_s = deadline - time.monotonic()
                if left_s <= 0 or signal.sigtimedwait({signal.SIGCHLD}, left_s) is None:
                    break
            else:
                return

    def _reap_all(self, signo: int, signalled: set[int]) -> bool:
        """Signal once each what is left, collect what has ended, and tell whether anything is still there."""
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return False
        # PID 1 reaches all at once. Anyone else signals children only: nobody else's pid can be theirs, and what they
        # leave behind becomes a child in turn.
        targets = {-1} if self._is_init else _children()
        for pid in targets - signalled:
            try:
                os.kill(pid, signo)
            except OSError as error:
                log.debug(f"send {_signal_name(signo)} to {pid}: {error.strerror}")
        signalled |= targets
        return True


def _be_child(prepare: "Callable[[], Program | int]", terminal: int | None, sender: int) -> None:
    """Prepare and execute the program. Never returns."""
    exit_code = 70
    try:
        _lead_group(0)
        if terminal is not None:
            os.tcsetpgrp(terminal, os.getpid())  # SIGTTOU is still blocked, or it would stop us here
        # Python ignores SIGPIPE and SIGXFSZ, and others may have been handed down; SIGPIPE stays until the very end, so
        # that a log nobody reads does not end the set-up.
        for signo in _CATCHABLE - {signal.SIGPIPE}:
            signal.signal(signo, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        program = prepare()
        if isinstance(program, int):
            exit_code = program
        else:
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            name = program.name.encode("ascii", "backslashreplace").replace(b"\n", b" ")
            os.write(sender, b"%d %d %s %s\n" % (program.grace_s, program.is_server, program.log_level.encode(), name))
            execute(program)
    except ExecError as error:
        log.errors(error.notices)
        os.write(sender, _FAILED.encode())
        exit_code = error.exit_code
    except BaseException:  # noqa: BLE001 - the last boundary of this process: a bug, and its only traceback
        import traceback  # noqa: PLC0415 - PID 1 never needs it

        traceback.print_exc()
    finally:
        os._exit(exit_code)


def _lead_group(pid: int) -> None:
    """Make the child the leader of a process group of its own.

    Parent and child both do it, so that it is true for each of them from the first instruction on.
    """
    try:
        os.setpgid(pid, pid)
    except OSError as error:
        if error.errno not in {errno.EACCES, errno.ESRCH, errno.EPERM}:  # it was faster, in both senses
            log.debug(f"setpgid: {error.strerror}")


def _own_terminal() -> int | None:
    """Return a descriptor of the controlling terminal if our process group is the one in its foreground."""
    for fd in (0, 1, 2):
        try:
            if os.tcgetpgrp(fd) == os.getpgrp():
                return fd
        except OSError:  # not a terminal, or not ours
            continue
    return None


def _adopt_orphans() -> None:
    """Become the one that orphaned descendants are given to, like a PID 1.

    Source: PR_SET_CHILD_SUBREAPER(2const).
    """
    import ctypes  # noqa: PLC0415 - the usual PID 1 never needs it

    pr_set_child_subreaper = 36
    if ctypes.CDLL(None, use_errno=True).prctl(pr_set_child_subreaper, 1, 0, 0, 0) != 0:
        log.warning(f"become a subreaper: {os.strerror(ctypes.get_errno())}", "run labinit as PID 1, without --init")


def _children() -> set[int]:
    """Return the pids of our children, dead ones included."""
    own = os.getpid()
    children = set()
    try:
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return set()
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                # The name stands in parentheses and may contain anything.
                parent = int(file.read().rpartition(b")")[2].split()[1])
        except (OSError, IndexError):
            continue
        if parent == own:
            children.add(pid)
    return children


def _oom_kills() -> int:
    """Return how many processes of this container the kernel has killed for want of memory; 0 where it does not tell.

    Source: cgroup v2 memory.events, cgroup v1 memory.oom_control.
    """
    for path in ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"):
        try:
            with open(path) as file:
                for line in file:
                    key, _, value = line.partition(" ")
                    if key == "oom_kill":
                        return int(value)
        except (OSError, ValueError):
            continue
    return 0


def _describe(info: "signal.struct_siginfo") -> str:
    # The pid is 0 for a sender outside of our PID namespace, which is how the engine's own signals arrive.
    sender = f"process {info.si_pid}" if info.si_pid else "outside the container"
    return f"{_signal_name(info.si_signo)} from {sender}"


def _describe_exit(exit_code: int) -> str:
    return f"exit code {exit_code}" if exit_code >= 0 else f"killed by {_signal_name(-exit_code)}"


def _signal_name(signo: int) -> str:
    try:
        return signal.Signals(signo).name
    except ValueError:
        return f"SIGRTMIN+{signo - signal.SIGRTMIN}"

"""Makes the one child: its group, its terminal, its signals, and how it tells PID 1 about itself.

Waits for nobody.
"""

import errno
import os
import signal

from labinit import GRACE_S, log
from labinit.errors import ExecError, StepError
from labinit.init.prelude import CATCHABLE
from labinit.linux import PR_SET_CHILD_SUBREAPER, prctl, restore_library_signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from labinit.init.program import Program

_HINTS = {
    errno.EAGAIN: "raise the container's --pids-limit, or --ulimit nproc, which counts all"
    " processes of that user",
    errno.EMFILE: "raise --ulimit nofile",
    errno.ENOMEM: "give the container more memory",
}
# What the child tells after the line about the program, if it could not be executed.
_FAILED = "failed"


class Child:
    """The child, and what is known of the program it is or is going to be."""

    def __init__(self, pid: int, receiver: int, terminal: int | None) -> None:
        self.pid = pid
        self.terminal = terminal
        self._receiver = receiver
        # True until the child says otherwise, just before it becomes the program.
        self.name = "the set-up"
        self.grace_s = GRACE_S
        self.is_server = False
        self.is_running = False

    def listen(self) -> None:
        """Take what the child has told about the program, if it has. Never waits."""
        try:
            message = os.read(self._receiver, 4096)
        except OSError:
            return
        for line in message.decode().splitlines():
            if line == _FAILED:
                self.is_running = False
            else:
                grace_s, is_server, level, self.name = line.split(" ", 3)
                self.grace_s, self.is_server, self.is_running = int(grace_s), is_server == "1", True
                log.set_level(level)


def spawn(prepare: "Callable[[], Program | int]") -> Child:
    """Run `prepare` and the program it returns in a child; an int is the child's exit code.

    The child starts with an empty signal mask, default dispositions and nothing pending, leads a
    process group of its own, and has the terminal's foreground if we had it. `block_signals` must
    have been called.

    Raises: StepError, if there can be no child.
    """
    if os.getpid() != 1:
        _adopt_orphans()
    # The controlling one, if our group is in its foreground.
    terminal = next(filter(has_foreground, (0, 1, 2)), None)
    try:
        receiver, sender = os.pipe2(os.O_CLOEXEC)
        pid = os.fork()
    except OSError as error:
        hint = _HINTS.get(error.errno or 0, "see what limits the container")
        raise StepError(f"start the child: {error.strerror}", hint) from error
    if pid == 0:
        _be_child(prepare, terminal, sender)
    os.close(sender)
    _lead_group(pid)
    os.read(receiver, 1)  # until it is ready for signals, or dead
    os.set_blocking(receiver, False)
    return Child(pid, receiver, terminal)


def _be_child(prepare: "Callable[[], Program | int]", terminal: int | None, sender: int) -> None:
    """Prepare and execute the program. Never returns."""
    exit_code = os.EX_SOFTWARE
    try:
        _lead_group(0)
        if terminal is not None:
            # SIGTTOU is still blocked, or it would stop us here. Source: tcsetpgrp(3).
            os.tcsetpgrp(terminal, os.getpid())
        _clear_signals()
        os.write(sender, b"\n")
        program = prepare()
        if isinstance(program, int):
            exit_code = program
        else:
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            name = program.name.encode("ascii", "backslashreplace").replace(b"\n", b" ")
            told = (program.grace_s, program.is_server, program.log_level.encode(), name)
            os.write(sender, b"%d %d %s %s\n" % told)
            from labinit.init.program import execute  # noqa: PLC0415 - PID 1 never needs it

            execute(program)
    except ExecError as error:
        log.errors(error.notices)
        os.write(sender, _FAILED.encode())
        exit_code = error.exit_code
    # The last boundary of this process: a bug, and its only traceback.
    except BaseException:  # noqa: BLE001
        import traceback  # noqa: PLC0415 - PID 1 never needs it

        traceback.print_exc()
    finally:
        os._exit(exit_code)


def _clear_signals() -> None:
    """Return to default dispositions, and forget what is pending: PID 1 has those signals, too."""
    # Python ignores SIGPIPE and SIGXFSZ, and others may have been handed down as ignored.
    for signo in CATCHABLE:
        # To ignore a pending signal discards it, also a blocked one. Source: sigaction(2p).
        signal.signal(signo, signal.SIG_IGN)
        # It stays ignored until the very end: a log that nobody reads does not end the set-up.
        if signo != signal.SIGPIPE:
            signal.signal(signo, signal.SIG_DFL)
    restore_library_signals()
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _lead_group(pid: int) -> None:
    """Make the child the leader of a process group of its own."""
    # Parent and child both do it, so that it is true for each of them from its first line on.
    try:
        os.setpgid(pid, pid)
    except OSError as error:
        # The other was faster: it has executed, has ended, or leads a session. Source: setpgid(2).
        if error.errno not in {errno.EACCES, errno.ESRCH, errno.EPERM}:
            log.debug(f"setpgid: {error.strerror}")


def has_foreground(terminal: int) -> bool:
    """Tell whether our group is in the foreground of a terminal, if that is one and ours."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False


def _adopt_orphans() -> None:
    """Become the parent of our orphans, as PID 1 is. See PR_SET_CHILD_SUBREAPER(2const)."""
    try:
        prctl(PR_SET_CHILD_SUBREAPER, 1)
    except OSError as error:
        log.warning(f"become a subreaper: {error.strerror}", "run labinit as PID 1, without --init")

"""Nothing can take it down: descriptors, logs, limits, disks and mounts that are not as they should
be."""

import os
import resource
import signal

from tests.system.conformance.inits import Init, child
from tests.system.conformance.processes import start
from tests.system.conformance.system_calls import detach, mount_nothing_on, mount_tiny
from tests.system.conformance.table import case

_UID = 54_321
_LOUD = {"LABLOG": "debug"}


def _full_pipe() -> None:
    """Make standard error a pipe that is full and that nobody reads."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writer, True)
    os.dup2(writer, 2)
    os.set_inheritable(reader, True)


@case(
    "adversity",
    "standard descriptors closed at the start",
    differs={
        **dict.fromkeys(
            ("tini", "dumb-init", "catatonit"),
            "leaves them closed: the child's first file becomes its standard input",
        ),
    },
)
def closed_descriptors(init: Init) -> None:
    with init.start(["sh", "-c", ("for fd in 0 1 2; do [ -e /proc/self/fd/$fd ] || exit 1; "
    "done; " "exit 7")],
                    _LOUD, setup=lambda: os.closerange(0, 3)) as started:  # fmt: skip
        assert started.wait() == 7


@case(
    "adversity", "a standard error that is full and that nobody reads: signals and exit code pass"
)
def full_stderr(init: Init) -> None:
    with init.start([*child("signals.py"), "15"], _LOUD, setup=_full_pipe) as started:
        started.expect("ready")
        for signo in [signal.SIGUSR1] * 200:
            started.send(signo)
            started.expect("10\n")
        started.send(signal.SIGTERM)
        assert started.wait() == 0


@case("adversity", "the same without /proc")
def full_stderr_without_proc(init: Init) -> None:
    def setup() -> None:
        _full_pipe()
        mount_nothing_on("/proc")

    with init.start([*child("signals.py"), "15"], _LOUD, setup=setup) as started:
        started.expect("ready")
        started.send(signal.SIGTERM)
        assert started.wait() == 0


@case("adversity", "nobody at the other end of standard error: the child gets no signal for it")
def broken_stderr(init: Init) -> None:
    def setup() -> None:
        reader, writer = os.pipe()
        os.dup2(writer, 2)
        os.close(reader)

    with init.start([*child("signals.py"), "15"], _LOUD, setup=setup) as started:
        started.expect("ready\n")
        started.send(signal.SIGUSR1)
        started.expect("10\n")
        started.send(signal.SIGTERM)
        assert started.wait() == 0
        assert started.said.split() == ["ready", "10", "15"]


@case("adversity", "no process may be made (RLIMIT_NPROC): it ends at once and says so")
def no_process(init: Init) -> None:
    # Root is exempt. Another user must be able to read the interpreter, which may be anywhere.
    capability = "=+dac_read_search"
    user = [
        "setpriv",
        f"--reuid={_UID}",
        "--clear-groups",
        f"--inh-caps{capability}",
        f"--ambient-caps{capability}",
    ]
    with start([*user, "prlimit", "--nproc=1:1", *init.prefix(), "true"]) as started:
        assert started.wait() > 0
        assert (
            "fork" in started.errors
            or "start the child: Resource temporarily unavailable" in started.errors
        )


def _few_files() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))


@case("adversity", "8 descriptors and no more (RLIMIT_NOFILE)", differs={})
def few_descriptors(init: Init) -> None:
    with init.start(["sh", "-c", "ulimit -n; exit 7"],
                    setup=_few_files) as started:  # fmt: skip
        assert started.wait() == 7
        assert started.said == "8\n"


@case("adversity", "a full disk under the log and the current directory")
def full_disk(init: Init) -> None:
    def setup() -> None:
        mount_tiny("/mnt")
        os.chdir("/mnt")
        log = os.open("log", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        try:
            while True:
                os.write(log, b"x" * 1024)
        except OSError:
            os.dup2(log, 2)

    with init.start(["sh", "-c", "(sleep 0.1 &); exit 7"], _LOUD, setup=setup) as started:
        assert started.wait() == 7


@case("adversity", "a log that may not grow (RLIMIT_FSIZE): the child gets no signal for it")
def no_file_growth(init: Init) -> None:
    def setup() -> None:
        mount_nothing_on("/mnt")
        limit = 1 << 16
        log = os.open("/mnt/log", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        os.truncate(log, limit)
        os.dup2(log, 2)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    with init.start([*child("signals.py"), "15"], _LOUD, setup=setup) as started:
        started.expect("ready\n")
        started.send(signal.SIGTERM)
        assert started.wait() == 0
        assert started.said.split() == ["ready", "15"]


@case("adversity", "no /proc: signals, orphans and exit code")
def no_proc(init: Init) -> None:
    command = [
        "sh",
        "-c",
        "trap 'exit 7' TERM; (sleep 0 &); echo ready; while :; do sleep 0.05; done",
    ]
    with init.start(command, _LOUD, setup=lambda: mount_nothing_on("/proc")) as started:
        started.expect("ready")
        started.send(signal.SIGTERM)
        assert started.wait() == 7


@case("adversity", "a current directory that was unmounted, and one that was deleted")
def no_directory(init: Init) -> None:
    def unmounted() -> None:
        mount_nothing_on("/mnt")
        os.chdir("/mnt")
        detach("/mnt")

    def deleted() -> None:
        mount_nothing_on("/mnt")
        os.mkdir("/mnt/gone")
        os.chdir("/mnt/gone")
        os.rmdir("/mnt/gone")

    for setup in (unmounted, deleted):
        with init.start(["/bin/sh", "-c", "exit 7"], setup=setup) as started:
            assert started.wait() == 7


@case("adversity", "an init under itself: signal and exit code pass both")
def nested(init: Init) -> None:
    with init.start([*init.subreaper(), *child("signals.py"), "15"]) as started:
        started.expect("ready")
        started.send(signal.SIGUSR1)
        started.expect("10\n")
        started.send(signal.SIGTERM)
        assert started.wait() == 0
        assert started.said.split() == ["ready", "10", "15"]

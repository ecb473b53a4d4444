"""What the child starts with: clean signals, three descriptors, its arguments and environment
untouched."""

import os
import resource
import signal

from tests.system.conformance.inits import Init
from tests.system.conformance.processes import Started
from tests.system.conformance.system_calls import ignore_by_system_call
from tests.system.conformance.table import case

_ALL = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
# The C library lets nobody set them. Its posix_spawn, which make uses, hands them down ignored.
_OF_THE_C_LIBRARY = (32, 33)
_HANDED_DOWN = "hands down what it was started with, for better or worse"


def _assert_clean_signals(started: Started, *, with_library: bool = False) -> None:
    assert started.wait(within_s=5) == 0
    status = dict(line.split(":\t", 1) for line in started.said.splitlines())
    masks = {name: int(status[name], 16) for name in ("SigBlk", "SigIgn", "SigCgt")}
    if not with_library:
        masks = {name: mask & ~(0b11 << 31) for name, mask in masks.items()}
    assert masks == {"SigBlk": 0, "SigIgn": 0, "SigCgt": 0}


_SHOW_SIGNALS = ["cat", "/proc/self/status"]


@case(
    "child",
    "starts with an empty signal mask and default dispositions",
    differs={"catatonit": "leaves TSTP, TTIN and TTOU blocked in the child"},
)
def clean_signals(init: Init) -> None:
    with init.start(_SHOW_SIGNALS) as started:
        _assert_clean_signals(started)


@case(
    "child",
    "the same when the init was started with every signal ignored",
    differs={"tini": _HANDED_DOWN, "dumb-init": _HANDED_DOWN, "catatonit": _HANDED_DOWN},
)
def ignored_signals(init: Init) -> None:
    def ignore() -> None:
        for signo in _ALL:
            signal.signal(signo, signal.SIG_IGN)

    with init.start(_SHOW_SIGNALS, setup=ignore) as started:
        _assert_clean_signals(started)


@case(
    "child",
    (
        "the same for the two that the C library keeps to itself (32 and 33), "
        "which some engines ignore"
    ),
    differs={"tini": _HANDED_DOWN, "dumb-init": _HANDED_DOWN, "catatonit": _HANDED_DOWN},
)
def library_signals(init: Init) -> None:
    def ignore() -> None:
        for signo in _OF_THE_C_LIBRARY:
            ignore_by_system_call(signo)

    with init.start(_SHOW_SIGNALS, setup=ignore) as started:
        _assert_clean_signals(started, with_library=True)


@case(
    "child",
    "the same when the init was started with every signal blocked",
    differs={"tini": _HANDED_DOWN, "catatonit": _HANDED_DOWN},
)
def blocked_signals(init: Init) -> None:
    def block() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, _ALL)

    with init.start(_SHOW_SIGNALS, setup=block) as started:
        _assert_clean_signals(started)


@case(
    "child",
    "its exit code is known also when SIGCHLD was ignored at the start",
    differs={
        "tini": "waits for ever: the kernel has collected the child",
        "catatonit": "waits for ever: the kernel has collected the child",
    },
)
def ignored_sigchld(init: Init) -> None:
    with init.start(
        ["sh", "-c", "exit 7"], setup=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    ) as started:
        assert started.wait(within_s=5) == 7


@case(
    "child",
    "has the descriptors 0, 1 and 2 and no other, even if there were some above the limit",
    differs=dict.fromkeys(("tini", "dumb-init", "catatonit"), "passes on what it was given"),
)
def three_descriptors(init: Init) -> None:
    def open_more() -> None:
        for fd in (5, 200):
            os.dup2(1, fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))

    with init.start(["sh", "-c", "cd /proc/$$/fd && echo *"], setup=open_more) as started:
        assert started.wait() == 0
        # 3 is the directory that is being read.
        assert set(started.said.split()) == {"0", "1", "2", "3"}


@case("child", "leads a process group of its own")
def own_group(init: Init) -> None:
    with init.start(
        [
            "sh",
            "-c",
            'read -r pid name state parent group rest </proc/$$/stat; echo "$pid" "$group"',
        ]
    ) as started:
        assert started.wait() == 0
        pid, group = started.said.split()
        assert pid == group


@case("child", "gets arguments that are no UTF-8 byte for byte, with LC_ALL=C")
def arguments(init: Init) -> None:
    odd = [b"\xff\xfe", b"a b", b"", b"\xed\xa0\x80", "ü".encode(), b"*", b"--"]
    with init.start(["sh", "-c", "cat /proc/$$/cmdline; exit 5", *odd], {"LC_ALL": "C"}) as started:
        assert started.wait() == 5
        assert started.said_bytes.split(b"\0")[3:-1] == odd


@case(
    "child",
    (
        "gets the environment byte for byte, with LC_ALL=C: order, "
        "twins and entries without a name included"
    ),
)
def environment(init: Init) -> None:
    entries = [
        b"PATH=/usr/bin:/bin",
        b"LC_ALL=C",
        b"ODD=\xff\xfe",
        b"TWICE=1",
        b"TWICE=2",
        b"NOTHING",
        b"=x",
        b"LAST=",
    ]
    with init.start(["/bin/cat", "/proc/self/environ"], entries) as started:
        assert started.wait() == 0
        assert started.said_bytes.split(b"\0")[:-1] == entries


@case("child", "gets 5,000 variables")
def many_variables(init: Init) -> None:
    entries = [
        b"PATH=/usr/bin:/bin",
        *(b"VARIABLE_%d=%s" % (number, b"x" * 100) for number in range(5_000)),
    ]
    with init.start(["/bin/cat", "/proc/self/environ"], entries) as started:
        assert started.wait() == 0
        assert started.said_bytes.split(b"\0")[:-1] == entries


@case(
    "child",
    "its environment does not act on the init: LD_PRELOAD, PYTHONHOME, PYTHONPATH",
    differs={
        "labinit (pip)": "the first of its two interpreters is the one the environment asks for",
        **dict.fromkeys(
            ("tini", "dumb-init"), "is a dynamic executable: the library is loaded into PID 1"
        ),
    },
)
def hostile_environment(init: Init) -> None:
    env = {
        "LD_PRELOAD": "/nowhere/evil.so",
        "PYTHONHOME": "/nowhere",
        "PYTHONPATH": "/nowhere",
        "PYTHONSTARTUP": "/x",
    }
    with init.start(["true"], env) as started:
        assert started.wait() == 0
        assert started.errors.count("/nowhere/evil.so") == 1, "once, by the command itself"


@case(
    "child",
    "the environment of the init itself is not the container's",
    differs={
        **dict.fromkeys(
            ("tini", "dumb-init", "catatonit"),
            "keeps it: whoever may read PID 1 reads the secrets in it",
        ),
    },
)
def own_environment(init: Init) -> None:
    with init.start(
        ["sh", "-c", "tr '\\0' '\\n' </proc/1/environ"], {"SECRET": "hunter2"}
    ) as started:
        assert started.wait() == 0
        assert "hunter2" not in started.said

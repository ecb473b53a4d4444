"""What only labinit does, as PID 1 of a namespace: its log, its treatment of the server, the length
of its stop."""

import os
import re
import resource
import signal
import sys
import time

import pytest

from tests.system.conformance.inits import CHECKOUT, HERE, LABINIT, child, launcher
from tests.system.conformance.processes import start

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0,
    reason="PID namespaces of one's own take root on Linux",
)
_LOUD = {"LABLOG": "info"}
_SERVER = [sys.executable, "-I", "-S", str(HERE / "server.py"), str(CHECKOUT)]
_SIGNALS = child("signals.py")
_DEAF = "trap '' TERM HUP INT; echo ready; while :; do sleep 0.05; done"


def test_the_whole_stop_ends_before_docker_would_kill_even_if_everything_ignores_it() -> None:
    command = '(setsid sh -c "$0" &); (setsid sh -c "$0" &); exec sh -c "$0"'
    with LABINIT.start(["sh", "-c", command, _DEAF], _LOUD) as started:
        for _ in range(3):
            started.expect("ready")
        began = time.monotonic()
        started.send(signal.SIGTERM)
        assert started.wait() == 128 + signal.SIGKILL
        assert time.monotonic() - began < 10
        said = [
            "SIGTERM from outside the container: asking sh to stop, for at most 8 s",
            "warning: sh still runs after 8 s: sending SIGKILL; give it longer with LABGRACE",
            "sh ended after 8.0 s, killed by SIGKILL",
            r"left behind: (sh|sleep) \(\d+\), .*; sending SIGTERM",
            r"left behind: (sh|sleep) \(\d+\), .*; sending SIGKILL",
        ]
        lines = started.errors.splitlines()
        assert len(lines) == len(said), started.errors
        for line, expected in zip(lines, said, strict=True):
            assert re.match(f"labinit: {expected}", line)


def test_a_second_sigterm_is_forwarded_and_changes_nothing_else() -> None:
    with LABINIT.start(_SIGNALS, {**_LOUD, "LABGRACE": "1"}) as started:
        started.expect("ready")
        began = time.monotonic()
        for _ in range(3):
            started.send(signal.SIGTERM)
            started.expect("15\n")
        assert started.wait() == 128 + signal.SIGKILL
        assert 0.9 < time.monotonic() - began < 3
        assert started.errors.count("asking") == 1


def test_signals_without_end_do_not_delay_the_end_of_the_grace_period() -> None:
    with LABINIT.start(
        ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"], {"LABGRACE": "1"}
    ) as started:
        started.expect("ready")
        deadline = time.monotonic() + 10
        while started.is_running() and time.monotonic() < deadline:
            started.send(*[signal.SIGTERM] * 100)
        assert started.wait(within_s=0) == 128 + signal.SIGKILL


@pytest.mark.parametrize("signo", [signal.SIGINT, signal.SIGHUP, signal.SIGTERM])
def test_the_server_gets_sigterm_for_sigint_and_sighup_without_a_terminal(signo: int) -> None:
    with start([*_SERVER, *_SIGNALS, "15"]) as started:
        started.expect("ready")
        started.send(signo)
        assert started.wait() == 0
        assert started.said.split() == ["ready", "15"]


def test_the_server_gets_the_signal_itself_where_it_has_a_terminal() -> None:
    with start([*_SERVER, *_SIGNALS, "2"], tty=(0, 1, 2)) as started:
        started.expect("ready")
        started.send(signal.SIGINT)
        assert started.wait() == 0


@pytest.mark.parametrize("signo", [signal.SIGINT, signal.SIGQUIT])
def test_sigint_and_sigquit_do_not_start_the_grace_period_of_a_command(signo: int) -> None:
    with LABINIT.start([*_SIGNALS, "15"], {"LABGRACE": "0"}) as started:
        started.expect("ready")
        started.send(signo)
        started.expect(f"{int(signo)}\n")
        started.send(signal.SIGUSR1)
        started.expect("10\n")
        assert started.is_running()


def test_sigquit_starts_the_grace_period_of_the_server() -> None:
    with start([*_SERVER, *_SIGNALS], {"LABGRACE": "1"}) as started:
        started.expect("ready")
        started.send(signal.SIGQUIT)
        assert started.wait() == 128 + signal.SIGKILL


def test_sigterm_ends_a_set_up_that_takes_long() -> None:
    with start([*_SERVER, "--slow"]) as started:
        started.expect("setting up")
        started.send(signal.SIGTERM)
        assert started.wait(within_s=5) == 128 + signal.SIGTERM
        assert "the set-up ended after" in started.errors


def test_a_set_up_that_fails_has_the_last_word() -> None:
    with start([*_SERVER, "--fail"]) as started:
        assert started.wait() == 78
        assert started.errors == ""


def test_a_crash_says_what_killed_the_server() -> None:
    with start([*_SERVER, "sh", "-c", "kill -SEGV $$"]) as started:
        assert started.wait() == 128 + signal.SIGSEGV
        assert started.errors == (
            "labinit: error: sh ended unexpectedly, killed by SIGSEGV; "
            "the lines above are its own\n"
        )


def test_the_log_names_the_process_that_asked() -> None:
    with LABINIT.start(
        ["sh", "-c", "trap 'exit 0' TERM; kill -TERM 1; while :; do sleep 0.05; done"], _LOUD
    ) as started:
        assert started.wait() == 0
        assert re.search(r"labinit: SIGTERM from sh \(\d+\): asking sh to stop", started.errors)


def test_too_few_descriptors_are_explained() -> None:
    with LABINIT.start(
        ["true"], setup=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    ) as started:
        assert started.wait() == 71
        assert "; raise --ulimit nofile to 8 or more" in started.errors


def test_without_the_right_to_signal_the_child_it_ends_all_the_same() -> None:
    no_kill = ["setpriv", "--bounding-set=-kill", "--inh-caps=-kill"]
    other = ["setpriv", "--reuid=54321", "--clear-groups"]
    with start(
        [
            *no_kill,
            launcher(),
            "--init-only",
            "--",
            *other,
            "sh",
            "-c",
            "echo ready; exec sleep 1000",
        ]
    ) as started:
        started.expect("ready")
        started.send(signal.SIGTERM)
        assert started.wait(within_s=5) == 128 + signal.SIGTERM
        assert (
            "send SIGTERM to setpriv: not permitted; start the container with --cap-add KILL"
            in started.errors
        )


def test_an_unknown_option_is_an_error_with_the_usage() -> None:
    for arguments in (["--init-only"], ["--init-only", "--nonsense", "true"]):
        with start([launcher(), *arguments]) as started:
            assert started.wait() == 64
            assert "usage: labinit" in started.errors
            assert "labinit: error: " in started.errors

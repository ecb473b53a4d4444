"""Hooks run as root, in order, and what they set reaches the server."""

from pathlib import Path

from tests.container.containers import Containers
from tests.container.hooks.hook_files import EACH, FIRST, Hooks
from tests.polling import eventually


def test_hooks_run_as_root_in_lexical_order_and_see_whom_they_prepare_for(
    container: Containers, hook: Hooks, mounts: dict[Path | str, str]
) -> None:
    for when, name in ((EACH, "b"), (EACH, "10-a"), (FIRST, "9-z"), (FIRST, "10-y")):
        hook(
            when,
            name,
            (
                f'echo "{when}/{name} $(id -u) $HOME $PWD $LABUSER $LABUID:$LABGID $LABHOME '
                '$LABDATA"; id lab'
            ),
        )
    done = container.run(["true"], {"LABUID": "1234"}, mounts)
    said = [line for line in done.stderr.splitlines() if line.startswith(("boot/", "first-boot/"))]
    whom = "0 /root / lab 1234:1234 /home/lab /data"
    assert said == [
        f"{name} {whom}" for name in ("first-boot/10-y", "first-boot/9-z", "boot/10-a", "boot/b")
    ], done
    assert done.stderr.count("uid=1234(lab)") == 4
    assert "labinit: run hook /etc/labinit.d/boot/10-a: it runs at each boot" in done.stderr


def test_what_hooks_have_for_the_server_reaches_it_at_each_boot(
    container: Containers, hook: Hooks, mounts: dict[Path | str, str]
) -> None:
    hook(
        FIRST,
        "a",
        "echo first >>/root/ran; echo FROM_FIRST=1 >>$LABINIT_ENV; echo BOTH=first >>$LABINIT_ENV",
    )
    hook(
        EACH,
        "a",
        (
            "echo each >>/root/ran; printf 'BOTH=a b=\"c\" $d\\n\\n# comment\\nEMPTY=\\n' "
            ">>$LABINIT_ENV"
        ),
    )
    started = container({"JUPYTER_TOKEN": "t", "BOTH": "container"}, mounts)
    for _ in range(2):
        started.wait_ready()
        cell = started.run_cell(
            "import os; print([os.environ.get(n) for n in ('FROM_FIRST', 'BOTH', 'EMPTY')])"
        )
        assert cell.stdout == "['1', 'a b=\"c\" $d', '']\n"
        started.restart()
    assert started.wait_ready().output("cat", "/root/ran").split() == [
        "first",
        "each",
        "each",
        "each",
    ]


def test_a_failing_hook_ends_the_boot_with_its_name_and_code_and_runs_again(
    container: Containers, hook: Hooks, mounts: dict[Path | str, str]
) -> None:
    hook(FIRST, "10-good", "echo good >>/root/ran")
    hook(
        FIRST,
        "20-bad",
        "echo this is why; echo LOST=1 >>$LABINIT_ENV; test -e /root/cured || exit 42",
    )
    hook(FIRST, "30-late", "echo late >>/root/ran")
    failed = container({}, mounts, command=["sh", "-c", "cat /root/ran; sleep 1000"])
    assert failed.wait() == 71
    reason = (
        "hook /etc/labinit.d/first-boot/20-bad ended with exit code 42; its output is above; "
        "correct it, or chmod -x it"
    )
    assert failed.logs().splitlines()[-2:] == ["this is why", f"labinit: error: {reason}"]
    hook(FIRST, "20-bad", "echo cured >>/root/ran")
    failed.start()

    def each_has_succeeded_once() -> None:
        assert failed.output("cat", "/root/ran").split() == ["good", "cured", "late"]

    eventually(each_has_succeeded_once)


def test_a_hook_that_a_signal_ends_is_told(
    container: Containers, hook: Hooks, mounts: dict[Path | str, str]
) -> None:
    hook(EACH, "a", "kill -SEGV $$")
    done = container.run(["true"], {}, mounts)
    assert done.exit_code == 71
    assert "labinit: error: hook /etc/labinit.d/boot/a ended with signal 11; " in done.stderr


# The time limit of a boot is ten minutes: too long for a test to wait.
WITHIN_A_SECOND = """
import os
from labinit.errors import StepError
from labinit.apply.hooks import run_hook
try:
    run_hook("/etc/labinit.d/boot/a", "/tmp/results/a", {"PATH": os.environ["PATH"]}, 1.0)
except StepError as error:
    print(error, os.listdir("/tmp/results"), sep=chr(10), flush=True)
    os.execvp("pgrep", ["pgrep", "-c", "-r", "S", "sleep"])
"""


def test_a_hook_that_takes_too_long_is_killed_with_all_it_has_started(
    container: Containers, hook: Hooks, mounts: dict[Path | str, str]
) -> None:
    hook(EACH, "a", "trap '' TERM; sleep 1000 & sleep 1000")
    done = container.run(["-c", WITHIN_A_SECOND], {}, mounts, ["--entrypoint=/opt/lab/bin/python"])
    assert done.stdout.splitlines() == [
        "hook /etc/labinit.d/boot/a did not end within 1 s; do in the background what takes longer",
        "['.a.new']",
        "0",
    ], done


def test_a_script_without_a_first_line_is_told(
    container: Containers, directory: Path, mounts: dict[Path | str, str]
) -> None:
    path = directory / EACH / "a"
    path.write_text("echo hello\n")
    path.chmod(0o755)
    done = container.run(["true"], {}, mounts)
    assert done.exit_code == 71
    assert (
        "hook /etc/labinit.d/boot/a cannot be run: Exec format error; "
        "begin a script with a line such as #!/bin/sh"
    ) in (done.stderr)

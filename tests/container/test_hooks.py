"""Hooks in /etc/labinit.d: programs of the image's maintainer, run as root before the server starts."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.container.containers import Containers
from tests.container.engine import Volumes
from tests.polling import eventually

FIRST, EACH = "first-boot", "boot"
Hooks = Callable[[str, str, str], None]


@pytest.fixture
def directory(volume: Volumes) -> Path:
    """What is mounted at /etc/labinit.d."""
    path = volume()
    for name in (FIRST, EACH):
        (path / name).mkdir(mode=0o755)
    return path


@pytest.fixture
def hook(directory: Path) -> Hooks:
    """Writes a hook: which directory, its name, and what it does."""

    def write(when: str, name: str, script: str) -> None:
        path = directory / when / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    return write


@pytest.fixture
def mounts(directory: Path, volume: Volumes) -> dict[Path | str, str]:
    return {directory: "/etc/labinit.d:ro", volume(): "/data"}


def test_hooks_run_as_root_in_lexical_order_and_see_whom_they_prepare_for(
    container: Containers, hook: Hooks, mounts: dict[Path | str, str]
) -> None:
    for when, name in ((EACH, "b"), (EACH, "10-a"), (FIRST, "9-z"), (FIRST, "10-y")):
        hook(
            when,
            name,
            f'echo "{when}/{name} $(id -u) $HOME $PWD $LABUSER $LABUID:$LABGID $LABHOME $LABDATA"; id lab',
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
        "echo each >>/root/ran; printf 'BOTH=a b=\"c\" $d\\n\\n# comment\\nEMPTY=\\n' >>$LABINIT_ENV",
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
    reason = "hook /etc/labinit.d/first-boot/20-bad ended with exit code 42; its output is above; correct it, or chmod -x it"
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
        "hook /etc/labinit.d/boot/a cannot be run: Exec format error; begin a script with a line such as #!/bin/sh"
        in (done.stderr)
    )


def test_what_is_no_hook_is_left_alone_and_a_file_that_is_not_executable_is_told(
    container: Containers, directory: Path, hook: Hooks, mounts: dict[Path | str, str]
) -> None:
    for name in (".hidden", "copy~", "readme"):
        hook(EACH, name, "exit 1")
    (directory / EACH / "readme").chmod(0o644)
    (directory / EACH / "folder").mkdir()
    told = "hook /etc/labinit.d/boot/readme is not executable and is not run; chmod [+]x /etc/labinit.d/boot/readme, or"
    assert container.run(["true"], {}, mounts, expect_warnings=[told]).exit_code == 0
    (directory / EACH / "readme").chmod(0o755)
    assert container.run(["true"], {}, mounts).exit_code == 71


def test_a_line_that_is_no_variable_is_told_without_its_content(
    container: Containers, hook: Hooks, mounts: dict[Path | str, str]
) -> None:
    hook(EACH, "a", "printf 'GOOD=1\\nexport BAD=secret-word\\n2=x\\n' >>$LABINIT_ENV")
    told = [
        f"hook a: line {number} of .LABINIT_ENV is no variable and is left out; write KEY=VALUE"
        for number in (2, 3)
    ]
    done = container.run(
        ["sh", "-c", "env | grep -c -e ^GOOD=1 -e BAD"], {}, mounts, expect_warnings=told
    )
    assert done.stdout == "1\n"
    assert "secret-word" not in done.stderr


def test_hooks_get_no_secret_and_load_no_code_of_the_user(
    container: Containers,
    hook: Hooks,
    directory: Path,
    mounts: dict[Path | str, str],
    volume: Volumes,
) -> None:
    evil = volume(1000, 1000)
    for name in ("sitecustomize.py", "os.py", "json.py", "env.sh", "true"):
        (evil / name).write_text("echo evil; print('evil')\n")
        (evil / name).chmod(0o755)
    path = directory / EACH / "b"
    path.write_text("#!/usr/bin/env python3\nimport json, os\nprint('python ran')\n")
    path.chmod(0o755)
    (directory / EACH / "c").write_text("#!/bin/bash\ntrue\necho bash ran\n")
    (directory / EACH / "c").chmod(0o755)
    hook(EACH, "a", "env; true")
    env = {
        "LABPASSWD": "secret-password",
        "JUPYTER_TOKEN": "secret-token",
        "PYTHONPATH": "/evil",
        "PYTHONSTARTUP": "/evil/os.py",
        "BASH_ENV": "/evil/env.sh",
        "ENV": "/evil/env.sh",
        "GCONV_PATH": "/evil",
        "OPENSSL_CONF": "/evil/openssl.cnf",
        "PATH": "/evil:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "OPTION_OF_MINE": "kept",
    }
    mounts = {**mounts, evil: "/evil"}
    done = container.run(
        ["/bin/echo", "done"], env, mounts, expect_warnings=["PATH has /evil before"]
    )
    assert "python ran" in done.stderr
    assert "bash ran" in done.stderr
    assert "OPTION_OF_MINE=kept" in done.stderr
    assert "evil" not in re.sub(r"(?m)^(PATH=|labinit: warning: PATH has).*$", "", done.stderr)
    assert "secret" not in done.stderr


@pytest.mark.parametrize("owner", [(1000, 0, 0o755), (0, 0, 0o777)])
def test_a_hook_that_the_user_could_write_never_runs(
    container: Containers, volume: Volumes, owner: tuple[int, int, int]
) -> None:
    """A host's directory belongs to whoever made it, and its uid is as a rule that of the lab user."""
    directory = volume(*owner)
    (directory / EACH).mkdir(mode=0o755)
    path = directory / EACH / "a"
    path.write_text("#!/bin/sh\necho ran\n")
    path.chmod(0o755)
    data = volume()
    refused = container.run(["true"], {}, {directory: "/etc/labinit.d", data: "/data"})
    who = "uid 1000" if owner[0] else "its group"
    assert refused.exit_code == 78
    assert "ran" not in refused.stderr.splitlines()
    assert f"run hook /etc/labinit.d/boot/a: {who} (by /etc/labinit.d) can" in refused.stderr
    assert "it would run as root; chown root:root" in refused.stderr
    # As advised, either way.
    assert (
        "ran"
        in container.run(
            ["true"], {}, {directory: "/etc/labinit.d:ro", data: "/data"}
        ).stderr.splitlines()
    )
    fix = ["sh", "-c", "chown root:root /x /x/boot /x/boot/a && chmod go-w /x /x/boot /x/boot/a"]
    container.run(fix, {}, {directory: "/x"}, ["--entrypoint=/usr/bin/env"])
    assert (
        "ran"
        in container.run(
            ["true"], {}, {directory: "/etc/labinit.d", data: "/data"}
        ).stderr.splitlines()
    )


def test_hooks_do_not_run_for_another_user(
    container: Containers, hook: Hooks, mounts: dict[Path | str, str], volume: Volumes
) -> None:
    hook(EACH, "a", "echo ran")
    told = "hooks in /etc/labinit.d are not run: they are for root; remove --user, or remove them"
    own = {**{k: v for k, v in mounts.items() if v != "/data"}, volume(1234): "/data"}
    done = container.run(["true"], {}, own, ["--user", "1234"], expect_warnings=[told])
    assert "ran" not in done.stderr.splitlines()


def test_a_killed_hook_runs_again(
    container: Containers, hook: Hooks, mounts: dict[Path | str, str]
) -> None:
    hook(
        FIRST,
        "a",
        "echo began >>/root/ran; test $(wc -l </root/ran) -gt 1 || sleep 1000; echo A=1 >>$LABINIT_ENV",
    )
    started = container(
        {}, mounts, command=["sh", "-c", 'echo "A is $A"; cat /root/ran; exec sleep 1000']
    )

    def it_has_begun() -> None:
        assert started.exec(["cat", "/root/ran"]).stdout == "began\n"

    eventually(it_has_begun)
    started.kill()
    started.wait()
    started.start()

    def it_has_succeeded() -> None:
        assert "A is 1" in started.logs()

    eventually(it_has_succeeded)


def test_a_dry_run_shows_hooks_and_runs_none(
    container: Containers, hook: Hooks, mounts: dict[Path | str, str]
) -> None:
    hook(FIRST, "a", "echo ran >/data/ran")
    done = container.run(["--dry-run"], {}, mounts)
    assert done.exit_code == 0
    assert re.search(r"run hook /etc/labinit.d/first-boot/a +it has not succeeded yet", done.stdout)
    assert container.run(["cat", "/data/ran"], {}, mounts).stdout == "ran\n"

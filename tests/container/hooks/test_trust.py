"""What is no hook, or could be the work of the user, does not run."""

import re
from pathlib import Path

import pytest

from tests.container.containers import Containers
from tests.container.engine import Volumes
from tests.container.hooks.hook_files import EACH, FIRST, Hooks
from tests.polling import eventually


def test_what_is_no_hook_is_left_alone_and_a_file_that_is_not_executable_is_told(
    container: Containers, directory: Path, hook: Hooks, mounts: dict[Path | str, str]
) -> None:
    for name in (".hidden", "copy~", "readme"):
        hook(EACH, name, "exit 1")
    (directory / EACH / "readme").chmod(0o644)
    (directory / EACH / "folder").mkdir()
    told = (
        "hook /etc/labinit.d/boot/readme is not executable and is not run; "
        "chmod [+]x /etc/labinit.d/boot/readme, or"
    )
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
    """A host's directory belongs to whoever made it, and its uid is as a rule that of the lab
    user."""
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
    told = "hooks in /etc/labinit.d are not run: .*--user"
    own = {**{k: v for k, v in mounts.items() if v != "/data"}, volume(1234): "/data"}
    done = container.run(["true"], {}, own, ["--user", "1234"], expect_warnings=[told])
    assert "ran" not in done.stderr.splitlines()


def test_a_killed_hook_runs_again(
    container: Containers, hook: Hooks, mounts: dict[Path | str, str]
) -> None:
    hook(
        FIRST,
        "a",
        (
            "echo began >>/root/ran; test $(wc -l </root/ran) -gt 1 || sleep 1000; "
            "echo A=1 >>$LABINIT_ENV"
        ),
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

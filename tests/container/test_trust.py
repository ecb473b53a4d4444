"""What root runs is nothing that the user could have put there: by PATH, the loader, Python, or the
working directory."""

import pytest

from tests.container.containers import Containers
from tests.container.engine import Engine, Volumes
from tests.container.running_container import READY_S, Container
from tests.polling import eventually

TRAPS = "/data/bin"
# What root starts, by whatever name: the image's own programs, those of a boot, and what each of
# those is started with.
PROGRAMS = (
    *(
        "labinit",
        "labctl",
        "python",
        "python3",
        "sh",
        "bash",
        "dash",
        "env",
        "sleep",
        "sudo",
        "visudo",
    ),
    *(
        "useradd",
        "usermod",
        "userdel",
        "groupadd",
        "groupmod",
        "gpasswd",
        "chpasswd",
        "jupyter",
        "id",
    ),
)
# Leaves a mark that says who ran it, and does its work nevertheless.
TRAP = """#!/bin/sh
/usr/bin/id -u >>/data/sprung
exec /usr/bin/env -i PATH=/opt/lab/bin:/usr/local/bin:/usr/sbin:/usr/bin {} "$@"
"""
# What the loader and Python take from their environment.
LIBRARY = "/data/lib"
ENVIRONMENT = {
    "PATH": f"{TRAPS}::/opt/lab/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    # As the usual CUDA line becomes: an empty element is the working directory.
    "LD_LIBRARY_PATH": f"{LIBRARY}:",
    "PYTHONPATH": "/data/python",
    "PYTHONSTARTUP": "/data/python/os.py",
    "BASH_ENV": f"{TRAPS}/sh",
    "ENV": f"{TRAPS}/sh",
}
PYTHON = (
    "import builtins; open('/data/sprung', 'a').write(f'{__import__(\"posix\").getuid()}\\n')\n"
)


@pytest.fixture
def traps(volume: Volumes) -> str:
    """A data directory of the user's, full of what root could run by mistake."""
    data = volume(1000, 1000)
    for directory in ("bin", "lib", "python"):
        (data / directory).mkdir()
    for name in PROGRAMS:
        (data / "bin" / name).write_text(TRAP.format(name))
        (data / "bin" / name).chmod(0o755)
    for name in (
        "os",
        "typing",
        "types",
        "re",
        "argparse",
        "signal",
        "sitecustomize",
        "usercustomize",
    ):
        for place in (data, data / "python"):
            (place / f"{name}.py").write_text(PYTHON)
    # No libraries: the loader ends whoever would load one. Only Python does, of what runs here.
    for name in ("libz.so.1", "libexpat.so.1", "libffi.so.8"):
        for place in (data, data / "lib"):
            (place / name).write_text("no library")
    return str(data)


def healthy(container: Container) -> None:
    assert container.inspect(".State.Health.Status") == "healthy", container.inspect(
        ".State.Health"
    )


def test_nothing_of_the_users_runs_as_root(container: Containers, traps: str) -> None:
    """With the engine's own health check in it, and as an operator uses it."""
    started = container(
        {"LABPASSWD": "secret-of-the-test", **ENVIRONMENT},
        {traps: "/data"},
        ("--health-interval=1s", "--health-retries=30"),
        ("sh", "-c", "exec /usr/bin/sleep infinity"),
        expect_warnings=("PATH",),
    )
    eventually(lambda: healthy(started), READY_S)
    for command in (["status"], ["health"], ["health", "--pace"], ["shell", "-c", "true"]):
        done = started.exec(["/usr/local/bin/labctl", *command])
        assert done.exit_code == 0, done
    # Root's Python imports nothing from where the user works.
    python = ["/usr/bin/python3", "-E", "-c", "import argparse, typing"]
    done = started.exec(python, env={"LD_LIBRARY_PATH": ""})
    assert done.exit_code == 0, done
    started.restart()
    eventually(lambda: healthy(started), READY_S)
    sprung = started.exec(["/bin/cat", "/data/sprung"]).stdout.split()
    assert "0" not in sprung
    # The traps work: the command itself, which is the user's, was one.
    assert "1000" in sprung


def test_every_file_of_the_image_is_roots(docker: Engine, image: str) -> None:
    """npm keeps the owners of its archives, whoever these uids are here; Debian's own exception is
    apt's cache."""
    script = "find / -xdev ! -uid 0 ! -path '/proc/*' ! -path '*/apt/*/partial'"
    assert docker("run", "--rm", "--entrypoint=sh", image, "-c", script) == ""


def test_nobody_but_root_can_write_to_the_image(docker: Engine, image: str) -> None:
    script = "find / -xdev -perm -0002 ! -perm -1000 ! -type l ! -path '/proc/*'"
    assert docker("run", "--rm", "--entrypoint=sh", image, "-c", script) == ""

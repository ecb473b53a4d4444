"""Root runs nothing that the user could have written."""

from pathlib import Path

import pytest

from tests.container.containers import Containers
from tests.container.engine import Volumes
from tests.container.secrets.secrets_seen import PASSWORD
from tests.polling import eventually


@pytest.fixture
def trap(volume: Volumes) -> Path:
    """A data directory full of what a program might load by mistake; it tells who did by a file in
    /tmp."""
    data = volume(uid=1000, gid=1000)
    tell = "import os\nopen(f'/tmp/ran-as-{os.getuid()}', 'a').close()\n"
    for name in (
        "json",
        "os",
        "site",
        "sitecustomize",
        "usercustomize",
        "startup",
        "subprocess",
        "psutil",
        "labinit",
    ):
        (data / f"{name}.py").write_text(tell)
    for name in ("encodings", "pydantic", "pydantic_settings", "labinit", "ctypes"):
        (data / name).mkdir(exist_ok=True)
        (data / name / "__init__.py").write_text(tell)
    (data / "trap.sh").write_text("touch /tmp/ran-as-$(id -u)\n")
    for name in ("useradd", "groupadd", "chpasswd", "visudo", "python", "python3", "sh"):
        (data / name).write_text("#!/bin/bash\ntouch /tmp/ran-as-$(/usr/bin/id -u)\n")
        (data / name).chmod(0o755)
    return data


def test_root_runs_no_file_of_the_users_whatever_the_environment_says(
    container: Containers, trap: Path
) -> None:
    environment = {
        "LABUID": "1000",
        "LABPASSWD": PASSWORD,
        "PYTHONPATH": "/data",
        "PYTHONSTARTUP": "/data/startup.py",
        "PYTHONUSERBASE": "/data",
        "PYTHONINSPECT": "1",
        "BASH_ENV": "/data/trap.sh",
        "ENV": "/data/trap.sh",
        "PATH": "/data:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    }
    done = container.run(
        ["/bin/bash", "-c", "id -u; echo /tmp/ran-as-*"],
        environment,
        {trap: "/data"},
        expect_warnings=["PATH has /data before"],
    )

    # The trap works, and the user is the one who has stepped into it.
    assert (done.exit_code, done.stdout.split()) == (0, ["1000", "/tmp/ran-as-1000"]), done


def test_root_loads_no_library_of_the_users(container: Containers, trap: Path) -> None:
    image_library = container.run(
        ["sh", "-c", "cat /usr/lib/*/libz.so.1 >/data/trap.so"], {"LABUID": "1000"}, {trap: "/data"}
    )
    assert image_library.exit_code == 0, image_library
    environment = {
        "LABUID": "1000",
        "LD_PRELOAD": "/data/trap.so",
        "LD_LIBRARY_PATH": "/data",
        "GCONV_PATH": "/data",
    }
    lab = container(environment, {trap: "/data"}, command=["sleep", "600"])

    def maps(pid: int, user: str) -> str:
        # What `docker exec` starts gets the environment of the container too.
        return lab.exec(
            ["cat", f"/proc/{pid}/maps"], user=user, env={"LD_PRELOAD": "", "LD_LIBRARY_PATH": ""}
        ).stdout

    sleeping = int(eventually(lambda: lab.output("pgrep", "--exact", "sleep")))
    assert "/data/trap.so" in maps(sleeping, "1000"), "the trap does not work"
    roots = maps(1, "0")
    assert "/data/" not in roots
    assert roots

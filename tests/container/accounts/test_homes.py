"""Homes, groups and the rest of the settings of an account."""

import os
import re
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.container.accounts.account_system import PASSWORD, boot
from tests.container.containers import Containers
from tests.container.engine import Engine, Volumes
from tests.container.running_container import Container


def test_stale_locks_do_not_keep_a_boot_from_changing_accounts(system: Container) -> None:
    left = [f"/etc/{name}.lock" for name in ("passwd", "shadow", "group", "gshadow")]
    for path, content in zip(left, ("", "1", "99999999", "1\n"), strict=True):
        system.output("sh", "-c", f"printf '{content}' >{path}")
    assert system.exec(["useradd", "other"]).exit_code == 1
    assert boot(system, "id", "-u", LABUID="2000") == ["2000"]
    assert system.exec(["ls", *left]).stdout == ""
    assert boot(system, "id", "-u", LABUID="3000") == ["3000"]


def test_an_empty_volume_for_home_gets_the_skeleton_and_its_owner(
    container: Containers, volume: Volumes
) -> None:
    home = volume()
    done = container.run(
        ["sh", "-c", "stat -c %U ~ ~/.bashrc"], {}, {volume(): "/data", home: "/home/lab"}
    )
    assert done.stdout.split() == ["lab", "lab"]
    (home / ".bashrc").write_text("mine\n")
    (home / ".profile").unlink()
    # A new container, the same volume: what is missing comes back, what is there is never touched.
    done = container.run(
        ["sh", "-c", "cat ~/.bashrc; ls ~/.profile"], {}, {volume(): "/data", home: "/home/lab"}
    )
    assert done.stdout.split() == ["mine", "/home/lab/.profile"]


def test_what_the_user_has_deleted_from_home_stays_deleted(system: Container) -> None:
    boot(system, "sh", "-c", "rm ~/.bashrc")
    boot(system, LABPASSWD=PASSWORD)
    assert system.exec(["test", "-e", "/home/lab/.bashrc"]).exit_code == 1


def test_groups_of_the_engine_and_of_devices_reach_the_user(
    container: Containers, devices: Path, volume: Volumes
) -> None:
    device = devices / "renderD128"
    args = ["--group-add", "4242", "--device", f"{device}:/dev/dri/renderD128"]
    done = container.run(
        ["sh", "-c", "id -G; head -c 1 /dev/dri/renderD128 | wc -c"], {}, {volume(): "/data"}, args
    )
    assert done.stdout.split() == ["1000", "4242", "4444", "1"], done


@pytest.fixture
def devices() -> Iterator[Path]:
    """A directory with a device like that of a graphics card: its group may use it, others may
    not."""
    if os.geteuid() != 0:
        pytest.skip("only root makes device nodes")
    with tempfile.TemporaryDirectory(prefix="labinit-test-") as path:
        device = Path(path) / "renderD128"
        os.mknod(device, 0o660 | stat.S_IFCHR, os.makedev(1, 5))  # reads as zeros
        os.chown(device, 0, 4444)
        device.chmod(0o660)
        yield Path(path)


def test_the_time_zone_is_passed_on_and_checked(container: Containers, volume: Volumes) -> None:
    mounts = {volume(): "/data"}
    assert container.run(["date", "+%Z"], {"TZ": "Asia/Tokyo"}, mounts).stdout == "JST\n"
    told = "TZ='Mars/Olympus' is not a time zone of this image; use a name such as Europe/Berlin"
    container.run(["true"], {"TZ": "Mars/Olympus"}, mounts, expect_warnings=[told])


def test_ids_without_settings_are_those_of_the_data(container: Containers, volume: Volumes) -> None:
    data = volume(4321, 8765)
    done = container.run(["sh", "-c", "id -u; id -g; id -gn"], volumes={data: "/data"})
    assert done.stdout.split() == ["4321", "8765", "lab"]


def test_a_typo_is_told(container: Containers, volume: Volumes) -> None:
    told = "LABUDI is not a setting of labinit; did you mean LABUID?"
    container.run(["true"], {"LABUDI": "5"}, {volume(): "/data"}, expect_warnings=[re.escape(told)])


def test_the_umask_is_that_of_everything_the_user_runs(
    container: Containers, volume: Volumes
) -> None:
    started = container(
        {"LABUMASK": "0027", "JUPYTER_TOKEN": "t"}, {volume(): "/data"}
    ).wait_ready()
    assert started.run_cell("import os; oct(os.umask(0o27))").text == "'0o27'"
    assert started.terminal("umask").output.strip().endswith("0027")


def test_without_authentication_everybody_is_let_in_and_it_says_so(
    container: Containers, volume: Volumes
) -> None:
    told = [
        "authentication is off: whoever reaches the port runs code here; remove LABAUTH=none",
        "not using authentication",
    ]
    started = container({"LABAUTH": "none"}, {volume(): "/data"}, expect_warnings=told).wait_ready()
    assert started.get("/api/status", token="").ok
    assert not any("token=" in line for line in started.boot_log())


def test_names_of_other_images_work(
    container: Containers,
    volume: Volumes,
    docker: Engine,  # noqa: ARG001
) -> None:
    env = {
        "NB_USER": "jovyan",
        "NB_UID": "1234",
        "NB_GID": "100",
        "GRANT_SUDO": "yes",
        "CHOWN_HOME": "yes",
    }
    done = container.run(
        ["sh", "-c", "id -un; id -u; id -g; sudo id -u; echo ~"], env, {volume(): "/data"}
    )
    assert done.stdout.split() == ["jovyan", "1234", "100", "0", "/home/jovyan"]
    assert "labinit: NB_UID is taken as LABUID=1234" in done.stderr
    done = container.run(
        ["sh", "-c", "id -u; id -g; umask"],
        {"PUID": "99", "PGID": "100", "UMASK": "002"},
        {volume(): "/data"},
    )
    assert done.stdout.split() == ["99", "100", "0002"]

"""The same image as any user, and on a read-only root"""

import re
import shlex

import pytest

from tests.container.containers import Containers
from tests.container.engine import Engine, Volumes
from tests.container.everywhere import (
    AS_LAB,
    COMMIT,
    ENV,
    PASSWORD,
    READ_ONLY,
    WHO,
    answers,
    mode_of,
)

# --- another user


@pytest.mark.parametrize(
    ("user", "gid"), [("1234", "0"), ("1234:0", "0"), ("1234:1234", "1234"), ("1000700000:0", "0")]
)
def test_any_user_has_a_name_a_home_and_can_commit(
    container: Containers, user: str, gid: str, volume: Volumes
) -> None:
    uid = user.partition(":")[0]
    done = container.run(
        ["sh", "-c", WHO + COMMIT],
        volumes={volume(int(uid), int(gid)): "/data"},
        args=["--user", user],
    )
    assert done.stdout.split() == [uid, gid, "lab", "lab", "lab", "/data", "/data", "Ann"], done
    assert mode_of(done.stderr) == f"as user {uid}:{gid}, without set-up"


def test_any_user_has_a_server_with_kernels_and_terminals(
    container: Containers, volume: Volumes
) -> None:
    started = container(ENV, {volume(1234): "/data"}, ["--user", "1234"])
    answers(started)
    assert (
        started.run_cell("import getpass, os; getpass.getuser(), os.path.expanduser('~')").text
        == "('lab', '/data')"
    )
    assert started.terminal("whoami").output.strip().endswith("lab")
    assert started.stop() < 8
    started.start().wait_ready()


def test_the_name_of_any_user_can_be_chosen_and_that_of_an_account_is_kept(
    container: Containers, volume: Volumes
) -> None:
    data = volume(1234)
    mounts = {data: "/data"}
    done = container.run(
        ["sh", "-c", WHO], {"LABUSER": "ann", "LABUID": "1234"}, mounts, ["--user", "1234"]
    )
    assert done.stdout.split()[2:5] == ["ann", "ann", "ann"]
    done = container.run(
        ["sh", "-c", WHO],
        {},
        mounts,
        ["--user", "33:33"],
        expect_warnings=["cannot be written by 33"],
    )
    assert done.stdout.split()[2:5] == ["www-data", "www-data", "www-data"]


@pytest.mark.parametrize(
    ("env", "volumes", "home"),
    [
        ({}, ("/data",), "/data"),
        ({"HOME": "/"}, ("/data",), "/data"),
        ({"HOME": "/root"}, ("/data",), "/data"),
        ({"HOME": "/mine"}, ("/data", "/mine"), "/mine"),
        ({"HOME": "/mine", "LABHOME": "/data/home"}, ("/data", "/mine"), "/data/home"),
    ],
)
def test_the_home_of_any_user_is_one_that_can_be_written_to(
    container: Containers, volume: Volumes, env: dict[str, str], volumes: tuple[str, ...], home: str
) -> None:
    mounts = {volume(1234): path for path in volumes}
    done = container.run(
        ["sh", "-c", 'cd && pwd && touch "$HOME/file"'], env, mounts, ["--user", "1234"]
    )
    assert (done.exit_code, done.stdout) == (0, f"{home}\n"), done


def test_without_any_home_there_is_a_fresh_one(container: Containers) -> None:
    nowhere = (
        r"/data cannot be written by 1234:0: .*; .*mount a volume at /data that this user can "
        r"write to"
    )
    done = container.run(
        ["sh", "-c", "cd && pwd && ls -A"], args=["--user", "1234"], expect_warnings=[nowhere]
    )
    home, *files = done.stdout.split()
    assert home == "/tmp/home-lab"
    assert {".bash_logout", ".bashrc", ".local", ".profile"} <= {*files}


def test_settings_that_only_root_can_use_are_told(container: Containers, volume: Volumes) -> None:
    env = {"LABUID": "1000", "LABPASSWD": PASSWORD}
    told = "LABUID, LABPASSWD cannot be used: .* as 1234:0; .*--user"
    mounts = {volume(1234): "/data"}
    container.run(["true"], env, mounts, ["--user", "1234"], expect_warnings=[told])
    assert container.run(["id", "-u"], {}, mounts, ["--user", "1234"]).stdout == "1234\n"
    assert container.run(["id", "-u"], env, mounts).stdout == "1000\n"


def test_a_data_directory_of_others_is_told_with_the_options_that_open_it(
    container: Containers, volume: Volumes
) -> None:
    mounts = {volume(5555, 6666, 0o770): "/data"}
    told = (
        "enter /data: Permission denied; starting in /tmp/home-lab; chown 1234:0 it on the host, "
        "or start with --user 5555:6666, or add --group-add 6666"
    )
    write = ["sh", "-c", "touch /data/file-$(id -u)"]
    done = container.run(write, {}, mounts, ["--user", "1234"], expect_warnings=[re.escape(told)])
    assert done.exit_code != 0
    for args in (["--user", "5555:6666"], ["--user", "1234", "--group-add", "6666"]):
        assert container.run(write, {}, mounts, args).exit_code == 0


# --- a read-only root


ON_READ_ONLY = [
    "accounts of this container are read-only: .*--read-only",
    "home /home/lab cannot be written: .*mount a volume at /home/lab, or set LABHOME",
]


def test_a_read_only_root_without_a_place_to_write_is_told_what_to_add(
    container: Containers, volume: Volumes
) -> None:
    refused = container.run([], args=["--read-only"])
    assert refused.exit_code == 77
    problem = "labinit: error: keep what the server needs: neither /run nor /tmp can be written"
    assert refused.stderr.startswith(problem)
    assert refused.stderr.endswith("; add --tmpfs /run --tmpfs /tmp\n")
    options = shlex.split(refused.stderr.partition("; add ")[2])
    answers(
        container(
            ENV, {volume(): "/data"}, ["--read-only", *options], expect_warnings=ON_READ_ONLY[1:]
        )
    )


def test_on_a_read_only_root_the_user_is_a_number_with_a_name(
    container: Containers, volume: Volumes
) -> None:
    data = volume(77, 77)
    env = {"LABUID": "1234", "LABPASSWD": PASSWORD}
    done = container.run(
        ["sh", "-c", WHO + COMMIT], env, {data: "/data"}, READ_ONLY, expect_warnings=ON_READ_ONLY
    )
    assert done.stdout.split() == ["1234", "1234", "lab", "lab", "lab", "/data", "/data", "Ann"], (
        done
    )
    assert mode_of(done.stderr) == "as 1234:1234, without an account"
    assert data.stat().st_uid == 1234


def test_a_volume_for_home_is_used_on_a_read_only_root(
    container: Containers, volume: Volumes
) -> None:
    mounts = {volume(): "/data", volume(): "/home/lab"}
    done = container.run(["sh", "-c", WHO], {}, mounts, READ_ONLY)
    assert done.stdout.split()[5:] == ["/home/lab", "/data"]


def test_on_a_read_only_root_an_account_of_the_image_is_used(
    container: Containers, volume: Volumes, docker: Engine
) -> None:
    mounts = {volume(): "/data", volume(): "/home/lab"}
    container.run(["true"], {"LABPASSWD": PASSWORD}, mounts)
    image = docker("commit", container.last.name)
    try:
        env = {"LABPASSWD": PASSWORD}
        done = container.run(
            ["sh", "-c", f"{WHO}; echo {PASSWORD} | sudo -S -p '' id -u"],
            env,
            mounts,
            READ_ONLY,
            image=image,
        )
        assert done.stdout.split() == [*AS_LAB, "0"], done
        assert mode_of(done.stderr) == "full set-up as root"
    finally:
        container.last.remove()
        docker("image", "rm", "--force", image)


def test_accounts_of_the_host_mounted_read_only_are_used_as_they_are(
    container: Containers, volume: Volumes
) -> None:
    passwd = volume() / "passwd"
    passwd.write_text("root:x:0:0:root:/root:/bin/bash\nann:x:1234:100::/home/ann:/bin/bash\n")
    mounts = {volume(): "/data", passwd: "/etc/passwd:ro"}
    env = {"LABUID": "1234", "LABGID": "100"}
    done = container.run(["sh", "-c", WHO], env, mounts)
    assert "labinit: the accounts of this container are read-only" in done.stderr
    assert done.stdout.split() == ["1234", "100", "ann", "ann", "ann", "/home/lab", "/data"]

"""Ids and names that are taken, and settings that change between boots."""

from typing import Any

import pytest

from tests.container.accounts.account_system import PASSWORD, boot
from tests.container.containers import Containers
from tests.container.engine import Volumes
from tests.container.running_container import Container

# Of "correct-horse", as `mkpasswd -m yescrypt` and `openssl passwd -6` make them.
HASHES = {
    "yescrypt": "$y$j9T$uIERikq16drXH8ijs6nBr0$tzI3I5UzaflSCGaaQr4i5xvgCdyhUmJ4VCdVQtuagB8",
    "sha512": "$6$saltsalt$K7UFl//Wp07xMvFGF5CNr3JVL52HTe9O9C8NXwEvinkuKFSKIlvZQXSwQoNHq5D."
    "BYsXc7IkvOpvWCBRDof1g1",
}


def refuse(system: Container, **env: str) -> str:
    """Boot in it once, which has to be refused; return the reason."""
    before = system.output("sh", "-c", "cat /etc/passwd /etc/group /etc/shadow /etc/gshadow")
    done = system.exec(["labinit", "true"], env=env)
    assert done.exit_code == 78, done
    assert (
        system.output("sh", "-c", "cat /etc/passwd /etc/group /etc/shadow /etc/gshadow") == before
    )
    return done.stderr.removeprefix("labinit: error: ").strip()


def opens(system: Container, password: str, user: str = "lab") -> bool:
    """Tell whether the password is that of the user: `su` asks for it when the one who asks is not
    root."""
    asks = ["su", user, "-c", "true"]
    return system.exec(asks, user="nobody", input=f"{password}\n").exit_code == 0


@pytest.mark.parametrize("name", ["ubuntu", "node"])
def test_an_account_of_the_image_is_taken_over_and_renamed(system: Container, name: str) -> None:
    system.output("useradd", "--create-home", "--uid", "1000", name)
    script = "id -un; id -gn; id -u; id -g; echo $HOME; stat -c %U:%G /data ~"
    assert (
        boot(system, "sh", "-c", script, LABPASSWD=PASSWORD)
        == ["lab", name, "1000", "1000", "/home/lab"] + [f"lab:{name}"] * 2
    )
    assert system.exec(["id", name]).exit_code == 1
    assert system.output(
        "sh", "-c", "grep -c :1000: /etc/passwd; grep -c :1000: /etc/group"
    ).split() == ["1", "1"]
    assert opens(system, PASSWORD)
    assert boot(system, "id", "-un", LABPASSWD=PASSWORD) == ["lab"]


def test_data_of_an_idle_account_of_the_system_is_worked_on_as_that_account(
    container: Containers, volume: Volumes
) -> None:
    data = volume(33, 33)
    done = container.run(["sh", "-c", "id -u; id -un; touch /data/mine"], volumes={data: "/data"})
    assert done.stdout.split() == ["33", "lab"], done
    assert data.stat().st_uid == (data / "mine").stat().st_uid == 33


def test_a_uid_with_a_running_process_is_refused(system: Container) -> None:
    system.output("useradd", "--uid", "1000", "node")
    system.output(
        "sh", "-c", "setpriv --reuid 1000 --regid 1000 --clear-groups sleep 1000 >/dev/null 2>&1 &"
    )
    reason = "create user lab: uid 1000 belongs to node, which has running processes"
    assert refuse(system, LABUID="1000").startswith(f"{reason}; start with --user 1000:1000")
    system.output("pkill", "-U", "1000")
    assert boot(system, "id", "-un", LABUID="1000") == ["lab"]


@pytest.mark.parametrize("name", ["root", "www-data", "nobody"])
def test_a_name_of_the_system_is_refused(system: Container, name: str) -> None:
    assert f"LABUSER={name} is an account of the system" in refuse(system, LABUSER=name)


def test_a_gid_that_is_taken_is_used_under_its_own_name(system: Container) -> None:
    script = "id -g; id -gn; stat -c %g:%G /data; grep -c :100: /etc/group"
    assert boot(system, "sh", "-c", script, LABGID="100") == ["100", "users", "100:users", "1"]
    assert system.exec(["getent", "group", "lab"]).exit_code == 2


def test_a_group_name_with_another_gid_is_left_to_its_group(system: Container) -> None:
    assert boot(system, "sh", "-c", "id -g; id -gn", LABGROUP="users") == ["1000", "users1000"]
    assert system.output("getent", "group", "users") == "users:x:100:"


def test_changed_ids_change_the_account_and_its_files_follow(system: Container) -> None:
    boot(system, "sh", "-c", "touch /data/mine ~/mine; sudo -n true; true", LABPASSWD=PASSWORD)
    script = "id -un; id -u; id -g; stat -c %u:%g /data /data/mine ~ ~/mine ~/.bashrc"
    found = boot(system, "sh", "-c", script, LABPASSWD=PASSWORD, LABUID="2000", LABGID="3000")
    assert found == ["lab", "2000", "3000", *["2000:3000"] * 5]
    assert opens(system, PASSWORD)
    assert system.output(
        "sh", "-c", "grep -c ^lab: /etc/passwd; grep -c ^lab: /etc/group"
    ).split() == ["1", "1"]
    assert boot(system, "sh", "-c", script, LABPASSWD=PASSWORD)[:3] == [
        "lab",
        "2000",
        "3000",
    ]  # the owner of the data


def test_a_changed_name_keeps_password_home_and_sudo(system: Container) -> None:
    boot(system, "sh", "-c", "echo mine >~/mine", LABPASSWD=PASSWORD)
    script = f"id -un; id -Gn; echo ~; cat ~/mine; echo {PASSWORD} | sudo -S -p '' id -u"
    found = boot(system, "sh", "-c", script, LABPASSWD=PASSWORD, LABUSER="ann")
    assert found == ["ann", "ann", "wheel", "/home/ann", "mine", "0"]
    assert system.output("ls", "/home") == "ann"
    assert not system.exec(["getent", "passwd", "lab"]).stdout


def test_a_home_on_a_volume_stays_where_it_is_when_the_name_changes(
    container: Containers, volume: Volumes
) -> None:
    home = volume()
    mounts: dict[Any, str] = {volume(): "/data", home: "/home/lab"}
    system = container(
        volumes=mounts, command=["sleep", "1000"], args=["--entrypoint=/usr/bin/env"]
    )
    boot(system, "sh", "-c", "echo mine >~/mine")
    assert boot(system, "sh", "-c", "echo ~; ls /home/lab", LABUSER="ann") == ["/home/ann", "mine"]
    assert boot(system, "cat", "/home/lab/mine", LABUSER="ann", LABHOME="/home/lab") == ["mine"]


def test_a_changed_password_is_set_and_a_removed_one_is_locked(system: Container) -> None:
    boot(system, LABPASSWD="first-word")
    assert opens(system, "first-word")
    boot(system, LABPASSWD="second-word")
    assert (opens(system, "first-word"), opens(system, "second-word")) == (False, True)
    boot(system)
    assert not opens(system, "second-word")
    assert system.exec(["sudo", "-n", "true"], user="lab").exit_code == 1
    boot(system, LABPASSWD="second-word")
    assert opens(system, "second-word")


def test_a_password_the_user_has_set_outlives_an_unchanged_setting(system: Container) -> None:
    boot(system, LABPASSWD=PASSWORD)
    own = "a-word-of-my-own-9"
    changed = system.exec(["passwd"], user="lab", input=f"{PASSWORD}\n{own}\n{own}\n")
    assert changed.exit_code == 0, changed
    boot(system, LABPASSWD=PASSWORD)
    assert (opens(system, PASSWORD), opens(system, own)) == (False, True)
    boot(system, LABPASSWD="another-word")
    assert (opens(system, own), opens(system, "another-word")) == (False, True)


@pytest.mark.parametrize("kind", sorted(HASHES))
def test_a_password_can_be_given_as_a_hash(system: Container, kind: str) -> None:
    boot(system, LABPASSWD_HASH=HASHES[kind])
    assert opens(system, PASSWORD)
    assert boot(
        system, "sh", "-c", f"echo {PASSWORD} | sudo -S -p '' id -u", LABPASSWD_HASH=HASHES[kind]
    ) == ["0"]


@pytest.mark.parametrize(
    "password", ["a", "with spaces", "a:b'c\"$(id)`id`;#\\", "größe-密码", "x" * 511]
)
def test_any_password_works_as_it_is(system: Container, password: str) -> None:
    boot(system, LABPASSWD=password)
    assert opens(system, password)
    if len(password) > 255:  # most of it, too
        assert not opens(system, password[:-1])


def test_secrets_are_found_where_engines_mount_them(container: Containers, volume: Volumes) -> None:
    secrets = volume()
    for name, text in (("labpasswd", f"{PASSWORD}\n"), ("jupyter_token", "token-of-a-file\r\n")):
        (secrets / name).write_text(text)
        (secrets / name).chmod(0o400)
    started = container(volumes={volume(): "/data", secrets: "/run/secrets:ro"}).wait_ready()
    assert started.get("/api/status", token="token-of-a-file").ok
    assert opens(started, PASSWORD)
    assert started.exec(["cat", "/run/secrets/labpasswd"], user="lab").exit_code == 1

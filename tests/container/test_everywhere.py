"""The same image as root with fewer rights, beside another init, and with any data directory"""

import pytest

from tests.container.containers import Containers
from tests.container.engine import Volumes
from tests.container.everywhere import (
    ENV,
    NO_CAPABILITIES,
    NO_NEW_PRIVILEGES,
    PASSWORD,
    READ_ONLY,
    WHO,
    advised,
    answers,
    mode_of,
)
from tests.polling import eventually

# --- root


def test_root_with_default_capabilities_sets_up_everything(
    container: Containers, volume: Volumes
) -> None:
    done = container.run(
        ["sh", "-c", f"{WHO}; echo {PASSWORD} | sudo -S -p '' id -u"],
        {"LABPASSWD": PASSWORD},
        {volume(): "/data"},
    )
    assert done.stdout.split() == ["1000", "1000", "lab", "lab", "lab", "/home/lab", "/data", "0"]
    assert mode_of(done.stderr) == "full set-up as root"


def test_without_capabilities_the_options_it_names_are_enough_and_all_needed(
    container: Containers, volume: Volumes
) -> None:
    data = volume(uid=77, gid=77)
    (data / "deep").mkdir(mode=0o700)
    env = ENV | {"LABUID": "1000", "LABPASSWD": PASSWORD}
    refused = container.run([], env, {data: "/data"}, NO_CAPABILITIES)
    assert refused.exit_code == 77
    assert refused.stderr.startswith(
        "labinit: error: set up the account: root lacks the capabilities CHOWN, "
    )
    assert refused.stderr.endswith(", or start with --user UID:GID, or with LABUID=0\n")
    assert len(refused.stderr.splitlines()) == 1

    options = advised(refused.stderr)
    started = container(env, {data: "/data"}, [*NO_CAPABILITIES, *options])
    answers(started)
    assert mode_of(started.logs()) == "full set-up as root"
    assert data.joinpath("deep").stat().st_uid == 1000
    sudo = started.exec(["sudo", "-S", "-p", "", "id", "-u"], user="lab", input=f"{PASSWORD}\n")
    assert (sudo.stdout, sudo.stderr) == ("0\n", "")
    assert started.stop() < 8
    assert started.exit_code == 0

    for name in options[1::2]:
        others = [f"--cap-add={other}" for other in options[1::2] if other != name]
        warning = (
            ["sudo will complain .*; add --cap-add AUDIT_WRITE"] if name == "AUDIT_WRITE" else []
        )
        done = container.run(
            ["true"], env, {data: "/data"}, [*NO_CAPABILITIES, *others], expect_warnings=warning
        )
        assert (advised(done.stderr) if done.exit_code else ["--cap-add", "AUDIT_WRITE"]) == [
            "--cap-add",
            name,
        ]


def test_without_capabilities_and_without_a_wish_for_sudo_audit_write_is_not_asked_for(
    container: Containers,
) -> None:
    assert "AUDIT_WRITE" not in container.run(["true"], args=NO_CAPABILITIES).stderr


def test_without_capabilities_root_can_be_the_user(container: Containers) -> None:
    started = container(ENV | {"LABUID": "0"}, args=NO_CAPABILITIES)
    answers(started)
    assert mode_of(started.logs()) == "everything as root"
    assert started.stop() < 8


def test_without_capabilities_any_other_user_can_be_the_user(
    container: Containers, volume: Volumes
) -> None:
    started = container(
        ENV, {volume(1234, 1234): "/data"}, [*NO_CAPABILITIES, "--user", "1234:1234"]
    )
    answers(started)


def test_with_no_new_privileges_everything_works_but_sudo_and_it_says_why(
    container: Containers, volume: Volumes
) -> None:
    data = volume()
    env = {"LABPASSWD": PASSWORD, "LABUID": "1000"}
    options = advised(container.run(["true"], env, args=NO_CAPABILITIES).stderr)
    args = [*NO_CAPABILITIES, *options, *NO_NEW_PRIVILEGES]
    why = "sudo cannot work: .*no-new-privileges, or set LABSUDO=none"
    started = container(env | ENV, {data: "/data"}, args, expect_warnings=[why])
    answers(started)
    assert mode_of(started.logs()) == "full set-up as root"
    # As advised, either way.
    assert container.run(["true"], env | {"LABSUDO": "none"}, args=args).exit_code == 0
    sudo = ["sh", "-c", f"echo {PASSWORD} | sudo -S -p '' id -u"]
    assert container.run(sudo, env, args=args[:-2]).stdout == "0\n"


# --- not PID 1


@pytest.mark.parametrize("option", ["--init", "--pid=host"])
def test_without_being_pid_1_the_server_starts_stops_and_leaves_others_alone(
    container: Containers, volume: Volumes, option: str
) -> None:
    bystander = container(
        command=["sleep", "1000"], args=["--entrypoint=/usr/bin/env", "--user=1000"]
    )
    started = container(ENV, {volume(1000, 1000): "/data"}, [option])
    answers(started)
    assert started.stop() < 8
    assert started.exit_code == 0
    assert bystander.is_running
    assert bystander.exec(["pgrep", "sleep"]).exit_code == 0


def test_from_a_shell_it_works_too(container: Containers, volume: Volumes) -> None:
    shell = container(
        volumes={volume(): "/data"}, command=["sleep", "1000"], args=["--entrypoint=/usr/bin/env"]
    )
    done = shell.exec(["labinit", "sh", "-c", f"sleep 100 & {WHO}"])
    assert done.stdout.split() == ["1000", "1000", "lab", "lab", "lab", "/home/lab", "/data"]

    def only_its_own_sleep_is_gone() -> None:
        assert shell.output("pgrep", "-a", "sleep").endswith("sleep 1000")

    eventually(only_its_own_sleep_is_gone)


# --- the data directory


def test_a_data_directory_that_is_missing_is_made(container: Containers) -> None:
    done = container.run(["sh", "-c", "pwd; stat -c %u .; touch file"], {"LABDATA": "/srv/lab"})
    assert (done.exit_code, done.stdout.split()) == (0, ["/srv/lab", "1000"])


def test_a_data_directory_that_cannot_be_made_is_told_and_home_takes_its_place(
    container: Containers, volume: Volumes
) -> None:
    args = [*READ_ONLY, "--user", "1234"]
    told = (
        "there is no directory /srv/lab, and none can be made; "
        "mount a volume there: -v VOLUME:/srv/lab"
    )
    done = container.run(["pwd"], {"LABDATA": "/srv/lab"}, {}, args, expect_warnings=[f"{told}$"])
    assert done.stdout == "/tmp/home-lab\n"
    done = container.run(["pwd"], {"LABDATA": "/srv/lab"}, {volume(1234): "/srv/lab"}, args)
    assert done.stdout == "/srv/lab\n"


def test_a_read_only_data_directory_is_a_warning(container: Containers, volume: Volumes) -> None:
    data = volume()
    (data / "notebook").write_text("kept")
    told = "/data is read-only: .*-v VOLUME:/data$"
    started = container(ENV, {data: "/data:ro"}, expect_warnings=[told])
    answers(started)
    assert started.run_cell("open('/data/notebook').read()").text == "'kept'"
    assert container.run(["touch", "/data/notebook"], {}, {data: "/data"}).exit_code == 0


def test_a_data_directory_in_memory_works(container: Containers) -> None:
    done = container.run(
        ["sh", "-c", "touch /data/file && stat -c %u /data"], args=["--tmpfs", "/data"]
    )
    assert done.stdout == "1000\n"

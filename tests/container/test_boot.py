"""What each setting does in a real container, what is refused, and any other command than the
server."""

import re
import stat

import pytest

from tests.container.containers import Containers
from tests.container.engine import Volumes
from tests.container.running_container import Container

PASSWORD = "correct-horse"
TOKEN = "a-token"


# --- other commands


def test_any_command_runs_as_the_user_in_the_data_directory_with_the_same_set_up(
    container: Containers,
) -> None:
    script = "id -un; id -u; id -g; pwd; echo $HOME $USER $LOGNAME; umask; env"
    done = container.run(
        ["bash", "-c", f"{script}; exit 7"],
        {"LABUID": "1234", "LABGID": "2345", "LABPASSWD": PASSWORD},
    )
    assert done.exit_code == 7
    assert done.stdout.splitlines()[:6] == [
        "lab",
        "1234",
        "2345",
        "/data",
        "/home/lab lab lab",
        "0022",
    ]
    assert PASSWORD not in str(done)


@pytest.mark.parametrize(
    ("command", "exit_code"),
    [
        (["true"], 0),
        (["false"], 1),
        (["sh", "-c", "kill -TERM $$"], 128 + 15),
        (["sh", "-c", "kill -KILL $$"], 128 + 9),
        (["no-such-command"], 127),
        (["/etc/passwd"], 126),
        (["--format", "text"], 64),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_the_exit_code_is_the_commands_own(
    container: Containers, command: list[str], exit_code: int
) -> None:
    assert container.run(command).exit_code == exit_code


def test_what_a_command_reads_and_writes_is_its_own(container: Containers) -> None:
    done = container.run(
        ["sh", "-c", "cat; echo err >&2"], {"LABLOG": "error"}, args=["--interactive"], stdin="in"
    )
    assert (done.stdout, done.stderr) == ("in", "err\n")


def test_options_for_the_server_are_passed_on(container: Containers) -> None:
    lab = container({"JUPYTER_TOKEN": TOKEN}, command=["--ServerApp.base_url=/lab-of-mine"])
    lab.wait_ready("/lab-of-mine/api")
    assert lab.get("/lab-of-mine/api/status").ok


# --- who and where


def test_who_and_where_are_as_the_settings_say(container: Containers, volume: Volumes) -> None:
    work = volume()
    env = {
        "LABUSER": "ada",
        "LABGROUP": "science",
        "LABUID": "1234",
        "LABGID": "2345",
        "LABHOME": "/srv/ada",
        "LABDATA": "/work",
        "LABPORT": "9999",
        "LABUMASK": "0077",
        "LABPASSWD": PASSWORD,
        "JUPYTER_TOKEN": TOKEN,
    }
    lab = container(env, {work: "/work"}, port=9999).wait_ready()
    shell = lab.terminal("id; pwd; echo $HOME; umask; stat --format %U:%G $HOME")
    assert shell.output.splitlines() == [
        f"uid=1234(ada) gid=2345(science) groups=2345(science),{_gid(lab, 'wheel')}(wheel)",
        *("/work", "/srv/ada", "0077", "ada:science"),
    ]
    lab.client().api(
        "PUT", "/api/contents/note.txt", json={"type": "file", "format": "text", "content": "mine"}
    )
    saved = (work / "note.txt").stat()
    assert (saved.st_uid, saved.st_gid, stat.S_IMODE(saved.st_mode)) == (1234, 2345, 0o600)
    assert ":9999/" in lab.boot_log()[-1]


def _gid(lab: Container, group: str) -> str:
    return lab.output("getent", "group", group).split(":")[2]


def test_without_settings_the_owner_of_the_data_directory_is_the_user(
    container: Containers, volume: Volumes
) -> None:
    done = container.run(
        ["sh", "-c", "id -u; id -g; touch new"], volumes={(data := volume(4321, 5432)): "/data"}
    )
    assert done.stdout.split() == ["4321", "5432"]
    assert ((data / "new").stat().st_uid, (data / "new").stat().st_gid) == (4321, 5432)


def test_what_root_left_in_the_users_own_directory_becomes_the_users(
    container: Containers, volume: Volumes
) -> None:
    data = volume(1000, 1000)
    (data / "by-root").mkdir()
    (data / "by-root" / "deep.txt").touch()
    (data / "by-root.txt").touch()
    container.run(["true"], {"LABUID": "1000", "LABGID": "1000"}, {data: "/data"})
    for name in ("by-root", "by-root/deep.txt", "by-root.txt"):
        assert ((data / name).stat().st_uid, (data / name).stat().st_gid) == (1000, 1000), name


# --- sudo


def test_sudo_without_a_password_is_given_where_it_is_asked_for(container: Containers) -> None:
    done = container.run(["sudo", "-n", "id", "-u"], {"LABSUDO": "nopasswd"})
    assert (done.exit_code, done.stdout) == (0, "0\n")


@pytest.mark.parametrize(
    "env", [{}, {"LABSUDO": "none", "LABPASSWD": PASSWORD}], ids=["no password", "none"]
)
def test_without_sudo_nothing_makes_the_user_root(
    container: Containers, env: dict[str, str]
) -> None:
    script = (
        f"grep -E 'NoNewPrivs|CapBnd' /proc/self/status; echo {PASSWORD} | sudo -k -S id; su -c id"
    )
    done = container.run(["sh", "-c", script], env)
    assert re.findall(r"\S+$", done.stdout, re.MULTILINE) == ["0000000000000000", "1"]
    assert done.exit_code != 0
    assert "uid=0" not in done.stdout


def test_a_password_of_any_printable_characters_works(container: Containers) -> None:
    password = """ p:ä"ss'$(id)\\w%n漢# """
    lab = container({"LABPASSWD": password}, command=["sh", "-c", "echo ready; sleep 600"])
    lab.wait_for_log("^ready$")
    done = lab.exec(["sudo", "-k", "-S", "id", "-u"], user="lab", input=password + "\n")
    assert done.stdout == "0\n", done


# --- log and grace


@pytest.mark.parametrize(
    ("level", "kinds"), [("info", {"", "warning: "}), ("warning", {"warning: "}), ("error", set())]
)
def test_the_log_says_as_much_as_it_is_asked_to(
    container: Containers, level: str, kinds: set[str]
) -> None:
    expect_warnings = ["did you mean LABUID"] if "warning: " in kinds else []
    done = container.run(
        ["true"], {"LABLOG": level, "LABUDI": "1"}, expect_warnings=expect_warnings
    )
    assert set(re.findall(r"^labinit: (\w+: |)", done.stderr, re.MULTILINE)) == kinds


@pytest.mark.parametrize("level", ["debug", "info"])
def test_each_signal_that_is_passed_on_is_for_debugging(container: Containers, level: str) -> None:
    lab = container({"LABLOG": level}, command=["sh", "-c", "echo ready; exec sleep 600"])
    lab.wait_for_log("^ready$")
    lab.kill("USR1")
    assert lab.wait() == 128 + 10
    assert ("labinit: debug: SIGUSR1" in lab.logs()) == (level == "debug")


def test_what_does_not_stop_is_killed_after_the_grace_period(container: Containers) -> None:
    script = "trap '' TERM; echo ready; while :; do sleep 1; done"
    lab = container(
        {"LABGRACE": "1"}, command=["bash", "-c", script], expect_warnings=["still runs after 1 s"]
    )
    lab.wait_for_log("^ready$")
    took_s = lab.stop(timeout_s=30)
    assert 1 <= took_s < 20
    assert lab.exit_code == 137

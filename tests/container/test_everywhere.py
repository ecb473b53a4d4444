"""Where it runs: one test for each row of that table.

What ends with advice is then done as advised, and works.
"""

import json
import re
import shlex
from typing import Any

import pytest

from tests.container.containers import Container, Containers, Mounts
from tests.container.engine import Engine, Finished, Volumes
from tests.polling import eventually

TOKEN = "token-to-jupyter-page"
PASSWORD = "correct-horse"
ENV = {"JUPYTER_TOKEN": TOKEN}
NO_CAPABILITIES = ["--cap-drop", "ALL"]
READ_ONLY = ["--read-only", "--tmpfs", "/tmp", "--tmpfs", "/run"]
NO_NEW_PRIVILEGES = ["--security-opt", "no-new-privileges"]
WHO = 'id -u; id -g; whoami; echo "$USER $LOGNAME"; echo "$HOME"; pwd'
COMMIT = """
git config --global user.email ann@example.org
git config --global user.name Ann
git init -q ~/repository && cd ~/repository && git commit -q --allow-empty -m first && git log --format=%an
"""


def mode_of(log: str) -> str:
    """Return what the first line of a log says of the mode."""
    found = re.fullmatch(r"labinit: labinit \S+?: (.*?)(, first boot)?", log.splitlines()[0])
    assert found, log
    return found[1]


def advised(log: str) -> list[str]:
    """Return the `--cap-add` options that the last line advises."""
    found = re.search(r"; add ((--cap-add [A-Z_]+ ?)+)", log.splitlines()[-1].replace(", or", " "))
    assert found, log
    return shlex.split(found[1])


def answers(started: Container) -> None:
    """Check that the server does the one thing it is there for."""
    assert started.wait_ready().run_cell("6 * 7").text == "42"


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
    why = (
        "sudo cannot work: the container was started with no-new-privileges; "
        "remove --security-opt no-new-privileges, or set LABSUDO=none"
    )
    started = container(env | ENV, {data: "/data"}, args, expect_warnings=[re.escape(why)])
    answers(started)
    assert mode_of(started.logs()) == "full set-up as root"
    # As advised, either way.
    assert container.run(["true"], env | {"LABSUDO": "none"}, args=args).exit_code == 0
    sudo = ["sh", "-c", f"echo {PASSWORD} | sudo -S -p '' id -u"]
    assert container.run(sudo, env, args=args[:-2]).stdout == "0\n"


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
    nowhere = r"/data cannot be written by 1234:0: .*; .*mount a volume at /data that this user can write to"
    done = container.run(
        ["sh", "-c", "cd && pwd && ls -A"], args=["--user", "1234"], expect_warnings=[nowhere]
    )
    home, *files = done.stdout.split()
    assert home == "/tmp/home-lab"
    assert {".bash_logout", ".bashrc", ".local", ".profile"} <= {*files}


def test_settings_that_only_root_can_use_are_told(container: Containers, volume: Volumes) -> None:
    env = {"LABUID": "1000", "LABPASSWD": PASSWORD}
    told = "LABUID, LABPASSWD cannot be used: the container was started as 1234:0; remove --user, or remove them"
    mounts = {volume(1234): "/data"}
    container.run(["true"], env, mounts, ["--user", "1234"], expect_warnings=[re.escape(told)])
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
    "the accounts of this container are read-only: no account, password or sudo is set up; remove --read-only",
    "home /home/lab cannot be written: it is /data instead; mount a volume at /home/lab, or set LABHOME",
]


def test_a_read_only_root_without_a_place_to_write_is_told_what_to_add(
    container: Containers, volume: Volumes
) -> None:
    refused = container.run([], args=["--read-only"])
    assert refused.exit_code == 77
    problem = "labinit: error: keep what the server needs: neither /run nor /tmp can be written"
    assert refused.stderr == f"{problem}; add --tmpfs /run --tmpfs /tmp\n"
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
        assert done.stdout.split() == [
            "1000",
            "1000",
            "lab",
            "lab",
            "lab",
            "/home/lab",
            "/data",
            "0",
        ], done
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


# --- user namespaces

# Starts what follows in a user namespace of its own: $1 lists its ids as FIRST:OUTSIDE:COUNT,
# separated by commas.
IN_USER_NAMESPACE = """
import ctypes, os, sys

def pipe_and_fork():
    read, write = os.pipe()
    return read, write, os.fork()

told, tell, parent = pipe_and_fork()
if parent:  # keeps the outer namespace, and writes the map of its child
    pid = int(os.read(told, 20))
    lines = sys.argv[1].replace(":", " ").replace(",", "\\n")
    for name in ("uid_map", "gid_map"):
        with open(f"/proc/{pid}/{name}", "w") as file:
            file.write(lines)
    status = os.waitpid(parent, 0)[1]
    os._exit(os.waitstatus_to_exitcode(status))
if ctypes.CDLL(None, use_errno=True).unshare(0x10000000 | 0x00020000):
    sys.exit(os.strerror(ctypes.get_errno()))
os.write(tell, str(os.getpid()).encode())
while os.getuid() != 0 or "0" not in open("/proc/self/uid_map").read() or not open("/proc/self/gid_map").read():
    pass
os.setgroups([])
os.setresgid(0, 0, 0)
os.setresuid(0, 0, 0)
os.execvp(sys.argv[2], sys.argv[2:])
"""


class Namespaces:
    """Runs labinit in a user namespace of its own, as a rootless engine does: root is root of nothing but its ids."""

    def __init__(self, container: Containers) -> None:
        self._container = container

    def __call__(
        self, ids: str, command: list[str], env: dict[str, str], mounts: Mounts, **options: Any
    ) -> Finished:
        args = [
            "--cap-add=SYS_ADMIN",
            "--security-opt=seccomp=unconfined",
            "--security-opt=apparmor=unconfined",
        ]
        args += ["--entrypoint=/opt/lab/bin/python"]
        return self._container.run(
            ["-c", IN_USER_NAMESPACE, ids, "labinit", *command], env, mounts, args, **options
        )


@pytest.fixture
def namespace(container: Containers) -> Namespaces:
    return Namespaces(container)


USUAL_IDS = "0:0:1,1:100001:65535"


def test_in_a_user_namespace_everything_is_set_up(namespace: Namespaces, volume: Volumes) -> None:
    data = volume()
    script = f"{WHO}; echo {PASSWORD} | sudo -S -p '' id -u; touch /data/file"
    done = namespace(USUAL_IDS, ["sh", "-c", script], {"LABPASSWD": PASSWORD}, {data: "/data"})
    assert done.stdout.split() == [
        "1000",
        "1000",
        "lab",
        "lab",
        "lab",
        "/home/lab",
        "/data",
        "0",
    ], done
    assert mode_of(done.stderr) == "full set-up as root"
    assert (data / "file").stat().st_uid == 101000


def test_in_a_user_namespace_root_is_you(namespace: Namespaces, volume: Volumes) -> None:
    data = volume()
    done = namespace("0:0:1", ["sh", "-c", "id -u; touch file"], {"LABUID": "0"}, {data: "/data"})
    assert done.stdout == "0\n", done
    assert (data / "file").stat().st_uid == 0


@pytest.mark.parametrize(
    ("ids", "env", "problem"),
    [
        (
            "0:0:1",
            {},
            "LABUID would be 1000, which does not exist in this user namespace (it has 0)",
        ),
        (
            "0:0:1,1:100001:499",
            {"LABUID": "499", "LABGID": "500"},
            "LABGID would be 500, which does not exist in this user namespace (it has 0, 1 to 499)",
        ),
    ],
)
def test_an_id_that_a_user_namespace_does_not_have_is_named_with_the_hint_of_the_engine(
    namespace: Namespaces, volume: Volumes, ids: str, env: dict[str, str], problem: str
) -> None:
    mounts = {volume(): "/data"}
    refused = namespace(ids, ["true"], env, mounts)
    assert refused.exit_code == 78
    hint = "set LABUID=0, or enlarge the range in /etc/subuid and /etc/subgid and restart dockerd"
    assert refused.stderr == f"labinit: error: {problem}; {hint}\n"
    # As advised, either way.
    assert namespace(ids, ["true"], {"LABUID": "0"}, mounts).exit_code == 0
    assert namespace(USUAL_IDS, ["true"], env, mounts).exit_code == 0


def test_data_of_an_owner_outside_of_the_user_namespace_stays_theirs(
    namespace: Namespaces, volume: Volumes
) -> None:
    data = volume(300000, 300000, 0o777)
    told = ["/data belongs to 65534:65534 .*its files stay as they are, and lab .* can write there"]
    mounts = {data: "/data"}
    done = namespace(USUAL_IDS, ["touch", "/data/file"], {}, mounts, expect_warnings=told)
    assert done.exit_code == 0, done
    assert data.stat().st_uid == 300000
    assert (data / "file").stat().st_uid == 101000


def test_data_that_root_may_not_give_away_is_told_with_the_hint(
    namespace: Namespaces, volume: Volumes
) -> None:
    data = volume(300000, 300000, 0o755)
    mounts = {data: "/data"}
    told = [
        "/data belongs to 65534:65534 .*its files stay as they are, and lab .* cannot write there",
        "/data cannot be written by 1000:1000: .*; give it on the host to the user who runs the engine",
    ]
    done = namespace(USUAL_IDS, ["touch", "/data/file"], {}, mounts, expect_warnings=told)
    assert done.exit_code == 1
    assert namespace(USUAL_IDS, ["touch", "/data/file"], {}, {volume(): "/data"}).exit_code == 0


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
    told = "/srv/lab does not exist and cannot be made; mount a volume there: -v VOLUME:/srv/lab"
    done = container.run(["pwd"], {"LABDATA": "/srv/lab"}, {}, args, expect_warnings=[f"{told}$"])
    assert done.stdout == "/tmp/home-lab\n"
    done = container.run(["pwd"], {"LABDATA": "/srv/lab"}, {volume(1234): "/srv/lab"}, args)
    assert done.stdout == "/srv/lab\n"


def test_a_read_only_data_directory_is_a_warning(container: Containers, volume: Volumes) -> None:
    data = volume()
    (data / "notebook").write_text("kept")
    told = "/data is read-only: notebooks cannot be saved; mount a volume there, without :ro: -v VOLUME:/data$"
    started = container(ENV, {data: "/data:ro"}, expect_warnings=[told])
    answers(started)
    assert started.run_cell("open('/data/notebook').read()").text == "'kept'"
    assert container.run(["touch", "/data/notebook"], {}, {data: "/data"}).exit_code == 0


def test_a_data_directory_in_memory_works(container: Containers) -> None:
    done = container.run(
        ["sh", "-c", "touch /data/file && stat -c %u /data"], args=["--tmpfs", "/data"]
    )
    assert done.stdout == "1000\n"


# --- orchestrators

RESTRICTED_POD = [
    *("--user", "1000700000:0", "--group-add", "2000", "--read-only", "--tmpfs", "/tmp"),
    *NO_CAPABILITIES,
    *NO_NEW_PRIVILEGES,
]


def test_a_restricted_pod_starts(container: Containers, volume: Volumes) -> None:
    # fsGroup: the volume belongs to the group, and so does what is made in it.
    data = volume(0, 2000, 0o2770)
    links = {
        "JUPYTER_SERVICE_HOST": "10.0.0.1",
        "LAB_PORT": "tcp://10.0.0.2:80",
        "LAB_SERVICE_PORT": "80",
    }
    started = container(ENV | links, {data: "/data"}, RESTRICTED_POD)
    answers(started)
    assert mode_of(started.logs()) == "as user 1000700000:0, without set-up"
    shell = started.terminal("whoami; pip --version >/dev/null; touch /data/file" + COMMIT)
    assert shell.exit_code == 0, shell
    assert (data / "file").stat().st_gid == 2000
    assert started.stop() < 8


def test_a_service_link_in_the_place_of_the_port_is_dropped(
    container: Containers, volume: Volumes
) -> None:
    told = "JUPYTER_PORT=tcp://10.0.0.1:80 is not a port and is dropped; set enableServiceLinks: false in the pod"
    env = ENV | {"JUPYTER_PORT": "tcp://10.0.0.1:80"}
    answers(container(env, {volume(): "/data"}, expect_warnings=[re.escape(told)]))


HUB = {
    "JUPYTERHUB_API_TOKEN": "0123456789",
    "JUPYTERHUB_API_URL": "http://127.0.0.1:1/hub/api",
    "JUPYTERHUB_BASE_URL": "/",
    "JUPYTERHUB_CLIENT_ID": "jupyterhub-user-ann",
    "JUPYTERHUB_SERVICE_PREFIX": "/user/ann/",
    "JUPYTERHUB_SERVICE_URL": "http://0.0.0.0:8888/user/ann/",
    "JUPYTERHUB_USER": "ann",
}


@pytest.mark.parametrize(
    ("command", "argv"),
    [
        ([], ["jupyterhub-singleuser"]),
        (["jupyterhub-singleuser"], ["jupyterhub-singleuser"]),
        (["start-singleuser.sh", "--debug"], ["jupyterhub-singleuser", "--debug"]),
        (
            ["--SingleUserNotebookApp.default_url=/lab"],
            ["jupyterhub-singleuser", "--SingleUserNotebookApp.default_url=/lab"],
        ),
    ],
)
def test_a_hub_gets_its_own_server_and_no_flag_that_would_beat_its_variables(
    container: Containers, command: list[str], argv: list[str]
) -> None:
    done = container.run(["--dry-run", "--format=json", "--", *command], HUB)
    found = json.loads(done.stdout)["command"]
    assert [found[0].rpartition("/")[2], *found[1:]] == argv


def test_a_hub_that_names_its_user_gets_an_account_of_that_name(
    container: Containers, volume: Volumes
) -> None:
    """As SystemUserSpawner does."""
    env = HUB | {
        "NB_USER": "ann",
        "NB_UID": "1234",
        "NB_GID": "100",
        "HOME": "/home/ann",
        "JUPYTER_PORT": "8888",
    }
    mounts = {volume(1234, 100): "/home/ann"}
    done = container.run(
        ["sh", "-c", f"{WHO}; env"], env, mounts, ["--user", "0", "--workdir", "/home/ann"]
    )
    assert done.stdout.split()[:7] == ["1234", "100", "ann", "ann", "ann", "/home/ann", "/data"], (
        done
    )
    variables = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    assert HUB.items() <= variables.items()
    assert "JUPYTER_TOKEN_FILE" not in variables

"""Every kind of mistake on the `docker run` line, made for real: does labinit's last line tell what
to do?"""

import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from tests.container.containers import Containers
from tests.container.engine import Volumes
from tests.polling import eventually


@dataclass(frozen=True)
class Mistake:
    """A `docker run` line that cannot work, how it ends, and what the very last line says."""

    name: str
    exit_code: int
    last_line: str
    args: Sequence[str] = ()
    command: Sequence[str] = ()
    env: dict[str, str] = field(default_factory=dict)


ENDS = [
    Mistake("the engine's options behind the image", 64, "in front of it: docker run -e …",
            (), ("-e", "LABUID=1")),
    Mistake("a port behind the image", 64, "docker run -p … IMAGE", (), ("-p", "80:8080")),
    Mistake("a command that does not exist", 127, "check the spelling", (), ("jupyter-labb",)),
    Mistake("a directory as command", 126, "name a command in it", (), ("/data",)),
    Mistake("no memory", 137, ("out of memory (oom_kill 1 in this container); " "give it more with "
    "docker "
    "run"),
            ("--memory", "48m", "--memory-swap", "48m")),
    Mistake("no capabilities", 77, "add --cap-add CHOWN --cap-add DAC_OVERRIDE",
            ("--cap-drop", "ALL")),
    Mistake("a uid in quotes", 78, "remove them: in env files", env={"LABUID": '"1000"'}),
    Mistake("a uid from a Windows file", 78, "Unix line ends", env={"LABUID": "1000\r"}),
    Mistake("a name as uid", 78, "as `id -u` and `id -g` print it", env={"LABUID": "joe"}),
    Mistake("a password file that is not there", 78, "mount a file there",
            env={"LABPASSWD_FILE": "/run/secrets/pw"}),
    Mistake("a name of the system", 78, "choose another name", env={"LABUSER": "www-data"}),
    Mistake("a port for root only", 78, "choose one above 1023 with LABPORT",
            ("--sysctl", "net.ipv4.ip_unprivileged_port_start=1024"), env={"LABPORT": "80"}),
    Mistake("the data directory is the system's", 78, "such as /data", env={"LABDATA": "/etc"}),
    Mistake("nowhere to write", 77, "add --tmpfs /run --tmpfs /tmp", ("--read-only",)),
]  # fmt: skip


@pytest.mark.parametrize("mistake", ENDS, ids=lambda mistake: mistake.name)
def test_the_last_line_says_what_to_do(container: Containers, mistake: Mistake) -> None:
    done = container.run(mistake.command, mistake.env, args=mistake.args)
    assert done.exit_code == mistake.exit_code, done
    last = done.stderr.splitlines()[-1]
    assert last.startswith("labinit: error: ")
    assert mistake.last_line in last


def test_a_program_for_another_machine_is_named_as_that(
    container: Containers, tmp_path: Path
) -> None:
    tool = tmp_path / "tool"
    # The head of an ELF file for a machine that nobody has: 0xfeed.
    tool.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\xed\xfe\x01" + bytes(200))
    tool.chmod(0o755)
    done = container.run(["/tool"], volumes={tool: "/tool:ro"})
    assert done.exit_code == 126
    assert "it is a program for another kind of machine" in done.stderr.splitlines()[-1]
    assert "--platform" in done.stderr.splitlines()[-1]


def test_a_port_in_use_is_named_before_the_server_fails_on_it(container: Containers) -> None:
    first = container(port=8080).wait_ready()
    done = container.run(args=("--network", f"container:{first.name}"))
    assert done.exit_code == 78, done
    assert done.stderr.splitlines()[-1] == (
        "labinit: error: listen on port 8080: Address already in use; "
        "choose a free port with LABPORT"
    )


# --- mistakes with which it starts: labinit's last lines before the server's own tell


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("LAB_UID", "LABUID"),
        ("LABPASSWORD", "LABPASSWD"),
        ("labuid", "LABUID"),
        ("JUPYTER_TOKN", "JUPYTER_TOKEN"),
    ],
)
def test_a_wrong_name_of_a_variable_is_answered_with_the_right_one(
    container: Containers, name: str, meant: str
) -> None:
    warning = f"{name} is not a setting of labinit; did you mean {meant}?"
    done = container.run(["true"], {name: "1000"}, expect_warnings=[warning.replace("?", "\\?")])
    assert f"labinit: warning: {warning}\n" in done.stderr


def test_swapped_ports_can_be_seen_in_the_last_line_before_the_servers(
    container: Containers,
) -> None:
    swapped = container(args=("--publish", "127.0.0.1::80"))

    def is_announced() -> None:
        last = "".join(swapped.boot_log()[-1:])
        assert "http://localhost:8080/lab, with the port you published" in last

    eventually(is_announced, 60)
    address = swapped.inspect(".NetworkSettings.Ports")["80/tcp"][0]["HostPort"]
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{address}/api", timeout=5)


def test_a_missing_volume_is_named_before_work_is_lost(
    container: Containers, volume: Volumes
) -> None:
    said = "/data is on no volume: it goes with the container; keep it with -v DIRECTORY:/data"

    def is_said() -> None:
        assert any(said in line for line in without.boot_log()), without.logs()

    without = container()
    eventually(is_said, 60)
    kept = container(volumes={volume(): "/data"}).wait_ready()
    assert said not in kept.logs()


def test_a_volume_of_another_user_is_given_to_the_lab_user_and_that_is_said(
    container: Containers, volume: Volumes
) -> None:
    data = volume(uid=4321, gid=4321)
    done = container.run(["touch", "/data/mine"], {"LABUID": "1000"}, {data: "/data"})
    assert "labinit: give /data to 1000:1000: it belongs to 4321:4321\n" in done.stderr
    assert data.stat().st_uid == 1000


def test_a_directory_for_root_only_is_named_with_the_hint(
    container: Containers, volume: Volumes
) -> None:
    data = volume(mode=0o700)
    warning = "enter /data: Permission denied; starting in .*; chown 1234:0 it on the host"
    done = container.run(
        ["pwd"], volumes={data: "/data"}, args=("--user", "1234"), expect_warnings=[warning]
    )
    assert done.stdout.strip() != "/data"
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_a_read_only_volume_is_named_with_the_hint(container: Containers, volume: Volumes) -> None:
    warning = "/data is read-only: notebooks cannot be saved; mount a volume there, without :ro"
    container.run(["true"], volumes={volume(): "/data:ro"}, expect_warnings=[warning])

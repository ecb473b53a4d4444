"""The second boot and the end: restart, stop, crash, and a new container on the same directory."""

import base64
import hashlib
import io
import re
import zipfile
from pathlib import Path

from tests.container.containers import Containers
from tests.container.engine import Volumes
from tests.container.running_container import Container
from tests.container.trees import record
from tests.polling import eventually

PASSWORD = "correct-horse"
SETTINGS = {"LABUID": "1000", "LABGID": "1000", "LABPASSWD": PASSWORD, "JUPYTER_TOKEN": "a-token"}
# With what follows the version.
QUIET_BOOT = [
    "full set-up as root",
    "labinit: nothing to change",
    (
        "labinit: starting JupyterLab as lab (1000:1000) with the token: "
        "http://localhost:8080/lab, with the port you published"
    ),
]
_ACCOUNT_FILES = (
    "/etc/passwd",
    "/etc/shadow",
    "/etc/group",
    "/etc/gshadow",
    "/etc/sudoers.d/labinit",
)


def _is_quiet(lines: list[str]) -> bool:
    return (
        lines[1:] == QUIET_BOOT[1:]
        and lines[0].startswith("labinit: labinit ")
        and lines[0].endswith(QUIET_BOOT[0])
    )


def _accounts(lab: Container) -> str:
    return lab.output("tail", "-n", "+1", *_ACCOUNT_FILES, "/var/lib/labinit/boot.json")


def test_a_restart_creates_nothing_twice_and_says_three_lines(
    container: Containers, volume: Volumes
) -> None:
    data = volume()
    lab = container(SETTINGS, {data: "/data"}).wait_ready()
    assert not _is_quiet(lab.boot_log())
    accounts, tree = _accounts(lab), record(data)
    lab.restart().wait_ready()
    assert _is_quiet(lab.boot_log()), lab.boot_log()
    assert _accounts(lab) == accounts
    assert record(data) == tree
    assert lab.run_cell("6*7").text == "42"
    assert "uid=0(root)" in lab.terminal(f"echo {PASSWORD} | sudo -k -S id").output


def test_a_token_that_labinit_made_is_told_once_and_survives_a_restart(
    container: Containers,
) -> None:
    lab = container().wait_ready()
    token = lab.token
    assert len(token) >= 32
    assert f"?token={token}" in lab.logs()
    lab.restart().wait_ready()
    assert lab.token == token
    assert lab.get("/api/status", token).ok
    assert lab.logs().count(token) == 1


def test_a_stop_takes_about_a_second_and_ends_with_0(container: Containers) -> None:
    lab = container(SETTINGS).wait_ready()
    assert lab.run_cell("6*7").text == "42"
    took_s = lab.stop()
    assert lab.exit_code == 0
    # Docker would send SIGKILL after 10 s. The bound is generous: the machine may be busy.
    assert took_s < 9
    assert any("SIGTERM from outside" in line for line in lab.boot_log())
    assert "exit code 0" in lab.boot_log()[-1]


def test_a_stop_with_a_kernel_and_a_terminal_at_work_ends_them_without_force(
    container: Containers,
) -> None:
    lab = container(SETTINGS).wait_ready()
    with lab.client().kernel() as kernel:
        # A thread of the kernel's and a child of a child of the server's, both at work until the
        # end.
        code = (
            "import subprocess, threading, time; threading.Thread(target=time.sleep, "
            "args=(600,), daemon=True).start()"
        )
        assert kernel.run(f"{code}; subprocess.Popen(['sleep', '600'])").status == "ok"
        assert lab.terminal("sleep 600 & disown; true").exit_code == 0
        lab.stop()
    assert lab.exit_code == 0
    log = lab.boot_log()
    assert any(
        re.fullmatch(r"labinit: jupyter-lab ended after \d\.\d s, exit code 0", line)
        for line in log
    ), log
    assert not any("SIGKILL" in line for line in log), log


def test_a_new_container_on_the_same_directory_finds_everything_as_it_was(
    container: Containers, volume: Volumes
) -> None:
    data = volume()
    (data / "by-root.txt").write_text("kept")
    first = container(SETTINGS, {data: "/data"}).wait_ready()
    first.client().api(
        "PUT", "/api/contents/note.txt", json={"type": "file", "format": "text", "content": "mine"}
    )
    first.stop()
    first.docker("rm", first.name)
    tree = record(data)
    second = container(SETTINGS, {data: "/data"}).wait_ready()
    assert second.client().api("GET", "/api/contents/note.txt")["content"] == "mine"
    assert second.run_cell("open('by-root.txt').read()").text == "'kept'"
    assert record(data) == tree
    assert not any("/data" in line for line in second.boot_log()), second.boot_log()


def test_what_the_user_installs_survives_in_a_home_on_a_volume(
    container: Containers, volume: Volumes
) -> None:
    data, home = volume(), volume()
    volumes = {data: "/data", home: "/home/lab"}
    _make_wheel(data)
    first = container(SETTINGS, volumes).wait_ready()
    shell = first.terminal(
        "pip install --no-index ./tiny-1.0-py3-none-any.whl && python -c 'import tiny'"
    )
    assert shell.exit_code == 0, shell.output
    assert first.run_cell("import tiny; tiny.answer").text == "42"
    first.stop()
    first.docker("rm", first.name)
    second = container(SETTINGS, volumes).wait_ready()
    assert second.run_cell("import tiny; tiny.answer").text == "42"
    assert second.terminal("tiny-tool").output == "42\n"
    assert (home / ".bashrc").stat().st_uid == 1000


def test_a_server_that_crashes_comes_back_through_the_engine(
    container: Containers, volume: Volumes
) -> None:
    lab = container(
        SETTINGS, {volume(): "/data"}, args=["--restart", "unless-stopped"]
    ).wait_ready()
    # As the user: PID 1 cannot be hit by mistake.
    assert lab.exec(["pkill", "-KILL", "jupyter-lab"], user="lab").exit_code == 0
    eventually(lambda: _assert_restarted(lab))
    lab.wait_ready()
    assert (
        "labinit: error: jupyter-lab ended unexpectedly, killed by SIGKILL; "
        "the lines above are its own"
    ) in lab.logs()
    assert _is_quiet(lab.boot_log()), lab.boot_log()


def _assert_restarted(lab: Container) -> None:
    assert lab.inspect(".RestartCount") == 1


def test_a_container_killed_at_once_boots_as_if_nothing_had_been(
    container: Containers, volume: Volumes
) -> None:
    data = volume()
    lab = container(SETTINGS, {data: "/data"}).wait_ready()
    lab.kill("KILL")
    assert lab.wait() == 137
    lab.start().wait_ready()
    assert _is_quiet(lab.boot_log()), lab.boot_log()
    assert lab.run_cell("6*7").text == "42"


def _make_wheel(directory: Path) -> None:
    """Write the smallest wheel with a module and a program."""
    files = {
        "tiny.py": "answer = 42\ndef main():\n    print(answer)\n",
        "tiny-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        "tiny-1.0.dist-info/WHEEL": (
            "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
        "tiny-1.0.dist-info/entry_points.txt": "[console_scripts]\ntiny-tool = tiny:main\n",
    }
    lines = []
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
            digest = (
                base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
                .rstrip(b"=")
                .decode()
            )
            lines.append(f"{name},sha256={digest},{len(text.encode())}")
        wheel.writestr(
            "tiny-1.0.dist-info/RECORD", "\n".join([*lines, "tiny-1.0.dist-info/RECORD,,"]) + "\n"
        )
    (directory / "tiny-1.0-py3-none-any.whl").write_bytes(content.getvalue())

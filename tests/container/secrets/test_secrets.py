"""No secret stands where it can be read."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.container.containers import Containers
from tests.container.kernel_client import Kernel
from tests.container.running_container import Container
from tests.container.secrets.secrets_seen import PASSWORD, SETTINGS, TOKEN

PYTHON = "/opt/lab/bin/python"
# Prints every process but its own.
_PROCESSES = """
import json, os
def read(path):
    try:
        return open(path, errors="replace").read()
    except OSError:
        return ""
def opened(path):
    try:
        return [os.readlink(f"{path}/{fd}") for fd in os.listdir(path)]
    except OSError:
        return []
for pid in filter(str.isdigit, os.listdir("/proc")):
    where = f"/proc/{pid}"
    if int(pid) != os.getpid() and os.path.exists(where):
        print(json.dumps({
            "pid": int(pid), "uid": os.stat(where).st_uid, "name": read(f"{where}/comm").strip(),
            "argv": read(f"{where}/cmdline"), "environ": read(f"{where}/environ"),
            "opened": opened(f"{where}/fd")}))
"""


def processes(lab: Container) -> list[dict[str, object]]:
    """Return what root sees of each process; the user's descriptors and memory only the user
    does."""
    found: dict[int, dict[str, object]] = {}
    for user in ("0", "1000"):
        done = lab.exec(["env", "--ignore-environment", PYTHON, "-I", "-c", _PROCESSES], user=user)
        assert done.exit_code == 0, done
        for process in map(json.loads, done.stdout.splitlines()):
            kept = found.setdefault(process["pid"], process)
            found[process["pid"]] = {key: process[key] or kept[key] for key in process}
    return [
        process
        for process in found.values()
        if process["name"] not in {"env", "python"} or process["argv"]
    ]


@pytest.fixture(scope="module")
def kernel(lab: Container) -> Iterator[Kernel]:
    """A kernel that runs, and with it a terminal."""
    lab.client().api("POST", "/api/terminals")
    with lab.client().kernel() as kernel:
        assert kernel.run("6*7").text == "42"
        yield kernel


@pytest.mark.usefixtures("kernel")
def test_no_secret_stands_in_the_arguments_or_the_environment_of_a_process(lab: Container) -> None:
    found = processes(lab)

    assert {"labinit", "jupyter-lab"} & {str(process["name"]) for process in found}, found
    assert any("start_kernel" in str(process["argv"]) for process in found)
    for process in found:
        assert PASSWORD not in str(process["argv"]) + str(process["environ"]), process["name"]
        assert TOKEN not in str(process["argv"]) + str(process["environ"]), process["name"]
    assert all(process["environ"] for process in found if process["uid"] == 1000), (
        "it has not looked at all"
    )


@pytest.mark.usefixtures("kernel")
def test_server_and_kernels_inherit_no_descriptor_of_roots(lab: Container) -> None:
    users = [process for process in processes(lab) if process["uid"] == 1000]

    assert len(users) >= 2
    for process in users:
        opened = [str(target) for target in process["opened"]]  # type: ignore[attr-defined]
        assert opened, process
        assert not [
            target for target in opened if target.startswith(("/etc", "/var", "/proc", "/memfd"))
        ], process


def test_a_kernel_knows_no_secret_by_its_variables(kernel: Kernel) -> None:
    said = kernel.run(
        "import os, subprocess; print(dict(os.environ)); print(subprocess.getoutput('env'))"
    ).text

    assert "JUPYTER_TOKEN_FILE" in said
    assert PASSWORD not in said
    assert TOKEN not in said


def test_the_memory_of_a_kernel_which_a_core_dump_would_hold_has_no_secret_in_it(
    kernel: Kernel,
) -> None:
    # Each letter in brackets, so that what is searched for does not stand in the memory because of
    # the search.
    pattern = "".join(f"[{letter}]" for letter in "to-be-found-nowhere")
    sought = kernel.run(f"""
import re
marker = "is" + "-looked-at-all"
count = {{"{pattern}": 0, "[i]s-looked-at-all": 0}}
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
    for line in maps:
        span, rights, *_ = line.split()
        if rights.startswith("rw"):
            first, last = (int(part, 16) for part in span.split("-"))
            memory.seek(first)
            content = memory.read(last - first)
            for one in count:
                count[one] += len(re.findall(one.encode(), content))
print(*count.values())
""").text.split()

    assert sought[0] == "0"
    assert int(sought[1]) > 0


@pytest.mark.usefixtures("kernel")
def test_of_all_files_only_the_users_own_under_run_hold_the_token_and_none_the_password(
    lab: Container,
) -> None:
    look = (
        "grep --recursive --files-with-matches --fixed-strings --file=- --devices=skip"
        " --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev / 2>/dev/null; true"
    )
    with_password = lab.exec(["sh", "-c", look], input=PASSWORD).stdout.split()
    with_token = lab.exec(["sh", "-c", look], input=TOKEN).stdout.split()

    assert with_password == []
    assert "/run/labinit/token" in with_token
    for path in with_token:
        assert re.fullmatch(r"/run/labinit/(token|jupyter/jpserver-\d+.*)", path), path
        directory = "/run/labinit/jupyter" if "jpserver" in path else path
        assert lab.output("stat", "-c", "%U %a", directory) in {
            "lab 400",
            "lab 700",
            "lab 1700",
        }  # Jupyter adds the sticky bit


@pytest.mark.usefixtures("kernel")
def test_the_log_of_a_server_holds_no_secret(lab: Container) -> None:
    assert "labinit: debug: " in lab.logs() or "labinit: " in lab.logs()
    assert PASSWORD not in lab.logs()
    assert TOKEN not in lab.logs()


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_the_log_of_a_boot_holds_no_secret_at_any_level(container: Containers, level: str) -> None:
    done = container.run(["env"], {**SETTINGS, "LABLOG": level})

    assert done.exit_code == 0, done
    assert "to-be-found-nowhere" not in str(done)


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_dry_run_holds_no_secret(container: Containers, form: str) -> None:
    done = container.run(["--dry-run", "--format", form], SETTINGS)

    assert done.exit_code == 0, done
    assert "chpasswd" in done.stdout
    assert "to-be-found-nowhere" not in str(done)


def test_a_secret_that_is_refused_is_not_shown(container: Containers) -> None:
    done = container.run(
        ["true"], {"LABPASSWD": f"{PASSWORD}\nroot:x", "JUPYTER_TOKEN": f"{TOKEN} "}
    )

    assert done.exit_code == 78, done
    assert "LABPASSWD" in done.stderr
    assert "JUPYTER_TOKEN" in done.stderr
    assert "to-be-found-nowhere" not in str(done)


def test_with_user_the_environment_of_pid_1_holds_no_secret_either(container: Containers) -> None:
    look = "cat /proc/*/environ | tr '\\0' '\\n'; cat /proc/1/fd/3 2>/dev/null; env"
    done = container.run(
        ["sh", "-c", look],
        SETTINGS,
        args=["--user", "1234"],
        expect_warnings=["LABUID, LABPASSWD cannot be used", "/data cannot be written"],
    )

    assert "LABINIT_ENVIRON=" in done.stdout, "it has not looked at PID 1"
    assert "JUPYTER_TOKEN_FILE=" in done.stdout
    assert "to-be-found-nowhere" not in done.stdout

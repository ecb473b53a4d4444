"""What the engine or the volumes do not give: found before the server starts, or no reason not to
start."""

import errno
import os
import shlex
import sys
from pathlib import Path

import pytest

import labinit
from tests.system.machines import LABINIT, Machine

# Installs a seccomp filter that answers the call of this number with this error.
REFUSING_ENGINE = f"""
import ctypes, os, struct, sys
number, error = map(int, sys.argv[1:3])
libc = ctypes.CDLL(None, use_errno=True)
refuse, allow = 0x00050000 | error, 0x7FFF0000
filters = b"".join(struct.pack("HBBI", *one) for one in (
    (0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, refuse), (0x06, 0, 0, allow)))
buffer = ctypes.create_string_buffer(filters, len(filters))
program = struct.pack("HxxxxxxP", 4, ctypes.addressof(buffer))
assert libc.prctl(22, 2, program, 0, 0) == 0, os.strerror(ctypes.get_errno())
os.execv(sys.executable, [sys.executable, "-BIS", "-c", {LABINIT!r}, *sys.argv[3:]])
"""
OLD_ENGINE = (sys.executable, "-c", REFUSING_ENGINE, "435", str(errno.EPERM))  # clone3
LINE = shlex.join([sys.executable, "-BIS", "-c", LABINIT])


@pytest.mark.parametrize("arguments", [[], ["--dry-run"]])
def test_an_engine_that_forbids_threads_is_told_before_anything_has_changed(
    machine: Machine, arguments: list[str]
) -> None:
    accounts = machine.accounts()
    done = machine.spawn([*OLD_ENGINE, *arguments]).wait()
    assert done.exit_code == 77, done
    (line,) = done.stderr.splitlines()
    assert "clone3" in line
    assert "update the engine" in line
    assert "--security-opt seccomp=unconfined" in line
    assert machine.accounts() == accounts


def test_what_starts_no_threads_runs_on_such_an_engine(machine: Machine) -> None:
    done = machine.spawn([*OLD_ENGINE, "echo", "well"]).wait()
    assert done.stdout == "well\n", done


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86_64")
@pytest.mark.parametrize("error", [errno.EPERM, errno.ENOSYS])
def test_a_system_call_that_a_profile_refuses_is_one_line(machine: Machine, error: int) -> None:
    prlimit64, getrandom = "302", "318"
    refusing = [sys.executable, "-c", REFUSING_ENGINE]
    done = machine.spawn([*refusing, prlimit64, str(error), "true"]).wait()
    (line,) = done.stderr.splitlines()
    assert done.exit_code == 77, done
    assert "--security-opt seccomp=unconfined" in line
    assert machine.spawn([*refusing, getrandom, str(error), "true"]).wait().exit_code == 0


@pytest.mark.parametrize("number", [12, 32, 80])
def test_too_few_open_files_are_told_with_the_option_that_helps(
    machine: Machine, number: int
) -> None:
    done = machine.run(f"prlimit --nofile={number}:{number} {LINE} lab")
    assert done.exit_code == 77, done
    assert "--ulimit nofile=" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_full_home_volume_does_not_stop_the_start(machine: Machine) -> None:
    machine.output("mkdir -p /home/lab")
    machine.mount("-t tmpfs -o size=16k,mode=755 none /home/lab")
    machine.output("cat /dev/zero >/home/lab/full 2>/dev/null || true")
    done = machine.boot({}, "echo", "well")
    assert done.stdout == "well\n", done
    assert "warning: copy /etc/skel" in done.stderr
    assert "free some space" in done.stderr
    assert machine.boot({}, "echo", "well").stdout == "well\n"


def test_a_directory_in_the_way_of_the_copy_does_not_stop_it(machine: Machine) -> None:
    machine.output("install -d -o 1000 -g 1000 /home/lab /home/lab/.labinit /home/lab/.labinit~")
    done = machine.boot({}, "cat", "/home/lab/.profile")
    assert done.exit_code == 0, done
    assert "warning" not in done.stderr
    assert machine.stat("/home/lab/.labinit").st_uid == 1000
    assert not machine.exists("/home/lab/.labinit~~")


@pytest.mark.parametrize(
    ("target", "name"),
    [
        *(("/var/lib/dpkg", name) for name in ("LABDATA", "LABHOME")),
        *((target, "LABDATA") for target in ("/run", "/etc", "/usr/local", "/")),
    ],
)
def test_a_directory_of_the_system_by_another_name_is_refused(
    machine: Machine, target: str, name: str
) -> None:
    machine.output(f"mkdir -p /srv; ln -s {target} /srv/mine")
    owner = machine.owner("/var/lib/dpkg")
    done = machine.boot({name: "/srv/mine"})
    assert done.exit_code == 78, done
    assert f"{name}=/srv/mine" in done.stderr
    assert f"leads to {target}" in done.stderr
    assert machine.owner("/var/lib/dpkg") == owner
    assert machine.boot({name: "/srv/others"}).exit_code == 0


def test_a_usual_home_that_leads_to_the_system_is_refused_too(machine: Machine) -> None:
    machine.output("mkdir -p /home; ln -s /etc /home/lab")
    done = machine.boot()
    assert done.exit_code == 78, done
    assert "leads to /etc" in done.stderr
    assert machine.owner("/etc") == (0, 0)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/home/lab/.local/bin:/usr/bin:/bin", "/home/lab/.local/bin"),
        ("/theirs:/usr/sbin:/usr/bin:/bin", "/theirs"),
        ("/theirs/not/there:/usr/bin:/bin", "/theirs/not/there"),
        (":/usr/bin:/bin", "an empty element"),
        ("bin:/usr/bin:/bin", "bin"),
        ("/usr/bin:/bin:/theirs", ""),
        ("/ours:/usr/bin:/bin", ""),
    ],
)
def test_a_path_that_leads_root_to_the_user_is_told(machine: Machine, path: str, told: str) -> None:
    machine.output("mkdir /ours; install -d -o 1000 /theirs")
    done = machine.boot({"PATH": path})
    warned = [line for line in done.stderr.splitlines() if "PATH has" in line]
    assert [f"PATH has {told}" in line for line in warned] == [True] * bool(told), done


def test_a_setuid_program_on_the_volume_is_told_where_it_works(machine: Machine) -> None:
    machine.output("install -d -o 1000 -g 1000 /data; install -m 4755 /bin/true /data/up")
    assert "/data holds programs that run as root" not in machine.boot({}).stderr
    machine.output("install -m 4755 /bin/true /data/up")
    env = {"LABPASSWD": "x", "LABCHOWN": "never"}
    assert "that run as root for whoever starts them: up" in machine.boot(env).stderr


# --- the dry run looks at what a start looks at


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["true"], 0, ""),
        (["no-such-command"], 127, "no such command in PATH"),
        (["/data/x"], 127, "there is no such file"),
        (["/etc"], 126, "it is a directory"),
        (["/etc/passwd"], 126, "chmod +x"),
        (["/srv/script"], 126, "the interpreter"),
        ([], 127, "pip install jupyterlab"),
    ],
)
def test_a_dry_run_ends_as_the_start_would(
    machine: Machine, arguments: list[str], code: int, said: str
) -> None:
    for parent in (*Path(labinit.__file__).parents, *Path(sys.executable).parents):
        machine.output(f"test ! -e {parent} || chmod o+x {parent}")  # where a checkout may lie
    machine.write("/srv/script", "#!/no/such/interpreter\n", 0o755)
    done = machine.start({}, "--dry-run", *arguments).wait()
    assert (done.exit_code, said in done.stderr) == (code, True), done
    assert machine.start({}, *(arguments or ("lab",))).wait().exit_code == code
    assert not done.stdout or "a restart policy" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("prepare", "env", "code", "told"),
    [
        ("", {"LABDATA": "/root/x"}, 0, "enter /root/x: Permission denied"),
        ("", {"LABHOME": "/root/x"}, 0, "copy /etc/skel to /root/x: Permission denied"),
        (
            "mkdir /srv/other; mount -t tmpfs none /srv/other",
            {"LABHOME": "/srv/other/lab"},
            0,
            "/home/lab stays where it is",
        ),
        (
            "install -d -o 1000 /data; ln -s /srv /data/link",
            {"LABDATA": "/data/link/x"},
            71,
            "link is a link that the user could have put there",
        ),
        ("rm $(command -v visudo)", {"LABSUDO": "nopasswd"}, 71, "install visudo"),
    ],
    ids=["data", "home", "moved home", "link", "tool"],
)
def test_a_dry_run_tells_what_the_steps_of_the_start_would(
    machine: Machine, prepare: str, env: dict[str, str], code: int, told: str
) -> None:
    if "other" in prepare:
        assert machine.boot().exit_code == 0
    for command in filter(None, prepare.split("; ")):
        machine.mount(command[6:]) if command.startswith("mount ") else machine.output(command)
    shown = machine.start(env, "--dry-run", "true").wait()
    started = machine.boot(env)
    assert (shown.exit_code, started.exit_code) == (code or 2, code), (shown, started)
    warned = [line for line in started.stderr.splitlines() if told in line]
    assert len(warned) == 1, started
    assert warned[0].removeprefix("labinit: ") in f"{shown.stdout}{shown.stderr}"


def test_a_dry_run_tells_that_the_data_cannot_be_written(machine: Machine) -> None:
    machine.output("install -d -m 755 /data; chmod 755 /data")
    done = machine.start({"LABCHOWN": "never"}, "--dry-run", "true").wait()
    assert done.exit_code == 2, done
    assert "/data cannot be written by 1000:1000" in done.stdout
    assert machine.start({}, "--dry-run", "true").wait().exit_code == 0, "it would be given away"
    assert machine.owner("/data") == (0, 0)


def test_a_file_in_place_of_the_data_directory_is_told_by_both(machine: Machine) -> None:
    machine.write("/srv/file", "x")
    done = machine.start({"LABDATA": "/srv/file"}, "--dry-run", "pwd").wait()
    assert done.exit_code == 2, done
    assert "there is no directory /srv/file" in done.stdout
    started = machine.boot({"LABDATA": "/srv/file"}, "pwd")
    assert (started.exit_code, started.stdout) == (0, "/home/lab\n"), started


def test_files_of_nobody_have_a_remedy_that_helps_where_all_ids_exist(machine: Machine) -> None:
    machine.output("install -d -m 755 -o 65534 -g 65534 /data")
    assert "or set LABUID=65534" in machine.boot().stderr
    assert "cannot be written" not in machine.boot({"LABUID": "65534"}).stderr


@pytest.mark.parametrize(
    ("zone", "code"), [("Europe/Berlin", 0), ("CET-1CEST", 0), ("zone.tab", 2), ("Mars/Phobos", 2)]
)
def test_what_is_no_time_zone_is_told(machine: Machine, zone: str, code: int) -> None:
    done = machine.start({"TZ": zone}, "--dry-run", "true").wait()
    assert done.exit_code == code, done

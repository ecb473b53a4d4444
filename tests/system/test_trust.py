"""Secret files and hooks: root reads and runs only what nobody but root could have put there."""

import os
import sys
from pathlib import Path

import pytest

import labinit
from tests.system.hashes import is_hash_of
from tests.system.machines import LABINIT, Machine

SECRET = "/secrets/labpasswd"
HOOK = "/etc/labinit.d/boot/10-x"
RAN = "/ran"

# What the lab user (1000) has a hand in, as a line for the shell; $S is what root alone may read.
CHANGEABLE = {
    "the user's own file": "install -D -o 1000 -m 600 $S /data/it",
    "root's file in the user's directory": "cp $S /data/it",
    "a link of the user's to root's file": "ln -s $S /data/it",
    "root's link into the user's directory": "cp $S /data/x; rm -f /it; ln -s /data/x /it",
    "a directory that is a link of the user's": "ln -s /secrets /data/d",
    "a link in a sticky directory": "ln -s $S /tmp/it; chown -h 1000 /tmp/it",
    "a file that everybody can write": "install -D -m 666 $S /it",
    "a directory that its group can write": "mkdir -m 775 /shared; cp $S /shared/it",
}
PATHS = dict.fromkeys(CHANGEABLE, "/data/it") | {
    "root's link into the user's directory": "/it",
    "a directory that is a link of the user's": "/data/d/labpasswd",
    "a link in a sticky directory": "/tmp/it",
    "a file that everybody can write": "/it",
    "a directory that its group can write": "/shared/it",
}


@pytest.fixture
def prepared(machine: Machine) -> Machine:
    """A machine with a data directory of the user's and a secret of root's."""
    machine.output("install -d -o 1000 -g 1000 /data")
    machine.write(SECRET, "sesame\n", 0o400)
    return machine


@pytest.mark.parametrize("kind", CHANGEABLE)
def test_a_secret_file_that_the_user_could_exchange_is_refused(
    prepared: Machine, kind: str
) -> None:
    prepared.output(f"S={SECRET}; {CHANGEABLE[kind]}")
    for name in ("JUPYTER_TOKEN_FILE", "LABPASSWD_FILE"):
        done = prepared.boot({name: PATHS[kind]})
        assert done.exit_code == 78, done
        assert f"{name}={PATHS[kind]} is not root's alone" in done.stderr
        assert "sesame" not in str(done)
    assert not prepared.exists("/run/labinit/token")


@pytest.mark.parametrize("kind", ["fifo", "socket", "device", "directory"])
def test_what_is_no_regular_file_is_refused_and_never_waited_for(
    prepared: Machine, kind: str
) -> None:
    make = {
        "fifo": "mkfifo /secrets/it",
        "socket": f"{sys.executable} -c \"import socket; socket.socket(1).bind('/secrets/it')\"",
        "device": "mknod /secrets/it c 1 5",
        "directory": "mkdir /secrets/it",
    }
    prepared.output(make[kind])
    done = prepared.start({"LABPASSWD_FILE": "/secrets/it"}, "true").wait(timeout_s=20)
    assert done.exit_code == 78, done
    assert "LABPASSWD_FILE=/secrets/it cannot be read" in done.stderr


def test_a_pipe_where_secrets_are_found_by_themselves_is_refused_too(prepared: Machine) -> None:
    # Another mount namespace has another /run: what stands in /run/secrets has to be mounted there.
    prepared.output("mkdir -p /run/secrets && mkfifo /run/secrets/labpasswd")
    done = prepared.start({}, "true").wait(timeout_s=20)
    assert done.exit_code == 78, done
    assert "/run/secrets/labpasswd cannot be read" in done.stderr


def test_links_of_roots_are_followed_as_kubernetes_makes_them(prepared: Machine) -> None:
    prepared.output(
        f"mkdir /secrets/..1 && mv {SECRET} /secrets/..1/"
        f" && ln -s ..1 /secrets/..data && ln -s ..data/labpasswd {SECRET}"
    )
    assert prepared.boot({"LABPASSWD_FILE": SECRET}).exit_code == 0
    assert is_hash_of((prepared.shadow("lab") or ["", ""])[1], "sesame")


def test_what_is_mounted_read_only_can_be_anybodys(prepared: Machine) -> None:
    prepared.output("mkdir /host")
    prepared.mount("-t tmpfs none /host")
    prepared.write("/host/it", "sesame", 0o666, 1000, 1000)
    prepared.write("/secrets/mounted", "")
    prepared.mount("--bind /host/it /secrets/mounted")
    prepared.umount("/host")
    environ = {"LABPASSWD_FILE": "/secrets/mounted"}
    assert prepared.boot(environ).exit_code == 78
    prepared.mount("-o remount,bind,ro /secrets/mounted")
    assert prepared.boot(environ).exit_code == 0


@pytest.mark.parametrize("what", ["secrets", "secrets/it"])
def test_what_is_mounted_read_only_and_writable_as_well_is_the_users(
    prepared: Machine, what: str
) -> None:
    # As `-v $PWD:/data -v $PWD/secrets:/mounted:ro` does.
    prepared.mount("-t tmpfs none /data")
    prepared.write("/data/secrets/it", "sesame", 0o600, 1000, 1000)
    make = "mkdir -p" if what == "secrets" else "touch"
    prepared.output(f"{make} /mounted")
    prepared.mount(f"--bind /data/{what} /mounted")
    prepared.mount("-o remount,bind,ro /mounted")
    path = "/mounted/it" if what == "secrets" else "/mounted"
    done = prepared.boot({"LABPASSWD_FILE": path})
    assert done.exit_code == 78, done
    assert "uid 1000 (at /data, where it is mounted writable) can change" in done.stderr


@pytest.mark.parametrize("plant", ["ln -s /secrets/labpasswd token", "ln -s /etc jupyter"])
def test_a_run_directory_that_the_user_has_made_is_not_used(prepared: Machine, plant: str) -> None:
    # Where /run is a volume that everybody can write to, as an emptyDir of Kubernetes is.
    prepared.output(
        "mkdir -m 777 /volume && mkdir /volume/labinit && cd /volume/labinit"
        f" && {plant} && echo x >container && chown -hR 1000 /volume/labinit"
    )
    prepared.output("rm -rf /run && ln -s volume /run")
    done = prepared.boot()
    assert done.exit_code == 0, done
    assert prepared.owner("/etc") == (0, 0)
    assert "sesame" not in prepared.output("cat /tmp/labinit-0/token")
    assert prepared.owner("/volume/labinit") == (1000, 0)


def test_without_root_the_users_own_files_are_read_and_pipes_refused(prepared: Machine) -> None:
    prepared.output("install -o 1234 -m 600 /secrets/labpasswd /data/token; mkfifo /data/pipe")
    for parent in Path(labinit.__file__).parents:  # where a checkout may lie: /root, say
        prepared.output(["chmod", "o+x", str(parent)] if prepared.exists(str(parent)) else "true")
    as_user = ("setpriv", "--reuid=1234", "--regid=1234", "--clear-groups")
    start = (*as_user, sys.executable, "-BIS", "-c", LABINIT, "true")
    done = prepared.spawn(start, {"JUPYTER_TOKEN_FILE": "/data/token"}).wait()
    assert done.exit_code == 0, done
    done = prepared.spawn(start, {"JUPYTER_TOKEN_FILE": "/data/pipe"}).wait(timeout_s=20)
    assert done.exit_code == 78, done
    done = prepared.spawn(start, {"JUPYTER_TOKEN_FILE": SECRET}).wait()
    assert done.exit_code == 78, done
    assert "that uid 1234, which labinit runs as, can read" in done.stderr


# --- hooks


def make_hook(machine: Machine, path: str = HOOK) -> None:
    machine.write(path, f'#!/bin/sh\necho "$(id -u) $LABINIT_HOOK" >>{RAN}\n', 0o755)


@pytest.mark.parametrize(
    "make",
    [
        "cd /etc/labinit.d/boot; chown 1000 .; ln -s /real 10-x; chown -h 1000 10-x",
        "ln -s /data/l /etc/labinit.d/boot/10-x; ln -s /real /data/l",
        (
            "cd /etc/labinit.d; rmdir boot; mkdir /data/h; ln -s /real /data/h/10-x; "
            "ln -s /data/h boot"
        ),
    ],
    ids=["a link in a directory of the user's", "a link by way of his", "a directory of his"],
)
def test_a_hook_behind_a_link_that_the_user_could_exchange_ends_the_boot(
    prepared: Machine, make: str
) -> None:
    make_hook(prepared, "/real")
    prepared.output(f"mkdir -p /etc/labinit.d/boot; {make}")
    done = prepared.boot()
    assert done.exit_code == 78, done
    assert f"run hook {HOOK}: uid 1000" in done.stderr
    assert not prepared.exists(RAN)


def test_a_hook_that_is_exchanged_after_it_was_looked_at_is_not_run(prepared: Machine) -> None:
    make_hook(prepared, "/etc/labinit.d/boot/20-second")
    # The first one plays whoever exchanges it: by the time it runs, all have been looked at.
    prepared.write(HOOK, "#!/bin/sh\nchown 1000 /etc/labinit.d/boot/20-second\n", 0o755)
    done = prepared.boot()
    assert done.exit_code == 71, done
    assert "20-second: uid 1000 can change" in done.stderr
    assert not prepared.exists(RAN)


def test_a_hook_behind_links_of_roots_runs_and_knows_its_name(prepared: Machine) -> None:
    make_hook(prepared, "/opt/hooks/real")
    prepared.output(f"mkdir -p {os.path.dirname(HOOK)} && ln -s /opt/hooks/real {HOOK}")
    assert prepared.boot().exit_code == 0
    assert prepared.read(RAN) == f"0 {HOOK}\n"

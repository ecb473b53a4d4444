"""A user has prepared the data volume for the next boot.

Root follows nothing, runs nothing and gives nothing away.
"""

import os
from pathlib import Path

import pytest

from tests.system.machines import Machine

SETTINGS = {"LABUID": "1234"}
UID = 1234


def owners(machine: Machine, path: str) -> dict[str, tuple[int, int]]:
    """Return the owners of everything in a tree of the machine."""
    top = machine.path(path)
    names = (
        Path(where, name)
        for where, directories, files in os.walk(top)
        for name in (*directories, *files)
    )
    return {
        str(name): (found.st_uid, found.st_gid)
        for name in (top, *names)
        for found in [name.lstat()]
    }


@pytest.fixture
def lab(machine: Machine) -> Machine:
    """A machine on whose data volume the user had his hands: it belongs to him, and so does all he
    puts there."""
    machine.output(f"mkdir /data && chown {UID}:{UID} /data")
    return machine


def test_links_on_the_data_volume_are_not_followed(lab: Machine) -> None:
    lab.output(
        "ln -s /etc/shadow /data/shadow; ln -s /etc /data/etc; ln -s / /data/root; "
        "ln /etc/profile /data/hard"
    )
    lab.output("chown root /data")  # so that the walk is needed
    before = owners(lab, "/etc")
    done = lab.boot(SETTINGS)

    assert done.exit_code == 0, done
    after = owners(lab, "/etc")
    assert {path: after[path] for path in before} == before
    assert lab.owner("/data/etc") == (UID, UID)
    assert "1 left alone" in done.stderr


@pytest.mark.parametrize("variable", ["LABHOME", "LABDATA"])
@pytest.mark.parametrize("path", ["/data/mine", "/data/mine/ssl"])
@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("/etc", "is a directory of the system"),
        ("/srv/others", "mine is a link that the user could have put there"),
    ],
)
def test_a_link_in_place_of_a_directory_on_the_data_volume_is_refused(
    lab: Machine, variable: str, path: str, target: str, why: str
) -> None:
    lab.output(f"mkdir -p {target}/ssl && ln -s {target} /data/mine")
    before = owners(lab, target)
    done = lab.boot({**SETTINGS, variable: path})

    assert done.exit_code != 0, done
    assert why in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    after = owners(lab, target)
    assert {path: after[path] for path in before} == before


def test_a_link_to_nowhere_on_the_data_volume_makes_no_directory_there(lab: Machine) -> None:
    lab.output("ln -s /etc/cron.d/new /data/mine")
    done = lab.boot({**SETTINGS, "LABHOME": "/data/mine"})

    assert "is a directory of the system" in done.stderr, done
    assert not lab.exists("/etc/cron.d/new")


def test_a_link_that_only_root_can_have_made_is_followed(machine: Machine) -> None:
    machine.output(
        "mkdir -p /srv/volume/home /srv/volume/data && ln -s /srv/volume/data /data && ln -s "
        "volume/home /srv/home"
    )
    done = machine.boot({**SETTINGS, "LABHOME": "/srv/home"}, "sh", "-c", "touch ~/mine /data/mine")

    assert done.exit_code == 0, done
    assert machine.owner("/srv/volume/home") == machine.owner("/srv/volume/data") == (UID, UID)


def test_what_the_user_has_in_place_of_a_skeleton_file_is_neither_followed_nor_touched(
    lab: Machine,
) -> None:
    lab.output(
        "mkdir -p /etc/skel/.local/share && touch /etc/skel/.local/share/new && chmod -R "
        "a+rX /etc/skel"
    )
    lab.output(
        "mkdir /data/home && ln -s /etc/passwd /data/home/.bashrc && ln -s /etc /data/home/.local"
    )
    lab.output(f"chown -Rh {UID} /data/home")
    groups, before = lab.read("/etc/group"), owners(lab, "/etc")
    done = lab.boot({**SETTINGS, "LABHOME": "/data/home"})

    assert done.exit_code == 0, done
    assert os.readlink(lab.path("/data/home/.bashrc")) == "/etc/passwd"
    assert lab.owner("/data/home/.profile") == (UID, UID)
    assert not lab.exists("/etc/share")
    assert lab.read("/etc/group").startswith(groups)
    after = owners(lab, "/etc")
    assert {path: after[path] for path in before} == before


def test_an_unfinished_copy_of_the_users_making_is_written_over_and_not_through(
    lab: Machine,
) -> None:
    lab.output(
        "mkdir /data/home && ln -s /etc/profile /data/home/.labinit && chown -Rh "
        f"{UID}:{UID} /data/home"
    )
    before = lab.read("/etc/profile")
    done = lab.boot({**SETTINGS, "LABHOME": "/data/home"})

    assert done.exit_code == 0, done
    assert lab.read("/etc/profile") == before
    assert not lab.exists("/data/home/.labinit")


def test_a_home_that_moves_is_not_taken_from_behind_a_link_of_the_users(lab: Machine) -> None:
    assert lab.boot({**SETTINGS, "LABHOME": "/data/sub/cron.d"}).exit_code == 0
    lab.output("mv /data/sub /data/away && ln -s /etc /data/sub && mkdir -p /etc/cron.d")
    done = lab.boot({**SETTINGS, "LABHOME": "/srv/new"})

    assert done.exit_code == 71, done
    assert lab.owner("/etc/cron.d") == (0, 0)
    assert not lab.exists("/srv/new")


def test_a_home_does_not_move_to_another_file_system_and_that_is_said(machine: Machine) -> None:
    assert machine.boot(SETTINGS, "sh", "-c", "echo mine >~/mine").exit_code == 0
    machine.output("mkdir /srv/other")
    machine.mount("-t tmpfs none /srv/other")
    done = machine.boot({**SETTINGS, "LABHOME": "/srv/other/home"}, "sh", "-c", "ls -A ~")

    assert (done.exit_code, ".bashrc" in done.stdout) == (0, True), done
    assert (
        "labinit: warning: /home/lab stays where it is: /srv/other/home lies on another file "
        "system; "
    ) in done.stderr
    assert machine.read("/home/lab/mine") == "mine\n"


@pytest.mark.parametrize("kind", ["file", "pipe", "link to itself"])
def test_what_is_no_directory_in_place_of_the_home_is_said_and_left_alone(
    lab: Machine, kind: str
) -> None:
    make = {
        "file": "touch /data/mine",
        "pipe": "mkfifo /data/mine",
        "link to itself": "ln -s mine /data/mine",
    }[kind]
    lab.output(make)
    done = lab.boot({**SETTINGS, "LABHOME": "/data/mine"})

    assert done.exit_code == 0, done
    assert "labinit: warning: home /data/mine cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_lab_user_without_sudo_finds_nothing_of_labinits_that_he_could_write_or_should_not_read(
    lab: Machine,
) -> None:
    settings = {
        **SETTINGS,
        "LABPASSWD_HASH": "$6$salt$" + "x" * 86,
        "LABSUDO": "none",
        "JUPYTER_TOKEN": "fixed",
    }
    look = (
        "echo writable: $(find /run /var/lib/labinit /etc /usr/local /root -writable ! -type l"
        " ! -path '/run/labinit/jupyter' ! -path '/run/lock*' 2>/dev/null);"
        "echo readable: $(cat /var/lib/labinit/boot.json /etc/shadow /etc/gshadow "
        "/etc/sudoers.d/labinit 2>/dev/null);"
        "echo descriptors: $(ls /proc/self/fd | tr '\\n' ' ');"
        "echo environ: $(cat /proc/1/environ 2>/dev/null | wc -c);"
        "grep -E 'NoNewPrivs|CapPrm|CapEff|CapInh|CapAmb' /proc/self/status"
    )
    done = lab.boot(settings, "sh", "-c", look)

    assert done.exit_code == 0, done
    said = dict(line.split(":", 1) for line in done.stdout.splitlines())
    assert said["writable"].strip() == ""
    assert said["readable"].strip() == ""
    assert said["descriptors"].split() == ["0", "1", "2", "3"]  # and 3 is that of `ls` itself
    assert said["environ"].strip() == "0"
    assert said["NoNewPrivs"].strip() == "1"
    assert {said[name].strip() for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")} == {"0" * 16}

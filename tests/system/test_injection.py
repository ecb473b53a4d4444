"""What is odd and right is taken as it is."""

import os
from itertools import cycle

import pytest

from tests.system import machines
from tests.system.hashes import is_hash_of
from tests.system.machines import Machine

pytestmark = pytest.mark.skipif(bool(machines.why_not()), reason=machines.why_not() or "-")

# As many bytes as chpasswd takes, in one and in two bytes a letter.
LONG = ("x" * 511, "ä" * 255 + "x")
PASSWORDS = (
    *(
        "$(id)",
        "`id`",
        "; id",
        "a:b:c",
        ":",
        "-rf",
        "--help",
        "pass word",
        " ",
        "'one' \"two",
        "back\\slash",
        "!",
        "#x",
    ),
    *("%s%n", "pässwörd-密码-🔑", "lab:x", "root", "*", "\\n", "\udcff\udcfe", *LONG),
)
NAMES = ("_", "a", "a.b", "_a-b_c.9", "a" * 32, "x--help", "labinit", "admin", "user.name-with_all")
HOMES = (
    "/srv/with space",
    "/srv/-rf",
    "/srv/$(id)",
    "/srv/`id`;id",
    "/srv/*",
    "/srv/é密",
    "/srv/\udcff",
    "/srv/a\\b",
    "/srv/'\"x",
)
IDS = ("1000", "500", "65533", "65535", "2147483648", "4294967294")


@pytest.mark.parametrize(
    ("password", "name", "path", "number"),
    # Each at least once, the shorter lists again from their start.
    list(zip(PASSWORDS, cycle(NAMES), cycle(HOMES), cycle(IDS), strict=False)),
)
def test_what_is_odd_and_right_is_taken_as_it_is(
    machine: Machine, password: str, name: str, path: str, number: str
) -> None:
    before = machine.accounts()
    wish = {
        "LABPASSWD": password,
        "LABUSER": name,
        "LABGROUP": name,
        "LABUID": number,
        "LABGID": number,
    }
    places = {"LABHOME": path, "LABDATA": f"{path}/data"}
    done = machine.boot(
        {**wish, **places}, "sh", "-c", 'id -un; id -u; id -g; cd && touch made "$OLDPWD/made"'
    )

    assert (done.exit_code, done.stdout.split()) == (0, [name, number, number]), done
    for made in (path, f"{path}/made", f"{path}/.bashrc", f"{path}/data", f"{path}/data/made"):
        assert machine.owner(made) == (int(number), int(number)), made
    passwd, shadow = os.fsdecode(machine.path("/etc/passwd").read_bytes()), machine.shadow(name)
    assert passwd == before["/etc/passwd"] + f"{name}:x:{number}:{number}::{path}:/bin/bash\n"
    assert shadow is not None
    assert is_hash_of(shadow[1], password)
    assert machine.read("/etc/shadow") == before["/etc/shadow"] + ":".join(shadow) + "\n"
    assert machine.read("/etc/group").startswith(before["/etc/group"])

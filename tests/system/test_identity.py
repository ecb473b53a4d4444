"""Becoming a user, with the real kernel: what a process is afterwards, and that it cannot go
back."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from labinit.plan.steps import Identity

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")

LAB = Identity("lab", 1234, 5678, (5678, 44, 4242), "/home/lab", 0o027, may_gain_privileges=True)
# Becomes the identity of argv[1], as a child of its own, and tells what /proc says of it.
BECOME = """
import json, os, sys
from labinit.errors import LabinitError
from labinit.become import become
from labinit.plan.steps import Identity
fields = json.loads(sys.argv[1])
try:
    become(Identity(**{**fields, "groups": tuple(fields["groups"])}))
except LabinitError as error:
    sys.exit(str(error))
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
told = {name: value.split() for name, value in status.items()}
for name in ("setuid", "setgid", "setgroups"):
    try:
        getattr(os, name)([0] if name == "setgroups" else 0)
        told["back"] = name
    except PermissionError:
        pass
print(json.dumps(told))
"""


def become(identity: Identity, *prefix: str) -> subprocess.CompletedProcess[str]:
    argv = [*prefix, sys.executable, "-c", BECOME, json.dumps(identity._asdict())]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)


def become_and_tell(identity: Identity, *prefix: str) -> dict[str, Any]:
    done = become(identity, *prefix)
    assert done.returncode == 0, done
    return dict(json.loads(done.stdout))


def test_ids_groups_and_umask_are_those_of_the_user_for_good() -> None:
    told = become_and_tell(LAB)
    assert told["Uid"] == ["1234"] * 4
    assert told["Gid"] == ["5678"] * 4
    assert sorted(told["Groups"]) == ["4242", "44", "5678"]
    assert told["Umask"] == ["0027"]
    assert "back" not in told


def test_no_capability_stays() -> None:
    told = become_and_tell(LAB, "setpriv", "--inh-caps=+chown,+setuid")
    assert [told[name] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")] == [["0" * 16]] * 4
    assert told["NoNewPrivs"] == ["0"]
    assert told["CapBnd"] != ["0" * 16]  # sudo needs it


def test_without_sudo_no_program_gives_privileges_back() -> None:
    told = become_and_tell(LAB._replace(may_gain_privileges=False))
    assert told["NoNewPrivs"] == ["1"]
    assert told["CapBnd"] == ["0" * 16]


def test_who_already_is_the_user_gives_up_privileges_too() -> None:
    inherited = LAB._replace(is_inherited=True, may_gain_privileges=False, groups=(5678,))
    told = become_and_tell(inherited, "setpriv", "--reuid=1234", "--regid=5678", "--clear-groups")
    assert (told["Uid"], told["NoNewPrivs"], told["Umask"]) == (["1234"] * 4, ["1"], ["0027"])


def test_root_stays_root_and_keeps_groups_it_may_not_set() -> None:
    root = Identity("root", 0, 0, (0,), "/root", 0o022, may_gain_privileges=True)
    told = become_and_tell(root, "setpriv", "--groups=0", "--bounding-set=-all")
    assert (told["Uid"], told["Groups"], told["CapEff"]) == (["0"] * 4, ["0"], ["0" * 16])


@pytest.mark.parametrize("missing", ["setuid", "setgid"])
def test_without_the_right_to_change_it_says_what_to_add(missing: str) -> None:
    done = become(LAB, "setpriv", f"--bounding-set=-{missing}")
    assert done.returncode == 1
    assert (
        "become lab (1234:5678): Operation not permitted; add --cap-add SETUID --cap-add SETGID"
        in done.stderr
    )

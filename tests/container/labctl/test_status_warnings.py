"""What people ask `labctl status` for."""

from collections.abc import Mapping

import pytest

from tests.container.containers import Containers
from tests.container.labctl.lab_status import SECRET, becomes_healthy, status


def test_status_says_that_shared_memory_is_full(container: Containers) -> None:
    started = container(command=("sleep", "infinity"), args=("--shm-size", "1m"))
    becomes_healthy(started)
    assert "/dev/shm" not in started.output("labctl", "status")
    started.output("dd", "if=/dev/zero", "of=/dev/shm/x", "bs=1000k", "count=1")
    assert "--shm-size" in started.output("labctl", "status")


@pytest.mark.parametrize(
    ("env", "args", "why"),
    [
        ({}, (), "LABPASSWD"),
        ({"LABPASSWD": SECRET}, (), "yes"),
        ({"LABPASSWD": SECRET, "LABSUDO": "none"}, (), "LABSUDO=none"),
        ({"LABSUDO": "nopasswd"}, (), "without a password"),
        ({"LABPASSWD": SECRET}, ("--security-opt", "no-new-privileges"), "no-new-privileges"),
        ({}, ("--user", "1234"), "--user"),
        ({"LABUID": "0"}, (), "is root"),
    ],
    ids=str,
)
def test_status_says_why_there_is_no_sudo(
    container: Containers, env: Mapping[str, str], args: tuple[str, ...], why: str
) -> None:
    started = container(env, args=args, command=("sleep", "infinity"))
    started.expect_warnings = (".",) if args else ()
    becomes_healthy(started)
    assert why in status(started)["sudo"]

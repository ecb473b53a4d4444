"""Again and again, and side by side: one container started many times, two on one data
directory."""

import os

from tests.container.containers import Containers
from tests.container.engine import Volumes

# A start and a stop take the engine a second: LABINIT_STARTS=50 where there is time.
_STARTS = int(os.environ.get("LABINIT_STARTS", "10"))
SETTINGS = {"LABUID": "1000", "LABPASSWD": "a-password", "JUPYTER_TOKEN": "a-token"}


def test_many_starts_of_one_container_change_nothing(
    container: Containers, volume: Volumes
) -> None:
    lab = container(SETTINGS, {volume(): "/data"}, command=["true"])
    assert lab.wait() == 0
    changed = set(lab.diff())
    for number in range(_STARTS):
        lab.start()
        if number % 5 == 0:
            lab.docker.try_("kill", lab.name)  # at whatever it is doing; it may have ended
        lab.wait()

    assert lab.start().wait() == 0
    assert set(lab.diff()) == changed
    assert lab.boot_log()[1] == "labinit: nothing to change"


def test_a_container_that_is_killed_before_it_is_through_starts_in_the_end(
    container: Containers, volume: Volumes
) -> None:
    lab = container(SETTINGS, {volume(): "/data"}, command=["true"])
    for _ in range(_STARTS // 2):
        lab.docker.try_("kill", lab.name)
        lab.wait()
        lab.start()
    assert lab.wait() == 0
    assert "uid=1000(lab)" in container.run(["id"], SETTINGS).stdout


def test_two_containers_set_up_one_data_directory_at_the_same_time(
    container: Containers, volume: Volumes
) -> None:
    data = volume()
    for number in range(3000):
        (data / f"file{number}").touch()
    two = [
        container(SETTINGS, {data: "/data"}, command=["sh", "-c", "touch /data/mine"])
        for _ in range(2)
    ]

    assert [lab.wait() for lab in two] == [0, 0]
    owners = {
        (found.st_uid, found.st_gid) for path in (data, *data.iterdir()) for found in [path.lstat()]
    }
    assert owners == {(1000, 1000)}

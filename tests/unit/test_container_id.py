"""What tells a container from its copy."""

import pytest

from labinit.facts.files import container_id, find_mounts

OVERLAY = (
    "70 44 0:44 / / rw,relatime - overlay overlay "
    "rw,lowerdir=/l,upperdir=/var/lib/docker/{}/diff,workdir=/w\n"
)
HOSTNAME = "80 70 8:1 /var/lib/docker/containers/{}/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n"
BTRFS = "70 44 0:44 /@docker/btrfs/subvolumes/{} / rw,relatime - btrfs /dev/sda1 rw,subvol=/x\n"
FUSE = "70 44 0:44 / / rw,relatime - fuse.fuse-overlayfs fuse-overlayfs rw,user_id=0\n"


def id_by(mountinfo: str) -> str:
    return container_id(find_mounts(mountinfo))


@pytest.mark.parametrize(
    "form", [OVERLAY, OVERLAY + HOSTNAME, BTRFS, BTRFS + HOSTNAME, FUSE + HOSTNAME]
)
def test_it_is_the_same_after_a_restart_and_another_in_a_copy(form: str) -> None:
    def of(name: str) -> str:
        return id_by(form.replace("{}", name))

    assert of("abc") == of("abc") != of("def")
    assert "abc" in of("abc")


def test_where_the_upper_directory_tells_nothing_else_has_to_stay() -> None:
    moved = HOSTNAME.format("elsewhere")
    assert id_by(OVERLAY.format("a") + moved) == id_by(OVERLAY.format("a"))


def test_where_nothing_tells_it_is_the_host_name() -> None:
    assert id_by("70 44 8:1 / / rw - ext4 /dev/sda1 rw\n") != ""
    assert id_by("") == id_by(FUSE)

"""Each refusal of a file system has its own cause and hint."""

import errno

import pytest

from labinit.apply.apply import explain


@pytest.mark.parametrize(
    ("number", "filesystem", "cause", "hint"),
    [
        (errno.EPERM, "nfs4", "root_squash", "chown -R 1000:100 it on the server"),
        (errno.EACCES, "nfs", "root_squash", "on the server"),
        (errno.EPERM, "cifs", "not permitted", "mount it on the host with uid=1000,gid=100"),
        (errno.ENOTSUP, "vfat", "not supported", "uid=1000,gid=100"),
        (errno.EPERM, "fuse.sshfs", "not permitted", "uid=1000,gid=100"),
        (errno.EROFS, "ext4", "read-only", "without :ro"),
        (errno.EINVAL, "overlay", "1000:100 does not exist in this user namespace", "LABUID=0"),
        (errno.EOVERFLOW, "xfs", "user namespace", "LABUID=0"),
        (errno.EDQUOT, "ext4", "quota", "raise the quota of uid 1000"),
        (
            errno.EPERM,
            "ext4",
            "not permitted",
            "chown -R 1000:100 it on the host, or set LABUID and LABGID",
        ),
    ],
)
def test_cause_and_hint(number: int, filesystem: str, cause: str, hint: str) -> None:
    found = explain(number, filesystem, 1000, 100)
    assert cause in found[0]
    assert hint in found[1]

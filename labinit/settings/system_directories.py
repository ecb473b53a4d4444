"""Which directories are the system's: giving them away would break it, or hand it over. Pure."""

# With all that is in them.
_TREES = (
    *("/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/opt/lab", "/proc"),
    *("/run", "/sbin", "/sys", "/usr", "/lost+found"),
    *("/var/backups", "/var/cache", "/var/crash", "/var/db", "/var/empty", "/var/lock", "/var/log"),
    *("/var/mail", "/var/run", "/var/spool", "/var/tmp"),  # noqa: S108 - names, not uses
)
# Below /var/lib, where programs of the system keep what they act on as root.
_STATE = {
    *("alternatives", "apt", "cloud", "containerd", "containers", "dbus", "docker", "dpkg"),
    *("emacsen-common", "kubelet", "labinit", "logrotate", "misc", "pam", "polkit-1", "private"),
    *("python", "rpm", "sgml-base"),
    *("shells.state", "sudo", "systemd", "ucf", "update-rc.d", "xml-core"),
}  # fmt: skip
# These only as they stand: what is below them is somebody's.
_PLACES = (
    *("/", "/home", "/media", "/mnt", "/opt", "/root", "/srv", "/var", "/var/lib"),
    "/tmp",  # noqa: S108
)


def is_of_the_system(path: str) -> bool:
    """Tell whether a normalized path is one that may not be given to a user."""
    if path in _PLACES or any(path == tree or path.startswith(tree + "/") for tree in _TREES):
        return True
    above, _, name = path.partition("/var/lib/")
    return not above and name.partition("/")[0] in _STATE

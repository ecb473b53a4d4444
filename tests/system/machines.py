"""Throwaway systems: private mount, PID, UTS and IPC namespaces over an overlay of `/`, where
labinit really is PID 1.

What a machine changes lies in a tmpfs that ends with it. Its accounts are those of the host's
distribution only.
"""

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import labinit
from tests.commands import Finished
from tests.system.running import Running

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ACCOUNT_FILES = ("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow")
# What a fresh container does not have either.
_EMPTIED = ("/data", "/home", "/run", "/tmp", "/var/lib/labinit", "/etc/sudoers.d/labinit")
_CHECKOUT = str(Path(labinit.__file__).parents[1])
# Of `make coverage`, which measures what is isolated only where that asks for it; else "".
_MEASURING = os.environ.get("COVERAGE_PROCESS_CONFIG", "")
_MEASURE = f"""
import os, coverage
os.environ["COVERAGE_PROCESS_CONFIG"] = {_MEASURING!r}
coverage.process_startup()
del os.environ["COVERAGE_PROCESS_CONFIG"]
"""
_MEASURED = f"{_CHECKOUT}/build/coverage"

# $1: a directory to build in; $2: size of the tmpfs; the rest: what the overlay cannot show, bound
# into it.
_BUILD = f"""
set -eu
mount -t tmpfs -o mode=755,size=$2 none "$1"
cd "$1"
shift 2
mkdir upper work root
for path in {" ".join(_EMPTIED)}; do
    mkdir -p "upper${{path%/*}}"
    mknod "upper$path" c 0 0
done
mount -t overlay -o lowerdir=/,upperdir=upper,workdir=work none root
mkdir root/home root/run
mkdir -m 1777 root/tmp
for path; do
    mkdir -p "root$path"
    mount --bind "$path" "root$path"
    mount -o remount,bind,ro "root$path"
done
{f'mkdir -p "root{_MEASURED}"; mount --bind "{_MEASURED}" "root{_MEASURED}"' if _MEASURING else ""}
mkdir -p root/proc root/dev root/sys root/mnt
mount -t proc proc root/proc
mount --rbind /dev root/dev
mount --rbind /sys root/sys
echo localhost >/proc/sys/kernel/hostname
cd root
pivot_root . mnt
umount -l /mnt
echo ready
read -r _
"""
# As image/labinit starts it: isolated, and without what a `site` could bring.
LABINIT = f"""
import sys
sys.path += {[_CHECKOUT, sysconfig.get_path("purelib")]!r}
{_MEASURE if _MEASURING else ""}
from labinit.__main__ import script
script()
"""


class Machine:
    """A system that lasts from one boot to the next, until `close`."""

    def __init__(self, size: str = "256m") -> None:
        self._directory = tempfile.mkdtemp(prefix="labinit-machine-")
        self._started: list[Running] = []
        argv = [
            "unshare",
            "--mount",
            "--uts",
            "--ipc",
            "--propagation",
            "private",
            "sh",
            "-c",
            _BUILD,
            "machine",
        ]
        pipe = subprocess.PIPE
        self._keeper = subprocess.Popen(
            [*argv, self._directory, size, *_unseen()],
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            text=True,
        )
        assert self._keeper.stdout is not None
        if self._keeper.stdout.readline() != "ready\n":
            error = self._keeper.communicate()[1].strip()
            os.rmdir(self._directory)
            raise OSError(f"build an overlay of /: {error}")
        self._reset_accounts()

    def close(self) -> None:
        for running in self._started:
            running.end()
        self._keeper.communicate("\n")
        os.rmdir(self._directory)

    # --- running

    def start(self, env: Mapping[str, str] | None = None, *arguments: str) -> Running:
        """Start a boot: labinit as PID 1, with these settings and this command."""
        return self.spawn([sys.executable, "-BIS", "-c", LABINIT, *arguments], env)

    def boot(self, env: Mapping[str, str] | None = None, *arguments: str) -> Finished:
        """Boot to the end; without arguments, the command is `true`."""
        return self.start(env, *(arguments or ("true",))).wait()

    def spawn(self, argv: Sequence[str], env: Mapping[str, str] | None = None) -> Running:
        """Start any command as PID 1 of a namespace of its own."""
        unshare = ("unshare", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "--")
        running = Running([*self._enter(), *unshare, *argv], {"PATH": PATH, **(env or {})})
        self._started.append(running)
        return running

    def run(
        self, argv: Sequence[str] | str, stdin: str = "", env: Mapping[str, str] | None = None
    ) -> Finished:
        """Run any command, or a line for the shell, as root and to its end."""
        return self.spawn(["sh", "-c", argv] if isinstance(argv, str) else argv, env).wait(stdin)

    def output(self, argv: Sequence[str] | str, stdin: str = "") -> str:
        """Return what a command prints, which has to succeed."""
        done = self.run(argv, stdin)
        assert done.exit_code == 0, f"{argv}: {done}"
        return done.stdout

    def mount(self, arguments: str) -> None:
        """Mount something that stays mounted from one boot to the next."""
        subprocess.run([*self._enter(), *shlex.split(f"mount {arguments}")], check=True, timeout=10)

    def umount(self, path: str) -> None:
        subprocess.run([*self._enter(), "umount", path], check=True, timeout=10)

    def _enter(self) -> list[str]:
        return ["nsenter", f"--target={self._keeper.pid}", "--mount", "--uts", "--ipc", "--"]

    # --- looking

    def path(self, path: str) -> Path:
        """Where a path of the machine is on the host. Do not go through absolute links that way."""
        return Path(f"/proc/{self._keeper.pid}/root{path}")

    def exists(self, path: str) -> bool:
        return os.path.lexists(self.path(path))

    def read(self, path: str) -> str:
        return self.path(path).read_text()

    def write(self, path: str, text: str, mode: int = 0o644, uid: int = 0, gid: int = 0) -> None:
        """Write a file, parents included."""
        where = self.path(path)
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text(text)
        os.chown(where, uid, gid)
        where.chmod(mode)

    def stat(self, path: str) -> os.stat_result:
        return os.lstat(self.path(path))

    def owner(self, path: str) -> tuple[int, int]:
        found = self.stat(path)
        return found.st_uid, found.st_gid

    def accounts(self) -> dict[str, str]:
        """Return the account files, to be compared."""
        return {path: self.read(path) for path in ACCOUNT_FILES}

    def entry(self, path: str, name: str) -> list[str] | None:
        """Return the fields of a name's line in an account file; there may be only one."""
        lines = [
            line.split(":") for line in self.read(path).splitlines() if line.startswith(f"{name}:")
        ]
        assert len(lines) <= 1, f"{name} stands {len(lines)} times in {path}"
        return lines[0] if lines else None

    def passwd(self, name: str) -> list[str] | None:
        return self.entry("/etc/passwd", name)

    def shadow(self, name: str) -> list[str] | None:
        return self.entry("/etc/shadow", name)

    def group(self, name: str) -> list[str] | None:
        return self.entry("/etc/group", name)

    def _reset_accounts(self) -> None:
        """Leave the accounts that every Debian has, so that nothing depends on who else lives on
        the host."""
        users = [line for line in self.read("/etc/passwd").splitlines() if _is_of_the_system(line)]
        groups = [line for line in self.read("/etc/group").splitlines() if _is_of_the_system(line)]
        groups = [
            ":".join([*line.split(":")[:3], ""]) for line in groups if not line.startswith("wheel:")
        ]
        names = [line.split(":")[0] for line in users]
        self.write("/etc/passwd", _lines(users))
        self.write("/etc/group", _lines(groups))
        self.write("/etc/shadow", _lines(f"{name}:*:20000:0:99999:7:::" for name in names), 0o640)
        self.write("/etc/gshadow", _lines(f"{line.split(':')[0]}:*::" for line in groups), 0o640)


def why_not() -> str:
    """Return what a machine lacks here, or ""."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "a machine of its own takes root on Linux"
    tools = ("unshare", "nsenter", "pivot_root", "useradd", "chpasswd", "visudo", "sudo")
    missing = [name for name in tools if not shutil.which(name, path=PATH)]
    return f"not installed: {', '.join(missing)}" if missing else ""


def _is_of_the_system(line: str) -> bool:
    number = int(line.split(":")[2])
    return number < 1000 or number == 65534


def _lines(lines: Sequence[str] | Iterator[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _unseen() -> list[str]:
    """Return what a boot needs and the overlay does not show: on another file system, or below what
    is emptied."""
    wanted = dict.fromkeys((_CHECKOUT, sys.prefix, sys.base_prefix))
    device = os.stat("/").st_dev
    return [
        path
        for path in wanted
        if os.stat(path).st_dev != device or path.startswith(tuple(f"{top}/" for top in _EMPTIED))
    ]

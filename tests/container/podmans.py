"""podman, with root and without, in namespaces of its own: one kill ends all of it."""

import json
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.commands import Finished, run_to_end
from tests.container.engine import Engine
from tests.polling import eventually

NEEDED = ("podman", "runc", "slirp4netns", "newuidmap", "unshare", "nsenter", "setpriv", "tini")
IMAGE = "localhost/labinit:latest"
# The person who runs podman without root; the account exists in the namespace only.
UID, SUBUIDS, SUBUID_COUNT = 54321, 3_000_000, 65_536
# What podman says without systemd, which would run its health checks, and with control groups v1.
NO_SYSTEMD = (
    "unable to get systemd connection",
    "Resource limits are not supported and ignored on cgroups V1 rootless",
)
# Two gigabytes through three processes, on a machine that does something else.
LOAD_S = 600
_NEEDS_SYSTEMD = {"--cgroups=split", "--sdnotify=conmon"}


def why_not() -> str:
    """Return why podman cannot be tried here, or ""."""
    if os.geteuid() != 0:
        return "only root can make the namespaces and the account in which podman is tried"
    missing = [name for name in NEEDED if not shutil.which(name)]
    return f"not installed: {' '.join(missing)}; run: make setup" if missing else ""


class Podman:
    """One podman and its storage, from construction to `close`; rootless unless `uid` is 0."""

    def __init__(self, uid: int) -> None:
        self.uid = uid
        self.home = Path(tempfile.mkdtemp(prefix="labinit-test-podman-"))
        for name in ("lab", "etc", "run", "storage", ".config/containers"):
            (self.home / name).mkdir(parents=True)
        self._write_configuration()
        subprocess.run(["chown", "--recursive", f"{uid}:{uid}", self.home], check=True)
        (self.home / "run").chmod(0o700)
        # Its own mounts, processes and /proc. tini reaps: podman waits for each process to be gone.
        holder = ("unshare", "--mount", "--propagation=private", "--pid", "--fork", "--kill-child")
        self._holder = subprocess.Popen(
            [*holder, "--mount-proc", "sh", "-ec", f"{self._set_up()}\nexec tini sleep infinity"]
        )
        self._pid = eventually(self._find_pid)

    def __call__(self, *arguments: str, stdin: str = "", timeout_s: float = 120) -> str:
        """Return what `podman ARGUMENTS` prints; it has to succeed."""
        done = self.try_(*arguments, stdin=stdin, timeout_s=timeout_s)
        assert done.exit_code == 0, f"podman {arguments}: {done}"
        return done.stdout.strip()

    def try_(self, *arguments: str, stdin: str = "", timeout_s: float = 120) -> Finished:
        """Run `podman ARGUMENTS` to its end, however it ends."""
        argv = [*self._inside(), "podman", *arguments]
        done = run_to_end(argv, input=stdin, timeout=timeout_s, cwd="/")
        lines = done.stderr.splitlines(keepends=True)
        own = "".join(line for line in lines if not any(one in line for one in NO_SYSTEMD))
        return Finished(done.exit_code, done.stdout, own)

    def load(self, docker: Engine, image: str) -> None:
        """Bring an image over from Docker, under the name that the units use."""
        with subprocess.Popen(
            docker.command("save", image), env=docker.environ, stdout=subprocess.PIPE
        ) as saved:
            loaded = subprocess.run(
                [*self._inside(), "podman", "load", "--quiet"],
                stdin=saved.stdout,
                capture_output=True,
                text=True,
                check=False,
                timeout=LOAD_S,
            )
        assert loaded.returncode == 0, loaded.stderr
        name = loaded.stdout.strip().rpartition("Loaded image: ")[2]
        self("tag", name, IMAGE)

    def logs(self, name: str) -> str:
        """Return both streams of a container's log."""
        done = self.try_("logs", name)
        return done.stdout + done.stderr

    def address(self, name: str) -> str:
        """Return where a container's server can be reached."""
        return f"http://{self('port', name, '8080')}"

    def close(self) -> None:
        """End everything that podman has started, and remove what it has stored."""
        self.try_("rm", "--all", "--force", "--time", "1")
        self._holder.send_signal(signal.SIGKILL)
        self._holder.wait()
        if self.uid == 0:
            for bridge in ("cni-podman0", "podman0"):  # up to release 4, and since
                subprocess.run(["ip", "link", "delete", bridge], check=False, capture_output=True)
        shutil.rmtree(self.home, ignore_errors=True)

    def _inside(self) -> list[str]:
        environ = {
            "HOME": str(self.home),
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "XDG_RUNTIME_DIR": str(self.home / "run"),
            "CONTAINERS_CONF": str(self.home / ".config/containers/containers.conf"),
        }
        if self.uid == 0:
            environ["CONTAINERS_STORAGE_CONF"] = str(self.home / ".config/containers/storage.conf")
        return [
            *("nsenter", f"--mount=/proc/{self._pid}/ns/mnt", f"--pid=/proc/{self._pid}/ns/pid"),
            *("setpriv", f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups"),
            *(
                "env",
                "--ignore-environment",
                *(f"{name}={value}" for name, value in environ.items()),
            ),
        ]

    def _write_configuration(self) -> None:
        """Use the machine's limits: raising one takes CAP_SYS_RESOURCE, which root may lack."""
        limits = [
            f'"{name}={resource.getrlimit(what)[1]}:{resource.getrlimit(what)[1]}"'
            for name, what in (("nofile", resource.RLIMIT_NOFILE), ("nproc", resource.RLIMIT_NPROC))
            if resource.getrlimit(what)[1] != resource.RLIM_INFINITY
        ]
        directory = self.home / ".config/containers"
        (directory / "containers.conf").write_text(
            f"[containers]\ndefault_ulimits = [{', '.join(limits)}]\n"
            '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
        )
        roots = f'graphroot = "{self.home}/storage"\nrunroot = "{self.home}/run/storage"\n'
        (directory / "storage.conf").write_text(f'[storage]\ndriver = "overlay"\n{roots}')

    def _set_up(self) -> str:
        """Return the script that gives the namespace the account, its ids and its devices."""
        # In memory: nothing to delete afterwards, which takes a minute on a busy disk.
        owner = f"mode=700,uid={self.uid},gid={self.uid}"
        storage = f"mount -t tmpfs -o size=12g,{owner} podman {self.home}/storage"
        if self.uid == 0:
            return storage
        lines = {
            "passwd": f"ann:x:{UID}:{UID}::{self.home}:/bin/sh",
            "group": f"ann:x:{UID}:",
            "subuid": f"ann:{SUBUIDS}:{SUBUID_COUNT}",
            "subgid": f"ann:{SUBUIDS}:{SUBUID_COUNT}",
        }
        etc = self.home / "etc"
        for name, line in lines.items():
            there = Path("/etc", name)
            there.touch()  # A system without any has no file to mount on.
            (etc / name).write_text(f"{there.read_text()}{line}\n")
        mounts = [f"mount --bind {etc / name} /etc/{name}" for name in lines]
        mounts += [
            storage,
            f"mknod --mode=666 {etc}/tun c 10 200 && mount --bind {etc}/tun /dev/net/tun",
        ]
        return "\n".join(mounts)

    def _find_pid(self) -> int:
        """Return the pid of what holds the namespaces, once they are set up."""
        assert self._holder.poll() is None, "the namespaces for podman could not be made"
        children = Path(f"/proc/{self._holder.pid}/task/{self._holder.pid}/children").read_text()
        assert children.split(), "not yet"
        pid = int(children.split()[0])
        assert Path(f"/proc/{pid}/comm").read_text().strip() == "tini", "not yet"
        return pid


@dataclass(frozen=True)
class Unit:
    """The arguments of podman with which a unit's service starts and stops."""

    start: list[str]
    stop: list[str]


def generate(path: Path, docker: Engine, tools: str, changes: Mapping[str, str]) -> Unit:
    """Return what podman's own generator makes of a unit.

    `changes` stand in for systemd's specifiers; what needs systemd itself is left out.
    """
    done = docker.try_(
        *("run", "--rm", "--volume", f"{path}:/units/{path.name}:ro"),
        *("--env", "QUADLET_UNIT_DIRS=/units", tools, "/usr/libexec/podman/quadlet"),
        *("-dryrun", "-user"),
    )
    assert done.exit_code == 0, done
    assert "unsupported" not in done.stderr.lower(), done
    text = done.stdout
    for old, new in changes.items():
        text = text.replace(old, new)
    start, stop = (
        re.findall(rf"^{name}=/usr/bin/podman (.*)$", text, re.MULTILINE)[0]
        for name in ("ExecStart", "ExecStop")
    )
    words = [word for word in shlex.split(start) if word not in _NEEDS_SYSTEMD]
    return Unit(words, shlex.split(stop))


def inspect(podman: Podman, name: str, template: str) -> Any:
    """Return a part of `podman inspect`."""
    return json.loads(podman("inspect", "--format", f"{{{{json {template}}}}}", name))

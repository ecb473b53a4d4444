"""A swarm of two nodes on one machine: two engines in namespaces of their own.

Touches no other engine. All of a node ends with one kill: its engine, containers and network.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.container.engine import Engine
from tests.polling import eventually

NEEDED = ("dockerd", "ip", "nsenter", "unshare", "tini", "iptables")
# For measurements between machines (RFC 2544): free on any machine that tests run on.
OUTSIDE, MANAGER = "198.18.200.1", "198.18.200.2"
BETWEEN = ("198.18.201.1", "198.18.201.2")
ENGINE_S, LOAD_S = 60, 600
# A network with nobody else in it.
NO_NETWORK = ("unshare", "--net")
_NAMESPACES = {"net": "net", "mount": "mnt"}
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def why_not() -> str:
    """Return why there can be no swarm here, or ""."""
    if os.geteuid() != 0:
        return "only root can make the namespaces of a second node"
    missing = [name for name in NEEDED if not shutil.which(name, path=_PATH)]
    return f"not installed: {' '.join(missing)}; run: make setup engine" if missing else ""


class Node(Engine):
    """An engine in its own namespaces, from construction to `kill`."""

    def __init__(
        self, docker: Engine, name: str, directory: Path, network: tuple[str, ...] = NO_NETWORK
    ) -> None:
        """`network` is the command under which it gets one; by default that is a new one."""
        self.name = name
        self._directory = directory
        self._client = docker.command()[0]
        self.socket = directory / "docker.sock"
        self._environ = docker.environ | {"DOCKER_HOST": f"unix://{self.socket}", "PATH": _PATH}
        # Such as one of `tools/engine`: for another engine than this one.
        self._environ.pop("DOCKER_CONTEXT", None)
        directory.mkdir()
        (directory / "data").mkdir()
        self._parent = f"labinit-test-{directory.parent.name}-{name}"
        # tini reaps. The engine starts once there is a network, so that it finds its addresses.
        unshare = (*network, "unshare", "--mount", "--propagation=private", "--pid", "--uts")
        script = (
            f"hostname {name}; ip link set lo up; mount -t tmpfs -o size=8g,mode=711 node "
            f"{directory}/data;"
            f" exec tini -g -- sh -c 'read _; exec dockerd {' '.join(self._options())} "
            f">{directory}/log 2>&1'"
        )
        self._holder = subprocess.Popen(
            [*unshare, "--fork", "--kill-child", "--mount-proc", "sh", "-ec", script],
            stdin=subprocess.PIPE,
            env=self._environ,
        )
        self.pid = eventually(self._find_pid)

    @property
    def data(self) -> Path:
        """Where the engine keeps its images: in memory, seen through the node's own mounts."""
        return Path(f"/proc/{self.pid}/root{self._directory}/data")

    def _options(self) -> tuple[str, ...]:
        d = self._directory
        return (
            f"--data-root={d}/data",
            f"--exec-root={d}/exec",
            f"--pidfile={d}/pid",
            f"--host=unix://{self.socket}",
            # Apart, so that what a kill leaves behind can be removed.
            f"--cgroup-parent=/{self._parent}",
            "--exec-opt=native.cgroupdriver=cgroupfs",
        )

    def inside(self, *argv: str) -> None:
        """Run a command in the node's network, with its mounts."""
        namespaces = (f"--{kind}=/proc/{self.pid}/ns/{file}" for kind, file in _NAMESPACES.items())
        command = ["nsenter", *namespaces, *argv]
        subprocess.run(command, check=True, capture_output=True, env=self._environ)

    @contextmanager
    def without(self, directory: Path) -> Iterator[None]:
        """Let the node see an empty directory there, as one that has not mounted it."""
        self.inside("mount", "-t", "tmpfs", "node", str(directory))
        try:
            yield
        finally:
            self.inside("umount", str(directory))

    def start(self) -> None:
        """Start the engine, and return once it answers."""
        assert self._holder.stdin
        self._holder.stdin.write(b"\n")
        self._holder.stdin.flush()

        def answers() -> None:
            log = self._directory / "log"
            assert self._holder.poll() is None, log.read_text()[-3000:]
            assert self.try_("version").exit_code == 0, log.exists() and log.read_text()[-3000:]

        eventually(answers, ENGINE_S)

    def load(self, docker: Engine, *images: str) -> None:
        """Bring images of another engine."""
        with subprocess.Popen(
            docker.command("save", *images), env=docker.environ, stdout=subprocess.PIPE
        ) as saved:
            self("load", "--quiet", stdin=saved.stdout, input=None, timeout=LOAD_S)

    def kill(self) -> None:
        """End the node as a loss of power would."""
        self._holder.send_signal(signal.SIGKILL)
        self._holder.wait()
        if self._holder.stdin:
            self._holder.stdin.close()

    def remove(self) -> None:
        """Remove what a kill leaves behind."""
        for parent in Path("/sys/fs/cgroup").glob(f"**/{self._parent}"):
            for path in sorted(parent.rglob("*/"), reverse=True):
                path.rmdir()
            parent.rmdir()

    def _find_pid(self) -> int:
        assert self._holder.poll() is None, "the namespaces of a node could not be made"
        children = Path(f"/proc/{self._holder.pid}/task/{self._holder.pid}/children").read_text()
        assert children.split(), "not yet"
        pid = int(children.split()[0])
        assert Path(f"/proc/{pid}/comm").read_text().strip() == "tini", "not yet"
        return pid


class Swarm:
    """Two nodes, `manager` and `worker`, with the images; both see the directory `homes`."""

    def __init__(self, docker: Engine, *images: str) -> None:
        self._docker = docker
        self._nodes: list[Node] = []
        self._link = f"swarm{uuid.uuid4().hex[:8]}"
        self.directory = Path(tempfile.mkdtemp(prefix="labinit-test-swarm-"))
        self.homes = self.directory / "homes"
        self.homes.mkdir()
        try:
            self.manager, self.worker = (self._add(name) for name in ("manager", "worker"))
            self._connect()
            self.manager.start()
            self._load(images)
            self.worker.start()
            self._join()
        except BaseException:
            self.close()
            raise

    def _load(self, images: tuple[str, ...]) -> None:
        """Bring the images to both nodes. Loading takes ten times as long as copying."""
        self.manager.load(self._docker, *images)
        stores = (self.manager.data / name for name in ("image", "overlay2"))
        subprocess.run(["cp", "--archive", *stores, self.worker.data], check=True)

    def close(self) -> None:
        """End both nodes, and remove all that they had."""
        for node in self._nodes:
            node.kill()
        for node in self._nodes:
            eventually_removed(node)
        subprocess.run(["ip", "link", "delete", self._link], check=False, capture_output=True)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _add(self, name: str) -> Node:
        node = Node(self._docker, name, self.directory / name)
        self._nodes.append(node)
        return node

    def _connect(self) -> None:
        """Join the manager with this machine and with the worker, each by a cable of its own."""
        manager, worker = self.manager, self.worker
        peer = ("peer", "name", "outside", "netns", str(manager.pid))
        _ip("link", "add", self._link, "type", "veth", *peer)
        _ip("address", "add", f"{OUTSIDE}/30", "dev", self._link)
        _ip("link", "set", self._link, "up")
        peer = ("peer", "name", "swarm", "netns", str(worker.pid))
        manager.inside("ip", "link", "add", "swarm", "type", "veth", *peer)
        manager.inside("ip", "address", "add", f"{MANAGER}/30", "dev", "outside")
        manager.inside("ip", "link", "set", "outside", "up")
        for node, address in zip(self._nodes, BETWEEN, strict=True):
            node.inside("ip", "address", "add", f"{address}/30", "dev", "swarm")
            node.inside("ip", "link", "set", "swarm", "up")

    def _join(self) -> None:
        self.manager("swarm", "init", "--advertise-addr", BETWEEN[0], "--listen-addr", BETWEEN[0])
        token = self.manager("swarm", "join-token", "--quiet", "worker")
        self.worker("swarm", "join", "--token", token, "--advertise-addr", BETWEEN[1], BETWEEN[0])


def eventually_removed(node: Node) -> None:
    """Remove a node's control groups, once the kernel has ended their processes."""

    def removed() -> None:
        try:
            node.remove()
        except OSError as error:
            raise AssertionError(str(error)) from error

    eventually(removed)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)

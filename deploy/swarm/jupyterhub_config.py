"""A hub on a swarm: each user gets a service of labinit's image, and files that follow to any node.

After a change: CONFIG_VERSION=2 docker stack deploy --compose-file stack.yaml lab
"""

import asyncio
import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import docker.errors
import requests
from docker.types import DriverConfig, Mount, Resources, RestartPolicy
from dockerspawner import SwarmSpawner
from hub_common import keep_servers, let_log_in, stop_idle_servers
from hub_settings import Reader
from labinit_hub import NotStarted, OneLine, refuse_foreign

c = get_config()  # noqa: F821 - JupyterHub provides it
read = Reader()  # of the environment and secrets; the second word of each is the default
read.settings = "the environment of docker stack deploy"
read.secret_name = "the secret {}"  # noqa: S105 - no password
read.new_secret = "openssl rand -hex 24 | docker secret create {} -"  # noqa: S105

# --- who may log in ------------------------------------------------------------------------------
# "shared-password" or "native", as in deploy/hub, whose README.md also says how to put OAuth here.
AUTHENTICATOR = read.authenticator("HUB_AUTHENTICATOR")
ADMINS = read.names("HUB_ADMINS")

# --- what each user gets -------------------------------------------------------------------------
IMAGE = os.environ.get("IMAGE") or "labinit:latest"
MEMORY = read.size("USER_MEMORY", "2G", minimum="128M")
# What Swarm sets aside: a node gets no more users than it has memory for.
MEMORY_GUARANTEE = read.size("USER_MEMORY_GUARANTEE", "512M", minimum="1M")
CPUS = read.number("USER_CPUS", "1", minimum=0.1)
PROCESSES = read.whole("USER_PROCESSES", "512", minimum=64)
# A server that nobody has used for so long is stopped; its files stay. 0: never.
IDLE_S = read.whole("IDLE_SECONDS", "3600", minimum=0)
# Whose files they are, on every node and on the NFS server.
UID = GID = 1000
PLACEMENT = ["node.labels.lab == true"]
# A volume of Docker's driver "local", on each node when a server first comes there.
HOMES_TYPE, HOMES_OPTIONS, HOMES_DEVICE = (
    os.environ[name] for name in ("HOMES_TYPE", "HOMES_OPTIONS", "HOMES_DEVICE")
)
HOMES = Path("/srv/homes")

_SECOND = 10**9  # as Docker counts
_STOP_S = 15
_ENDED = {"failed", "rejected", "complete"}


class LabService(OneLine, SwarmSpawner):
    """SwarmSpawner, with a volume per user, the same on all nodes, and one line a failure."""

    engine_errors = (docker.errors.DockerException, requests.RequestException)

    async def server_log(self) -> str:
        """Return the end of the service's log."""
        if not self.object_id:
            return ""
        log = await self.docker("service_logs", self.object_id, stdout=True, stderr=True, tail=200)
        # A generator of chunks, which reads from the engine.
        return (await asyncio.to_thread(b"".join, log)).decode(errors="replace")

    async def before_start(self) -> None:
        """Make the user's directories, and refuse those of somebody else. Raises: NotStarted."""
        try:
            await asyncio.to_thread(self._make_directories)
        except OSError as error:
            is_long = error.errno == errno.ENAMETOOLONG
            remedy = "take a shorter name" if is_long else "it has to be writable for the hub"
            raise NotStarted(
                f"no directory for {self.user.name} on the volume of all users: {error.strerror};"
                f" {remedy}: README.md"
            ) from error

    def _make_directories(self) -> None:
        own = HOMES / self.escaped_name
        own.mkdir(exist_ok=True)
        # Above what the user sees of it.
        mark = own / ".hub-user"
        mark.touch()
        owner = mark.read_text(encoding="utf-8")
        if not owner:  # new, or of a hub that was killed just here
            mark.write_text(self.user.name, encoding="utf-8")
        refuse_foreign(f"directory {own}", owner or self.user.name, self.user.name, f"cat {mark}")
        for path in (own / kind for kind in ("data", "home")):
            path.mkdir(exist_ok=True)
            # With all_squash, whose it is has been settled by the NFS server.
            with suppress(PermissionError):
                os.chown(path, UID, GID)

    @property
    def mounts(self) -> list[Mount]:
        """The user's two volumes, and room for shared memory, whose default is 64 MB."""
        targets = {"data": "/data", "home": "/home/lab"}
        return [
            *(self._volume(kind, target) for kind, target in targets.items()),
            Mount(
                "/dev/shm",  # noqa: S108
                None,
                type="tmpfs",
                tmpfs_size=256 << 20,
                tmpfs_mode=0o1777,
            ),
        ]

    def _volume(self, kind: str, target: str) -> Mount:
        device = f"{HOMES_DEVICE}/{self.escaped_name}/{kind}"
        options = {"type": HOMES_TYPE, "o": HOMES_OPTIONS, "device": device}
        driver = DriverConfig("local", options)
        return Mount(target, f"{self.object_name}-{kind}", type="volume", driver_config=driver)

    async def create_object(self) -> Any:
        """Make the service. SwarmSpawner knows no limit of processes."""
        limits = Resources(
            mem_limit=self.mem_limit,
            mem_reservation=self.mem_guarantee,
            cpu_limit=int(self.cpu_limit * _SECOND),
        )
        limits["Limits"]["Pids"] = PROCESSES
        # Any: a server on a node that is drained ends with 0.
        restart = RestartPolicy("any", delay=2 * _SECOND)
        self.extra_task_spec = {"resources": limits, "restart_policy": restart}
        return await super().create_object()

    async def start_object(self) -> None:
        """Wait for nothing: OneLine does, and notices a server that cannot start."""

    async def remove_object(self) -> None:
        """Remove the service, and return once its server has ended: the next has its name."""
        await super().remove_object()
        # Of a service that is removed, tasks are there until they have ended.
        tasks = {"name": f"{self.object_name}."}
        with suppress(TimeoutError):
            async with asyncio.timeout(2 * _STOP_S):
                while await self.docker("tasks", filters=tasks):  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.5)

    async def poll(self) -> object:
        """Return None while there is a service: Swarm replaces its tasks, on another node too."""
        if await self.get_object() is None:
            return 0
        if self.pending != "spawn":
            return None
        for task in await self.docker("tasks", filters={"service": self.object_name}):
            status = task["Status"]
            error = status.get("Err", "")
            if status["State"] == "pending" and "no suitable node" in error:
                raise NotStarted(f"no node for {self.user.name}: {error}; docker node ls")
            if status["State"] in _ENDED:
                return f"{status['State']}: {error}" if error else status["State"]
        return None


# --- the hub -------------------------------------------------------------------------------------
c.JupyterHub.hub_ip = "0.0.0.0"  # noqa: S104 - of its container
c.JupyterHub.hub_connect_ip = "hub"
keep_servers(c, "http://proxy:8001")
c.ConfigurableHTTPProxy.auth_token = read.secret("proxy_token", 16)
let_log_in(c, read, AUTHENTICATOR, ADMINS)
read.stop_if_wrong()

# --- a service for each user ---------------------------------------------------------------------
c.JupyterHub.spawner_class = LabService
# The manager need not have the image: its own command is not looked up.
c.Spawner.cmd = ["lab"]
c.DockerSpawner.image = IMAGE
c.DockerSpawner.use_internal_ip = True
c.DockerSpawner.network_name = os.environ["USERS_NETWORK"]
c.DockerSpawner.prefix = os.environ["USERS_PREFIX"]
c.DockerSpawner.name_template = "{prefix}-{username}"
c.DockerSpawner.mem_limit = MEMORY
c.DockerSpawner.mem_guarantee = MEMORY_GUARANTEE
c.DockerSpawner.cpu_limit = CPUS
c.DockerSpawner.environment = {
    "LABUID": str(UID),
    "LABGID": str(GID),
    "LABHOME": "/home/lab",
    "LABSUDO": "none",
    "TZ": os.environ.get("TZ", "Etc/UTC"),
    # For `labctl status`: Swarm fills these in for each task.
    "SWARM_NODE": "{{.Node.Hostname}}",
    "SWARM_SERVICE": "{{.Service.Name}}",
    "SWARM_TASK": "{{.Task.Name}}",
}
c.SwarmSpawner.extra_placement_spec = {"constraints": PLACEMENT}
c.SwarmSpawner.extra_endpoint_spec = {"mode": "dnsrr"}
c.SwarmSpawner.extra_container_spec = {
    "init": False,
    "stop_grace_period": _STOP_S * _SECOND,
    # What the set-up needs: docs/hardening.md. Swarm has no no-new-privileges; LABSUDO=none sets
    # it.
    "cap_drop": ["ALL"],
    "cap_add": ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID"],
}
# The image may have to come to the node first.
c.Spawner.start_timeout = 300
c.Spawner.http_timeout = 120

stop_idle_servers(c, IDLE_S)

"""Why a server does not start: in one line, in the hub's log and on its progress page.

For any spawner: `class Mine(OneLine, SomeSpawner)` that says where the log of a server is. Changes
nothing of what is spawned.
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import docker.errors
import requests
from dockerspawner import DockerSpawner
from hub_settings import one_line
from jupyterhub.spawner import SpawnException

_ERROR = "labinit: error: "
_OWN = "labinit: "
_CONNECT_S, _ENGINE_S = 0.2, 2.0


class NotStarted(SpawnException):
    """The one line. The hub shows it and logs no traceback."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem, reason="labinit", status_code=409)
        self.jupyterhub_message = problem

    def __str__(self) -> str:
        return self.message


def reason_in(log: str, status: object) -> str:
    """Return why a server has ended: labinit's own error, else the last line of its log. Pure."""
    lines = [line.rstrip() for line in log.splitlines() if line.strip()]
    own = [line.removeprefix(_ERROR) for line in lines if line.startswith(_ERROR)]
    if own:
        return own[-1]
    last = f"the last line of its log: {lines[-1]}" if lines else "its log is empty"
    return f"the server has ended ({status}); {last}"


def refuse_foreign(what: str, owner: str, user: str, command: str) -> None:
    """Refuse files that are marked as those of another user. Raises: NotStarted."""
    if owner != user:
        raise NotStarted(
            f"{what} belongs to the user {owner}, not to {user}; an administrator has to say whose"
            f" files these are: {command}"
        )


def _host_and_port(address: str | tuple[str, int]) -> tuple[str, int]:
    """Return the two of what `Spawner.start` returns, an address or both of them already."""
    if not isinstance(address, str):
        return address
    parts = urlsplit(address)
    return parts.hostname or "", parts.port or 80


class OneLine:
    """What a spawner lacks: it notices at once that a server has ended, and says why."""

    # What the engine raises when it refuses.
    engine_errors: tuple[type[Exception], ...] = ()

    async def server_log(self) -> str:
        """Return the end of the server's log, "" where there is none (yet)."""
        raise NotImplementedError

    async def before_start(self) -> None:
        """Look for what forbids a start. Raises: NotStarted."""

    def explain(self, error: Exception) -> object:
        """Return why the engine refuses, in its own words."""
        return getattr(error, "explanation", None) or getattr(error, "reason", None) or error

    async def start(self) -> Any:
        """Return where the server listens, once it does. Raises: NotStarted."""
        try:
            await self.before_start()
            address = await super().start()  # type: ignore[misc]
            await self._wait_until_it_listens(*_host_and_port(address))
        except self.engine_errors as error:
            name = self.user.name  # type: ignore[attr-defined]
            why = one_line(self.explain(error))
            raise NotStarted(f"no container for {name}: {why}") from error
        return address

    async def _wait_until_it_listens(self, host: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        asked = loop.time()
        while True:
            with suppress(OSError, TimeoutError):
                _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), _ENGINE_S)
                writer.close()
                return
            await asyncio.sleep(_CONNECT_S)
            if loop.time() - asked > _ENGINE_S:
                status = await self.poll()  # type: ignore[attr-defined]
                if status is not None:
                    raise NotStarted(reason_in(await self.server_log(), status))
                asked = loop.time()

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """Yield what labinit says of the start."""
        shown, percent = 0, 10
        yield {"progress": percent, "message": "The container is being made"}
        while True:
            await asyncio.sleep(_ENGINE_S / 2)
            with suppress(*self.engine_errors):
                own = [line for line in (await self.server_log()).splitlines() if _OWN in line[:9]]
                for line in own[shown:]:
                    percent = min(90, percent + 10)
                    yield {"progress": percent, "message": line}
                shown = len(own)


class LabSpawner(OneLine, DockerSpawner):
    """DockerSpawner, with one line for each failure, and volumes that belong to one user."""

    engine_errors = (docker.errors.DockerException, requests.RequestException)
    # One thread is DockerSpawner's own choice: each `docker stop` of ten seconds would hold up
    # everybody.
    _executor = ThreadPoolExecutor(8)
    _OWNER = "labinit.hub-user"

    async def server_log(self) -> str:
        """Return the end of the container's log."""
        if not self.object_id:
            return ""
        log = await self.docker("logs", self.object_id, tail=200)
        return str(log.decode(errors="replace"))

    async def before_start(self) -> None:
        """Make the user's volumes, and refuse those of somebody else."""
        for template in self.volumes:
            name = self.format_volume_name(template, self)
            if "username" in template and not name.startswith("/"):
                await self._own_volume(name)

    async def _own_volume(self, name: str) -> None:
        try:
            volume = await self.docker("inspect_volume", name)
        except docker.errors.NotFound:
            await self.docker("create_volume", name, labels={self._OWNER: self.user.name})
            return
        owner = (volume.get("Labels") or {}).get(self._OWNER, self.user.name)
        refuse_foreign(f"volume {name}", owner, self.user.name, f"docker volume inspect {name}")

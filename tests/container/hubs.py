"""A real JupyterHub with its proxy, which spawns containers of the image under test."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from pathlib import Path

import requests

from tests.commands import Finished
from tests.container.engine import Engine
from tests.container.jupyter import Client
from tests.container.running_container import SESSION
from tests.polling import eventually

REQUIREMENTS = ("jupyterhub==6.1.*", "dockerspawner==14.*")
PROXY = "configurable-http-proxy@5"
# Kept from one run to the next.
TOOLS = Path(os.environ.get("LABINIT_HUB_DIR") or Path.home() / ".cache" / "labinit-tests" / "hub")

CONFIG = """
c = get_config()
c.JupyterHub.spawner_class = "dockerspawner.DockerSpawner"
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = "a-password-of-16-letters"
c.SharedPasswordAuthenticator.allow_all = True
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_ip = "{bridge}"
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.command = "{tools}/node_modules/.bin/configurable-http-proxy"
c.JupyterHub.services = [{{"name": "test", "api_token": "{token}"}}]
scopes = ["admin:users", "admin:servers", "access:servers"]
c.JupyterHub.load_roles = [{{"name": "test", "services": ["test"], "scopes": scopes}}]
c.DockerSpawner.image = "{image}"
c.DockerSpawner.pull_policy = "never"
c.DockerSpawner.use_internal_ip = True
c.DockerSpawner.remove = False
c.DockerSpawner.name_template = "{prefix}-{{username}}"
c.DockerSpawner.extra_create_kwargs = {{"labels": {label}}}
c.DockerSpawner.volumes = {volumes}
c.Spawner.args = {args}
"""


def why_not() -> str:
    """Install the hub where it is not yet; return why that cannot be done, or ""."""
    if (TOOLS / "complete").exists():
        return ""
    if not shutil.which("npm"):
        return "npm is not installed, and JupyterHub's proxy comes from there"
    TOOLS.mkdir(parents=True, exist_ok=True)
    commands: tuple[list[str | Path], ...] = (
        [sys.executable, "-m", "venv", TOOLS / "venv"],
        [TOOLS / "venv/bin/pip", "install", "--quiet", *REQUIREMENTS],
        ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", TOOLS, PROXY],
    )
    for argv in commands:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=300)
        if done.returncode != 0:
            return f"{argv[0]}: {done.stderr.strip().splitlines()[-1:]}"
    (TOOLS / "complete").touch()
    return ""


class Hub:
    """A hub that runs from its construction to `close`."""

    def __init__(self, docker: Engine, image: str, directory: Path, args: list[str]) -> None:
        self._docker = docker
        self._token = uuid.uuid4().hex
        self._prefix = f"labinit-test-hub-{uuid.uuid4().hex[:8]}"
        self._log = directory / "hub.log"
        ports = _free_ports(3)
        self.url = f"http://127.0.0.1:{ports[0]}"
        name, _, value = SESSION.partition("=")
        config = CONFIG.format(
            port=ports[0],
            hub_port=ports[1],
            proxy_port=ports[2],
            bridge=docker.bridge(),
            tools=TOOLS,
            token=self._token,
            image=image,
            prefix=self._prefix,
            label={name: value},
            volumes=_source(),
            args=args,
        )
        (directory / "config.py").write_text(config)
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [TOOLS / "venv/bin/jupyterhub", "--config", "config.py"],
                cwd=directory,
                env=docker.environ,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        eventually(self._is_up, 60)

    def _is_up(self) -> None:
        assert self._process.poll() is None, self._log.read_text()
        try:
            assert requests.get(f"{self.url}/hub/api", timeout=5).ok
        except requests.ConnectionError as error:
            raise AssertionError(self._log.read_text()) from error

    def close(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(60)
        left = self._docker("ps", "--all", "--quiet", "--filter", f"name={self._prefix}").split()
        if left:
            self._docker("rm", "--force", "--volumes", *left)

    def spawn(self, user: str) -> Client:
        """Start a user's server, and return a client that goes through the hub's proxy."""
        hub = Client(self.url, self._token)
        hub.request("POST", f"/hub/api/users/{user}")
        hub.api("POST", f"/hub/api/users/{user}/server")

        def is_ready() -> None:
            server = hub.api("GET", f"/hub/api/users/{user}")["servers"].get("", {})
            assert server.get("ready"), f"{self._log.read_text()}\n{self.logs(user)}"

        eventually(is_ready, 60)
        return Client(f"{self.url}/user/{user}", self._token)

    def stop(self, user: str) -> None:
        hub = Client(self.url, self._token)
        hub.request("DELETE", f"/hub/api/users/{user}/server")

        def is_gone() -> None:
            assert not hub.api("GET", f"/hub/api/users/{user}")["servers"]

        eventually(is_gone)

    def logs(self, user: str) -> str:
        done = self._docker.try_("logs", f"{self._prefix}-{user}")
        return done.stdout + done.stderr

    def exec(self, user: str, *argv: str) -> Finished:
        """Run a command to its end in the container of a user."""
        return self._docker.try_("exec", f"{self._prefix}-{user}", *argv)

    def state(self, user: str) -> dict[str, object]:
        """Return what the engine says of a user's container."""
        return dict(
            json.loads(
                self._docker("inspect", "--format", "{{json .State}}", f"{self._prefix}-{user}")
            )
        )


def _free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on; the hub cannot be told to find them itself."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(opened.getsockname()[1]) for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports


def _source() -> dict[str, dict[str, str]]:
    """With LABINIT_SOURCE=1, the checkout is tested, as in `Containers`."""
    if not os.environ.get("LABINIT_SOURCE"):
        return {}
    inside = "/opt/lab/lib/python3.13/site-packages/labinit"
    return {str(Path(__file__).parents[2] / "labinit"): {"bind": inside, "mode": "ro"}}

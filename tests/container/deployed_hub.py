"""deploy/hub as it stands, started by Compose, with names, ports and secrets of its own."""

import json
import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Self
from urllib.parse import quote

import requests

from tests.commands import Finished
from tests.container.compose import Project
from tests.container.engine import CHECKOUT, Engine
from tests.container.jupyter import Client
from tests.polling import eventually

PASSWORD = "password-of-the-hub-test"
SPAWN_S = 180
# A first build fetches the hub and its proxy.
UP_S = 900


class DeployedHub:
    """A hub from `up` to `close`; its users' containers, volumes and network go with it."""

    def __init__(
        self, docker: Engine, image: str, directory: Path, env: Mapping[str, str] | None = None
    ) -> None:
        self.docker = docker
        self.directory = directory
        self.prefix = f"labinit-test-{uuid.uuid4().hex[:8]}"
        shutil.copytree(CHECKOUT / "deploy", directory / "deploy")
        secrets = directory / "secrets"
        secrets.mkdir()
        for name in ("hub_password", "admin_password", "proxy_token"):
            secret = PASSWORD if name == "hub_password" else uuid.uuid4().hex
            (secrets / name).write_text(f"{secret}\n")
        socket = docker.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        self._files = directory / "deploy/hub"
        # Set, it is asked over TLS.
        self.certificate: Path | None = None
        self.env = {
            "IMAGE": image,
            "HUB_IMAGE": "labinit-hub:test",
            "PORT": "0",
            "TLS_PORT": "0",
            "CERTS": str(directory),
            "SECRETS": str(secrets),
            "DOCKER_SOCKET": socket.removeprefix("unix://"),
            "USERS_NETWORK": f"{self.prefix}-users",
            "USERS_PREFIX": self.prefix,
            "USER_MEMORY": "1G",
            **(env or {}),
        }
        self.project = self._project(self.env)
        self._use_checkout()

    def _project(self, env: Mapping[str, str]) -> Project:
        return Project(self.docker, self._files.parent, "hub/compose.yaml", env)

    def _use_checkout(self) -> None:
        """With LABINIT_SOURCE=1, the checkout is tested, as in `Containers`."""
        if os.environ.get("LABINIT_SOURCE"):
            mount = {str(CHECKOUT / "labinit"): "/opt/lab/lib/python3.13/site-packages/labinit"}
            self.configure(f"c.DockerSpawner.read_only_volumes.update({mount})")

    def configure(self, lines: str, before: str = "") -> None:
        """Add lines to the hub's configuration, before this line of it, else at its end."""
        config = self._files / "jupyterhub_config.py"
        text = config.read_text()
        place = text.index(before) if before else len(text)
        config.write_text(f"{text[:place]}\n{lines}\n{text[place:]}")

    def shell(self, *lines: str) -> str:
        """Return what commands of a document print, executed where deploy/ is, as they stand."""
        done = self.project.shell(self.directory, "\n".join(lines), UP_S)
        assert done.exit_code == 0, f"{lines}\n{done}"
        return done.stdout

    def up(self, *files: str, **env: str) -> None:
        """Start it, or change it: with more files, or with other settings."""
        done = self.try_up(*files, **env)
        assert done.exit_code == 0, f"{done}\n{self.project.logs()}"

    def try_up(self, *files: str, **env: str) -> Finished:
        more = [word for file in files for word in ("--file", str(self._files / file))]
        project = self._project(self.env | env)
        project.name = self.project.name
        return project(*more, "up", "--detach", "--wait", "--build", timeout_s=UP_S)

    def refused(self, **env: str) -> list[str]:
        """Return what `docker compose logs check` says where the hub does not start."""
        done = self.try_up(**env)
        assert done.exit_code, done
        assert "check" in done.stderr
        assert not self.project("ps", "--quiet", "hub").stdout, "the hub runs"
        log = self.docker.try_("logs", self.project.container_id("check"))
        return (log.stdout + log.stderr).splitlines()

    @property
    def url(self) -> str:
        if self.certificate:
            return f"https://localhost:{self.port('nginx', 443)}"
        return f"http://127.0.0.1:{self.port('proxy', 8000)}"

    def port(self, service: str, inside: int) -> str:
        """Return the port on this machine, "" if there is none."""
        return self.project.address(service, inside).rpartition(":")[2]

    def log_in(self, user: str, password: str = PASSWORD) -> requests.Session:
        """Log in with the form of the page."""
        session = self.session()
        self.submit(session, "login?next=/hub/home", username=user, password=password)
        return session

    def session(self) -> requests.Session:
        """Return a browser without cookies."""
        session = requests.Session()
        if self.certificate:
            session.verify = str(self.certificate)
            session.trust_env = False  # REQUESTS_CA_BUNDLE would come before it
        return session

    def submit(self, session: requests.Session, page: str, **form: str) -> requests.Response:
        """Open a page of the hub and send the form on it."""
        url = f"{self.url}/hub/{page}"
        session.get(url, timeout=30)
        form["_xsrf"] = session.cookies.get("_xsrf", path="/hub/") or ""
        return session.post(url, data=form, timeout=60)

    def start(self, user: str) -> Client:
        """Start a user's server, and return a client with a token of theirs."""
        session = self.log_in(user)
        events = self.spawn(session, user)
        assert events[-1].get("ready"), f"{events}\n{self.hub_log()}\n{self.server_log(user)}"
        return self.client(session, user)

    def spawn(self, session: requests.Session, user: str) -> list[dict[str, str]]:
        """Ask for a server as the page does; return what its progress page is told."""
        headers = xsrf(session)
        api = f"{self.url}/hub/api/users/{in_address(user)}"
        session.post(f"{api}/server", headers=headers, timeout=SPAWN_S)

        def progress() -> list[dict[str, str]]:
            told = session.get(f"{api}/server/progress", headers=headers, timeout=SPAWN_S)
            lines = (line.removeprefix("data: ") for line in told.text.splitlines())
            events = [json.loads(line) for line in lines if line.startswith("{")]
            # While the hub removes what has failed, it says that nothing starts; then, why.
            assert not any(event.get("status") == 400 for event in events), events
            assert events, told.text
            return events

        return eventually(progress, SPAWN_S)

    def failed_line(self, user: str) -> str:
        """Return the one line of the progress page for a failed start; the hub's log has it too."""
        events = self.spawn(self.log_in(user), user)
        assert events[-1].get("failed"), events
        line = events[-1]["message"].removeprefix("Spawn failed: ")
        assert line in self.hub_log()
        assert "\n" not in line
        return line

    def client(self, session: requests.Session, user: str) -> Client:
        token = session.post(
            f"{self.url}/hub/api/users/{in_address(user)}/tokens", headers=xsrf(session), timeout=30
        )
        assert token.ok, token.text
        return Client(
            f"{self.url}/user/{in_address(user)}", token.json()["token"], self.certificate
        )

    def container(self, user: str) -> str:
        return f"{self.prefix}-{user}"

    def inside(self, user: str, *argv: str) -> Finished:
        return self.docker.try_("exec", self.container(user), *argv)

    def labctl(self, user: str) -> str:
        """Return the words of `labctl status` in a user's server."""
        return " ".join(self.inside(user, "labctl", "status").stdout.split())

    def stop_server(self, user: str) -> None:
        """Stop a user's server, and return once it has stopped."""
        session = self.log_in(user)

        def is_stopped() -> None:
            api = f"{self.url}/hub/api/users/{in_address(user)}/server"
            done = session.delete(api, headers=xsrf(session), timeout=60)
            assert done.status_code == 204, done.text  # 202: it is being stopped

        eventually(is_stopped, SPAWN_S)

    def revoke_token_of(self, user: str) -> None:
        """Take from a user's server the token that it has for the hub."""
        session = self.log_in(user)
        tokens = f"{self.url}/hub/api/users/{in_address(user)}/tokens"
        shown = session.get(tokens, headers=xsrf(session), timeout=30).json()["api_tokens"]
        (number,) = [one["id"] for one in shown if "Server at" in one["note"]]
        done = session.delete(f"{tokens}/{number}", headers=xsrf(session), timeout=30)
        assert done.ok, done.text

    def server_log(self, user: str) -> str:
        done = self.docker.try_("logs", self.container(user))
        return done.stdout + done.stderr

    def hub_log(self) -> str:
        done = self.docker.try_("logs", self.project.container_id("hub"))
        return done.stdout + done.stderr

    def wait_until_up(self) -> None:
        """Return once the hub answers."""

        def is_up() -> None:
            try:
                answer = requests.get(f"{self.url}/hub/health", timeout=5)
            except requests.RequestException as error:
                raise AssertionError(str(error)) from error
            assert answer.ok, answer.status_code

        eventually(is_up, SPAWN_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        everything = ("ps", "--all", "--quiet", "--filter", f"name={self.prefix}-")
        if containers := self.docker(*everything).split():
            self.docker("rm", "--force", *containers)
        # nginx is in a file of its own.
        self.project("down", "--volumes", "--timeout", "5", "--remove-orphans", "--rmi", "local")
        volumes = ("volume", "ls", "--quiet", "--filter", f"name={self.prefix}-")
        if names := self.docker(*volumes).split():
            self.docker("volume", "rm", "--force", *names)


def in_address(user: str) -> str:
    """Return a user's name as JupyterHub writes it in addresses, and routes by."""
    return quote(user, safe="@~")


def xsrf(session: requests.Session) -> dict[str, str]:
    """Return the header that the hub's API wants of a browser."""
    return {"X-XSRFToken": session.cookies.get("_xsrf", path="/hub/") or ""}

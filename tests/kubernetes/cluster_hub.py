"""deploy/kubernetes/hub in the cluster, started by the commands of its README."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import requests

from tests.container.deployed_hub import DeployedHub, in_address, xsrf
from tests.container.engine import CHECKOUT
from tests.kubernetes.cluster import READY_S, Namespace, must, tool
from tests.kubernetes.readme import Readme
from tests.polling import eventually

HUB_IMAGE = "labinit-hub:cluster-test"
SECTION = "A hub for many"


class ClusterHub(DeployedHub):
    """A hub from `install` to `close`: used through the same pages as that of Docker."""

    def __init__(self, image: str, directory: Path) -> None:
        self.certificate = None
        self.namespace = Namespace()
        names = {
            "labinit-hub:latest": HUB_IMAGE,
            "labinit:latest": image,
            "namespace hub": f"namespace {self.namespace.name}",
        }
        self.readme = Readme(directory, names)
        self._open = ExitStack()

    def install(self) -> None:
        """Do what the README says, up to the password and the address."""
        build, *commands, show_password, forward = self.readme.commands(SECTION)
        assert "port-forward service/proxy-public " in forward
        self.readme.run(build)
        must(tool("load", HUB_IMAGE))
        for command in commands:
            self.readme.run(command)
        self.password = self.readme.run(show_password)
        self._url = self._open.enter_context(self.namespace.client("proxy-public")).url

    @property
    def url(self) -> str:
        return self._url

    def log_in(self, user: str, password: str | None = None) -> requests.Session:
        return super().log_in(user, password or self.password)

    def hub_log(self) -> str:
        return self.namespace.log("deployment/hub")

    def server_log(self, user: str) -> str:
        return self.namespace.log(self.container(user))

    def container(self, user: str) -> str:
        """Return the name of a user's pod; "none" if there is none."""
        pods: list[dict[str, Any]] = json.loads(self.namespace("get", "pods", "--output", "json"))[
            "items"
        ]
        owner = "hub.jupyter.org/username"
        names = [
            pod["metadata"]["name"]
            for pod in pods
            if pod["metadata"].get("annotations", {}).get(owner) == user
        ]
        return names[0] if names else "none"

    def status(self, user: str) -> dict[str, Any]:
        """Return what `labctl status` says in a user's pod."""
        shown: dict[str, Any] = json.loads(
            self.namespace.sh("labctl status --json", self.container(user))
        )
        return shown

    def stop(self, user: str) -> None:
        session = self.log_in(user)
        api = f"{self.url}/hub/api/users/{in_address(user)}"
        done = session.delete(f"{api}/server", headers=xsrf(session), timeout=60)
        assert done.ok, done.text

        def is_stopped() -> None:
            assert not session.get(api, headers=xsrf(session), timeout=30).json()["servers"]
            assert self.container(user) == "none"

        eventually(is_stopped, READY_S)

    def reconfigure(self, lines: str) -> None:
        """Add lines to the hub's configuration in deploy/, as an administrator does."""
        text = (CHECKOUT / "deploy/kubernetes/hub/jupyterhub_config.py").read_text()
        (self.readme.folder / "hub/jupyterhub_config.py").write_text(f"{text}\n{lines}\n")
        self.apply()

    def apply(self) -> None:
        """Apply the files of the hub as they are now, and return once it answers."""
        for command in self.readme.commands(SECTION):
            if "apply" in command or "rollout" in command:
                self.readme.run(command)
        self.wait_until_up()

    def __enter__(self) -> Self:
        try:
            self.install()
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        self._open.close()
        self.namespace.close()

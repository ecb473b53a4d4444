"""deploy/swarm as it stands, on two real nodes, with a directory that both see in place of NFS."""

import uuid

import requests

from tests.commands import Finished, run_to_end
from tests.container.deployed_hub import PASSWORD, DeployedHub
from tests.container.engine import CHECKOUT, Engine
from tests.container.swarms import MANAGER, Node, Swarm
from tests.polling import eventually

# A third of the size of the image with all kernels: it has to get into two more engines.
IMAGE = "labinit-test-python"
HUB_IMAGE = "labinit-hub:test"
STACK, PREFIX = "lab", "lab-user"
UP_S, BUILD_S = 120, 900


def build_hub(docker: Engine) -> None:
    """Build the hub's image."""
    context = str(CHECKOUT / "deploy/hub")
    docker("build", "--quiet", "--tag", HUB_IMAGE, context, timeout=BUILD_S)


def build_image(docker: Engine) -> None:
    """Build the image with Python only, with the mirrors that `make test` was given."""
    command = ("make", "--directory", str(CHECKOUT), "image", "KERNELS=python", f"IMAGE={IMAGE}")
    done = run_to_end(command, docker.environ, timeout=BUILD_S)
    assert done.exit_code == 0, done


class DeployedSwarm(DeployedHub):
    """A hub on two nodes: what is done with a hub is done with it through the same pages."""

    def __init__(self, docker: Engine) -> None:
        self.prefix = PREFIX
        self.certificate = None
        build_hub(docker)
        build_image(docker)
        self.swarm = Swarm(docker, HUB_IMAGE, IMAGE)
        self.manager, self.worker = self.swarm.manager, self.swarm.worker
        # Everything that names a container or a service asks the manager.
        self.docker = self.manager
        try:
            self._deploy()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        return f"http://{MANAGER}:8000"

    def _deploy(self) -> None:
        for name in ("hub_password", "admin_password", "proxy_token"):
            secret = PASSWORD if name == "hub_password" else uuid.uuid4().hex
            self.manager("secret", "create", name, "-", input=secret)
        self.update_node("manager", "--label-add", "hub=true")
        env = {
            "IMAGE": IMAGE,
            "HUB_IMAGE": HUB_IMAGE,
            "DOCKER_SOCKET": str(self.manager.socket),
            "HOMES_TYPE": "none",
            "HOMES_OPTIONS": "bind",
            "HOMES_DEVICE": str(self.swarm.homes),
            "USER_MEMORY": "1G",
        }
        file = str(CHECKOUT / "deploy/swarm/stack.yaml")
        self.manager.environ.update(env)
        self.manager("stack", "deploy", "--compose-file", file, STACK)
        eventually(self._is_up, UP_S)

    def _is_up(self) -> None:
        try:
            answer = requests.get(f"{self.url}/hub/health", timeout=5)
        except requests.RequestException as error:
            raise AssertionError(f"{error}\n{self._state()}") from error
        assert answer.ok, f"{answer.status_code}\n{self._state()}"

    def _state(self) -> str:
        tasks = self.manager.try_("stack", "ps", "--no-trunc", STACK)
        return f"{tasks.stdout}\n{self.hub_log()[-3000:]}"

    def update_node(self, node: str, *options: str) -> None:
        """Update a node, again where the swarm has changed it ("update out of sequence")."""
        eventually(lambda: self.manager("node", "update", *options, node))

    def users_on(self, *nodes: str) -> None:
        """Let users' servers run on these nodes only."""
        for node in ("manager", "worker"):
            is_allowed = "true" if node in nodes else "false"
            self.update_node(node, "--label-add", f"lab={is_allowed}")

    def task(self, user: str) -> tuple[str, str]:
        """Return the node of a user's running task, and its state with its age."""
        shown = self.manager.try_(
            *("service", "ps", "--filter", "desired-state=running"),
            *("--format", "{{.Node}} {{.CurrentState}} {{.Error}}", self.container(user)),
        )
        node, _, state = shown.stdout.strip().partition(" ")
        return node, state

    def inside(self, user: str, *argv: str) -> Finished:
        node: Node = getattr(self.swarm, self.task(user)[0])
        label = f"label=com.docker.swarm.service.name={self.container(user)}"
        container = node("ps", "--quiet", "--filter", label)
        return node.try_("exec", container, *argv)

    def server_log(self, user: str) -> str:
        return self._service_log(self.container(user))

    def hub_log(self) -> str:
        return self._service_log(f"{STACK}_hub")

    def _service_log(self, service: str) -> str:
        done = self.manager.try_("service", "logs", "--raw", service)
        return done.stdout + done.stderr

    def close(self) -> None:
        self.swarm.close()

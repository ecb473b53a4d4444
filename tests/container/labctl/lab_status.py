"""What `labctl` says of a container, and the secrets that it must not say."""

import json
from typing import Any

from tests.container.running_container import READY_S, Container
from tests.polling import eventually

SECRET = "a-secret-nobody-may-see"
TOKEN = "token-of-the-test"


def status(container: Container, user: str = "") -> dict[str, Any]:
    return dict(json.loads(container.output("labctl", "status", "--json", user=user)))


def is_healthy(container: Container) -> str:
    done = container.exec(["labctl", "health"])
    assert done.exit_code == 0, done
    return done.stdout.strip()


def becomes_healthy(container: Container) -> str:
    return eventually(lambda: is_healthy(container), READY_S)

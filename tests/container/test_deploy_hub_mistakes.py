"""What a person can get wrong before the hub starts: `up` ends at once, with one line for each
mistake."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.container.deployed_hub import DeployedHub
from tests.container.engine import Engine

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def hub(docker: Engine, image: str, tmp_path: Path) -> Iterator[DeployedHub]:
    with DeployedHub(docker, image, tmp_path) as prepared:
        yield prepared


def test_each_wrong_setting_and_secret_is_one_line(hub: DeployedHub) -> None:
    (hub.directory / "secrets/hub_password").write_text("short\n")
    (hub.directory / "secrets/proxy_token").write_text("")
    wrong = {
        "IMAGE": "labinit-test:missing",
        "USER_MEMORY": "2GB",
        "USER_CPUS": "many",
        "USER_PROCESSES": "8",
        "USER_SHM": "0",
        "USER_SUDO": "yes",
        "USER_ACCOUNT": "root",
        "IDLE_SECONDS": "0.5",
    }
    lines = hub.refused(**wrong)
    for name, value in wrong.items():
        if name != "IMAGE":
            (line,) = [line for line in lines if name in line]
            assert f"'{value}'" in line
            assert "invalid value; give " in line
    assert sum("no image labinit-test:missing" in line for line in lines) == 1
    assert sum("secrets/hub_password has 5 of at least 8" in line for line in lines) == 1
    assert sum("secrets/proxy_token has 0 of at least 16" in line for line in lines) == 1
    assert len(lines) == len(wrong) + 2, lines


def test_who_may_log_in_has_to_be_known(hub: DeployedHub) -> None:
    (line,) = hub.refused(HUB_AUTHENTICATOR="githup")
    assert "github" in line
    assert "HUB_AUTHENTICATOR='githup'" in line
    (line,) = hub.refused(HUB_AUTHENTICATOR="native")
    assert "HUB_ADMINS is empty" in line


def test_without_a_secret_or_the_engines_socket_compose_says_so(hub: DeployedHub) -> None:
    missing = hub.directory / "no.sock"
    done = hub.try_up(DOCKER_SOCKET=str(missing))
    assert done.exit_code
    assert str(missing) in done.stderr
    assert not missing.exists()
    secret = hub.directory / "secrets/hub_password"
    secret.unlink()
    done = hub.try_up()
    assert done.exit_code
    assert str(secret) in done.stderr

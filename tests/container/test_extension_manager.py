"""JupyterLab's extension manager: what cannot work in the image says why."""

import pytest

from tests.container.containers import Containers
from tests.container.running_container import Container

TOKEN = "token-of-the-extension-test"
NOWHERE = "http://127.0.0.1:9/pypi"


@pytest.fixture(scope="module")
def lab(module_container: Containers) -> Container:
    expected = ["wrote error", r"ServerApp\] \{$", r"50[02] (GET|POST) /lab/api/extensions"]
    command = [f"--PyPIExtensionManager.base_url={NOWHERE}"]
    return module_container(
        {"JUPYTER_TOKEN": TOKEN}, command=command, expect_warnings=expected
    ).wait_ready()


def test_what_is_installed_is_listed_without_an_index(lab: Container) -> None:
    # Some releases write it with a hyphen.
    names = {
        found["name"].replace("-", "_") for found in lab.client().api("GET", "/lab/api/extensions")
    }
    assert "jupyterlab_pygments" in names


def test_an_index_that_cannot_be_searched_says_what_to_do(lab: Container) -> None:
    answer = lab.get("/lab/api/extensions?query=git")
    assert answer.status_code == 502
    assert "pip install NAME" in answer.json()["message"]


def test_an_extension_of_the_image_says_that_it_stays(lab: Container) -> None:
    request = {"cmd": "uninstall", "extension_name": "jupyterlab_pygments"}
    answer = lab.client().request("POST", "/lab/api/extensions", json=request)
    assert "belongs to the image" in answer.json()["message"]
    assert lab.exec(["test", "-d", "/opt/lab/share/jupyter/labextensions"]).exit_code == 0
    assert "Traceback" not in lab.logs()

"""Fixtures of the tests of labctl."""

import pytest

from tests.container.containers import Containers
from tests.container.engine import Volumes
from tests.container.labctl.lab_status import SECRET, TOKEN
from tests.container.running_container import Container


@pytest.fixture(scope="module")
def lab(module_container: Containers, module_volume: Volumes) -> Container:
    """The README's command line, with a memory limit and a notebook that has a kernel."""
    started = module_container(
        {"LABUID": "1000", "LABGID": "1000", "LABPASSWD": SECRET, "JUPYTER_TOKEN": TOKEN},
        {module_volume(): "/data"},
        ("--memory", "1g"),
    )
    started.wait_ready()
    notebook = {
        "path": "数据/a rather long name for a notebook.ipynb",
        "type": "notebook",
        "name": "x",
    }
    started.client().api("POST", "/api/sessions", json={**notebook, "kernel": {"name": "python3"}})
    return started

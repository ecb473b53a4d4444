"""Each language's notebook, cell by cell, through a real server.

What a cell has to do stands in its metadata:

`shows` a text · `displays` a MIME type · `fails` with a text · is `interrupted` while it loops,
with a text · is run in a
kernel `restarted`.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.container.containers import Containers
from tests.container.engine import Volumes
from tests.container.kernel_client import Cell, Kernel
from tests.container.log_warnings import CLIENT_LEFT
from tests.container.running_container import Container
from tests.polling import eventually

NOTEBOOKS = sorted((Path(__file__).parents[2] / "kernels").glob("*/*.ipynb"))
PATIENCE_S = 60


@pytest.fixture(scope="module")
def data(module_volume: Volumes) -> Path:
    return module_volume(1234, 1234)


@pytest.fixture(scope="module")
def lab(module_container: Containers, data: Path) -> Container:
    return module_container(volumes={data: "/data"}, expect_warnings=CLIENT_LEFT).wait_ready()


def test_there_is_a_notebook_for_each_kernel_of_the_image(lab: Container) -> None:
    covered = {json.loads(path.read_text())["metadata"]["kernelspec"]["name"] for path in NOTEBOOKS}
    found = lab.client().api("GET", "/api/kernelspecs")["kernelspecs"]
    names = {
        one["spec"]["metadata"].get("labinit", {}).get("alias_of", name)
        for name, one in found.items()
    }
    assert names <= covered


@pytest.mark.timeout(300)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_of_a_language_does_what_it_says(
    lab: Container, data: Path, path: Path
) -> None:
    notebook = json.loads(path.read_text())
    name = notebook["metadata"]["kernelspec"]["name"]
    lab.client().require_kernel(name)
    with lab.client().kernel(name) as kernel:
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                run(lab, kernel, data, "".join(cell["source"]), cell["metadata"]["labinit"])


def run(lab: Container, kernel: Kernel, data: Path, code: str, wanted: dict[str, Any]) -> None:
    if wanted.get("restarted"):
        lab.client().api("POST", f"/api/kernels/{kernel.id}/restart")
        kernel.reconnect()
    cell = (
        interrupt(lab, kernel, data, code) if "interrupted" in wanted else run_at_last(kernel, code)
    )
    if "displays" in wanted:
        assert any(wanted["displays"] in data for data in cell.results), (code, cell)
    elif "shows" in wanted:
        assert cell.status == "ok", (code, cell)
        assert wanted["shows"] in cell.text, (code, cell)
    else:
        # iracket fails with the status "ok".
        text = wanted["fails"] if "fails" in wanted else wanted["interrupted"]
        assert cell.status == "error" or cell.stderr, (code, cell)
        assert text in cell.text, (code, cell)


def run_at_last(kernel: Kernel, code: str) -> Cell:
    """Run a cell; again while it is turned away: tslab answers "abort" for 200 ms after an
    error."""

    def once() -> Cell:
        cell = kernel.run(code, PATIENCE_S)
        assert not cell.status.startswith("abort"), cell
        return cell

    return eventually(once, PATIENCE_S)


def interrupt(lab: Container, kernel: Kernel, data: Path, code: str) -> Cell:
    """Interrupt a cell once it says, with a file, that it loops, or is about to.

    Java's has to say so from within the loop: between two statements its kernel hears nothing.
    """
    mark = data / "looping"
    request = kernel.begin(code)

    def loops() -> None:
        assert mark.exists(), "the cell does not loop yet"

    eventually(loops, PATIENCE_S)
    mark.unlink()
    lab.client().api("POST", f"/api/kernels/{kernel.id}/interrupt")
    return kernel.finish(request, PATIENCE_S)

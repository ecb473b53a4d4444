"""What every container test stands on: an engine, the image, containers that clean up after
themselves, volumes."""

import os
import shutil
from collections.abc import Generator, Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.container import kernels_table
from tests.container.containers import Containers
from tests.container.engine import Engine, Volumes
from tests.container.kernel_client import Kernel
from tests.container.language import Language
from tests.container.languages import LANGUAGES
from tests.container.running_container import SESSION, Container


@pytest.fixture(scope="session")
def docker() -> Iterator[Engine]:
    engine = Engine()
    yield engine
    left = engine("ps", "--all", "--quiet", "--filter", f"label={SESSION}").split()
    if left:
        engine("rm", "--force", "--volumes", *left)


@pytest.fixture(scope="session")
def image(docker: Engine) -> str:
    """The image under test: LABINIT_IMAGE, else labinit:latest."""
    name = os.environ.get("LABINIT_IMAGE") or "labinit:latest"
    if docker.try_("image", "inspect", name).exit_code != 0:
        pytest.fail(f"there is no image {name}; run: make image")
    return name


@pytest.fixture
def container(docker: Engine, image: str, volume: Volumes) -> Iterator[Containers]:  # noqa: ARG001
    """Makes containers that last as long as the test."""
    containers = Containers(docker, image)
    yield containers
    containers.close()


@pytest.fixture(scope="module")
def module_container(
    docker: Engine,
    image: str,
    module_volume: Volumes,  # noqa: ARG001 - outlives them
) -> Iterator[Containers]:
    """Makes containers that last as long as the module, for tests that only look at them."""
    containers = Containers(docker, image, are_shared=True)
    yield containers
    containers.close()


@pytest.fixture
def volume(docker: Engine, image: str) -> Iterator[Volumes]:
    """Makes directories of the host, for containers to mount."""
    volumes = Volumes(docker, image)
    yield volumes
    volumes.remove_all()


@pytest.fixture(scope="module")
def module_volume(docker: Engine, image: str) -> Iterator[Volumes]:
    """The same, for containers of `module_container`."""
    volumes = Volumes(docker, image)
    yield volumes
    volumes.remove_all()


# For tests that run inside the image, which lacks pytest: all of it plain Python, so that ours
# will do for its interpreter.
PYTEST_PACKAGES = ("pytest", "pluggy", "iniconfig", "packaging", "pygments", "pytest-timeout")


@pytest.fixture(scope="session")
def installed_pytest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory with pytest, readable for everybody."""
    target = tmp_path_factory.mktemp("needed") / "packages"
    for name in PYTEST_PACKAGES:
        for file in distribution(name).files or []:
            if ".." not in file.parts and file.suffix != ".pyc":
                (target / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(file.locate()), target / file)
    yield target
    shutil.rmtree(target)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    kernels_table.note(item, report)
    if report.failed:
        for container in Containers.living:
            report.sections.append((f"log of {container.name}", container.logs()))
    return report


def pytest_sessionfinish() -> None:
    kernels_table.write()


@pytest.fixture(scope="module", params=LANGUAGES, ids=lambda language: language.kernel)
def language(request: pytest.FixtureRequest, lab: Container) -> Language:
    """Each language whose kernel the module's `lab` has."""
    language: Language = request.param
    lab.client().require_kernel(language.kernel)
    return language


@pytest.fixture(scope="module")
def kernel(lab: Container, language: Language) -> Iterator[Kernel]:
    """One kernel of the language for the whole module."""
    with lab.client().kernel(language.kernel) as kernel:
        yield kernel

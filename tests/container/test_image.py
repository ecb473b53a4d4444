"""What is in the image, and what is not: nothing that only the build needed."""

import json

import pytest

from tests.container.containers import Container, Containers
from tests.container.engine import Engine

# Where package managers and build tools keep what they need only once.
SCRATCH = ["/root", "/run", "/tmp", "/var/tmp", "/var/cache/apt", "/var/lib/apt/lists", "/var/log"]
# Debian's skeleton for root's home.
EXPECTED = {"/root/.bashrc", "/root/.profile"}
BUILD_PACKAGES = {
    "maven",
    "npm",
    "musl-tools",
    "locales",
    "make",
    "cmake",
    "g++",
    "clang",
    "python3-pip",
}


@pytest.fixture(scope="module")
def lab(module_container: Containers) -> Container:
    return module_container(command=["sleep", "infinity"])


@pytest.fixture(scope="module")
def kernels(lab: Container) -> set[str]:
    return set(json.loads(lab.output("jupyter", "kernelspec", "list", "--json"))["kernelspecs"])


def test_the_build_leaves_no_lists_caches_and_temporary_files(docker: Engine, image: str) -> None:
    found = docker(
        "run", "--rm", "--entrypoint=find", image, *SCRATCH, "-xdev", "-type", "f", "-size", "+0"
    )
    assert set(found.split()) - EXPECTED == set()


def test_what_only_the_build_needs_is_not_installed(lab: Container) -> None:
    installed = lab.output("dpkg-query", "--show", "--showformat", "${Package}\n").split()
    assert BUILD_PACKAGES & set(installed) == set()


def test_a_compiler_is_there_for_the_plugins_of_go_only(lab: Container, kernels: set[str]) -> None:
    assert (lab.exec(["which", "gcc"]).exit_code == 0) == ("go" in kernels)


def test_the_image_is_as_small_as_promised(docker: Engine, image: str, kernels: set[str]) -> None:
    megabytes = int(docker("image", "inspect", "--format", "{{.Size}}", image)) / 1e6
    assert megabytes < (450 if kernels == {"python3"} else 2600)

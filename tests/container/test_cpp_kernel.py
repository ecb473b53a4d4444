"""The C++ kernel's own tests, in the image, and its other source: a conda channel."""

import hashlib
import io
import json
import os
import re
import tarfile
from pathlib import Path

import pytest

from tests.commands import Finished
from tests.container.containers import Containers
from tests.container.engine import CHECKOUT, Engine, Volumes

OWN_TESTS = CHECKOUT / "kernels/cpp/tests"
PROGRAM = "/usr/local/lib/cpp-kernel/bin/cpp-engine"


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    "path", sorted(OWN_TESTS.glob("test_*.py")), ids=lambda path: path.stem.removeprefix("test_")
)
def test_the_kernels_own_tests_pass_for_an_unknown_user_on_a_read_only_root(
    container: Containers, installed_pytest: Path, path: Path
) -> None:
    if (
        container.run(
            ["test", "-x", PROGRAM], args=["--user=54321:0"], expect_warnings=[".*"]
        ).exit_code
        != 0
    ):
        pytest.skip("this image has no C++ kernel of ours: it was not chosen, or CXX_KERNEL was")
    done = container.run(
        ["python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"/tests/{path.name}"],
        env={"PYTHONPATH": "/needed", "PYTHONDONTWRITEBYTECODE": "1"},
        volumes={installed_pytest: "/needed:ro", OWN_TESTS: "/tests:ro"},
        args=["--user=54321:0", "--read-only", "--tmpfs=/tmp:exec", "--cap-drop=ALL"],
        expect_warnings=[".*"],
        timeout_s=1200,
    )
    assert done.exit_code == 0, done


def test_notebooks_find_their_kernel_and_the_launcher_has_one_card(container: Containers) -> None:
    """Upstream's names, this image's former ones, and a stylesheet that leaves C++17's card
    alone."""
    started = container().wait_ready()
    if started.exec(["test", "-x", PROGRAM]).exit_code != 0:
        pytest.skip("this image has no C++ kernel of ours: it was not chosen, or CXX_KERNEL was")
    specs = started.client().api("GET", "/api/kernelspecs")["kernelspecs"]
    names = {name for name, one in specs.items() if one["spec"]["language"] == "c++"}
    standards = {"11", "14", "17", "20", "23"}
    upstream = {f"xcpp{standard}" for standard in standards}
    assert names == upstream | {f"cpp{standard}" for standard in standards} | {"xcpp17-omp"}
    assert "custom/custom.css" in started.client().request("GET", "/lab").text
    style = started.client().request("GET", "/custom/custom.css").text
    hidden = set(re.findall(r'src\*="/kernelspecs/([^"/]+)/"', style))
    assert names - hidden == {"xcpp17"}
    icons = [name for name in names if "logo-svg" in specs[name]["resources"]]
    assert sorted(icons) == sorted(names), "the stylesheet knows a card by its icon"


NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": "one",
            "metadata": {},
            "outputs": [],
            "source": '#include "xcpp/xdisplay.hpp"\nxcpp::display(6 * 7);',
        }
    ],
    "metadata": {"kernelspec": {"display_name": "C++14", "language": "C++14", "name": "xcpp14"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def test_a_notebook_of_the_xeus_kernels_executes_without_a_question(
    container: Containers, volume: Volumes
) -> None:
    data = volume(1000, 1000)
    (data / "upstream.ipynb").write_text(json.dumps(NOTEBOOK))
    if container.run(["test", "-x", PROGRAM], expect_warnings=[".*"]).exit_code != 0:
        pytest.skip("this image has no C++ kernel of ours: it was not chosen, or CXX_KERNEL was")
    done = container.run(
        ["jupyter", "nbconvert", "--to=notebook", "--execute", "--stdout", "upstream.ipynb"],
        volumes={data: "/data"},
        timeout_s=120,
    )
    assert done.exit_code == 0, done
    output = json.loads(done.stdout)["cells"][0]["outputs"][0]
    assert "".join(output["data"]["text/plain"]) == "42"


# --- CXX_KERNEL
# ------------------------------------------------------------------------------------------

# The scripts that the Dockerfile's RUN lines call.
INSTALL = f"--volume={CHECKOUT}/kernels:/installers:ro", f"--volume={CHECKOUT}/image/build:/mnt:ro"
BUILD = (
    "mkdir /out && cd /out && /installers/cpp/install build >&2 && find usr/local/share -type f "
    "-exec cat {} +"
)


def installer(docker: Engine, image: str, script: str, *options: str) -> Finished:
    return docker.try_(
        "run", "--rm", *INSTALL, *options, "--entrypoint=sh", image, "-euc", script, timeout=600
    )


def test_an_unknown_cxx_kernel_ends_the_build_and_the_known_ones_are_named(
    docker: Engine, image: str
) -> None:
    choose = (
        "cd $(mktemp --directory) && /mnt/choose-kernels /installers python cpp && "
        "kernels/cpp/install packages"
    )
    done = installer(docker, image, choose, "--env=CXX_KERNEL=xeus")
    assert done.exit_code == 1, done
    assert done.stderr == (
        'CXX_KERNEL: unknown kernel "xeus"; known are: xeus-cling xeus-cpp, '
        "or nothing for our own\n"
    )


def test_a_kernel_from_a_conda_channel_is_installed_with_absolute_paths(
    docker: Engine, image: str, volume: Volumes
) -> None:
    channel = volume()
    write_channel(channel)
    script = f"{BUILD} && test -e opt/cxx/bin/xcpp"
    done = installer(
        docker, image, script, *from_channel("file:///channel"), f"--volume={channel}:/channel:ro"
    )
    assert done.exit_code == 0, done
    spec = json.loads(done.stdout)
    assert spec["argv"] == ["/opt/cxx/bin/xcpp", "-f", "{connection_file}", "-std=c++17"]
    assert spec["metadata"]["labinit"] == {
        "version": "xeus-cling 0.15.3",
        "cell": "6 * 7",
        "shows": "42",
    }


@pytest.mark.parametrize("reason", ["unreachable", "without the kernel"])
def test_a_channel_that_does_not_have_it_leaves_the_image_without_and_says_why(
    docker: Engine, image: str, volume: Volumes, reason: str
) -> None:
    channel = volume()
    write_channel(channel, package="something-else")
    address = "http://127.0.0.1:9/none" if reason == "unreachable" else "file:///channel"
    done = installer(
        docker, image, BUILD, *from_channel(address), f"--volume={channel}:/channel:ro"
    )
    assert done.exit_code == 0, done
    assert done.stdout.startswith(f"xeus-cling could not be had from {address}: "), done
    assert done.stdout.endswith(
        "; build again with CONDA_CHANNEL, without CXX_KERNEL, or from another network\n"
    ), done


def from_channel(address: str) -> list[str]:
    """Return the options for a build from a channel; pip's index is that of the image's own
    build."""
    index = os.environ.get("PIP_INDEX_URL")
    return [
        "--env=CXX_KERNEL=xeus-cling",
        f"--env=CONDA_CHANNEL={address}",
        *([f"--env=PIP_INDEX_URL={index}"] if index else []),
    ]


def package_files(index: dict[str, object]) -> dict[str, str]:
    """Return path → text of a conda package, built as conda-forge's are: it names the place it was
    built at."""
    built_at = "/built/at/" + "_placehold" * 20
    argv = [f"{built_at}/bin/xcpp", "-f", "{connection_file}", "-std=c++17"]
    files = {
        "bin/xcpp": "",
        "share/jupyter/kernels/xcpp17/kernel.json": json.dumps(
            {"argv": argv, "display_name": "C++17", "language": "C++17"}
        ),
    }
    paths = [
        {
            "_path": path,
            "path_type": "hardlink",
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
            "size_in_bytes": len(text),
            **({"prefix_placeholder": built_at, "file_mode": "text"} if built_at in text else {}),
        }
        for path, text in files.items()
    ]
    return files | {
        "info/index.json": json.dumps(index),
        "info/paths.json": json.dumps({"paths": paths, "paths_version": 1}),
    }


def write_channel(channel: Path, package: str = "xeus-cling") -> None:
    """Make a conda channel with one package."""
    index: dict[str, object] = {
        "name": package,
        "version": "0.15.3",
        "build": "0",
        "build_number": 0,
        "depends": [],
        "subdir": "noarch",
    }
    path = channel / "noarch" / f"{package}-0.15.3-0.tar.bz2"
    path.parent.mkdir()
    with tarfile.open(path, "w:bz2") as archive:
        for name, text in package_files(index).items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    repodata = {
        "info": {"subdir": "noarch"},
        "packages": {path.name: index | {"sha256": checksum, "size": path.stat().st_size}},
        "packages.conda": {},
        "repodata_version": 1,
    }
    (path.parent / "repodata.json").write_text(json.dumps(repodata))

"""Python's packages are the user's: other versions of what the server has, and the server keeps its
own."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.container.containers import Containers
from tests.container.engine import Volumes
from tests.container.kernel_client import Kernel
from tests.container.running_container import Container

# Packages of the server, which all start with it. The newer ones are the server's own under another
# number: no index has newer ones for long; so high that requests, too, has certifi from there.
OLDER = {
    "six": "1.16.0",
    "jinja2": "3.1.4",
    "packaging": "24.2",
    "requests": "2.32.3",
    "idna": "3.7",
    "certifi": "2024.2.2",
    "tornado": "6.4.2",
    "pyzmq": "26.4.0",
}
NEWER = {
    "six": "9999.0",
    "jinja2": "9999.0",
    "packaging": "9999.0",
    "requests": "9999.0",
    "certifi": "9999.0",
}
# Runs in the container: repacks what is installed as a wheel of version 9999.0.
REPACK = """
import sys, zipfile
from importlib.metadata import distribution
for name in sys.argv[1:]:
    found = distribution(name)
    own = found.version
    with zipfile.ZipFile(f"{name}-9999.0-py3-none-any.whl", "w") as wheel:
        for file in found.files:
            path = str(file)
            left_out = (".pyc", "RECORD", "INSTALLER", "direct_url.json", "REQUESTED")
            if ".." in path or path.endswith(left_out):
                continue
            text = file.locate().read_bytes()
            if path.endswith("METADATA"):
                text = text.replace(f"\\nVersion: {own}\\n".encode(), b"\\nVersion: 9999.0\\n", 1)
            folder = f"{name}-9999.0.dist-info"
            inside = folder + "/" + path.split("/")[-1] if ".dist-info/" in path else path
            wheel.writestr(inside, text)
        wheel.writestr(f"{name}-9999.0.dist-info/RECORD", "")
"""
VERSIONS = """
import importlib, json, sys
from importlib.metadata import version
found = {}
for name in sys.argv[1].split():
    module = importlib.import_module({"pyzmq": "zmq"}.get(name, name))
    found[name] = [version(name), module.__file__]
print(json.dumps(found))
"""
ALL = " ".join(OLDER)


@pytest.fixture(scope="module")
def data(module_volume: Volumes) -> Path:
    return module_volume(1000, 1000)


@pytest.fixture(scope="module")
def lab(module_container: Containers, data: Path) -> Container:
    return module_container(
        volumes={data: "/data"}, expect_warnings=["Nudge: attempt"]
    ).wait_ready()


@pytest.fixture
def kernel(lab: Container) -> Iterator[Kernel]:
    with lab.client().kernel() as kernel:
        yield kernel


def versions(lab: Container, python: str) -> dict[str, tuple[str, str]]:
    """Return what an interpreter gets: version and file."""
    found = lab.output(python, "-c", VERSIONS, ALL, user="lab")
    return {name: (version, file) for name, (version, file) in json.loads(found).items()}


def install(kernel: Kernel, *words: str) -> None:
    done = kernel.run(f"%pip install --quiet {' '.join(words)}", 180)
    assert done.status == "ok", done
    # What pip says of the lab's packages that want others is no failure of it.
    assert "Will not install" not in done.text, done
    assert "Cannot install" not in done.text, done
    assert "No matching distribution" not in done.text, done


def assert_server_is_untouched(lab: Container, before: dict[str, tuple[str, str]]) -> None:
    assert versions(lab, "/opt/lab/bin/python") == before
    lab.restart().wait_ready()
    assert lab.output("labctl", "health") is not None
    assert lab.get("/lab").status_code == 200
    pid = lab.output("pgrep", "--full", "--oldest", "jupyter-lab")
    loaded = lab.output("cat", f"/proc/{pid}/maps", user="lab")
    assert "/opt/lab/" in loaded
    assert ".local/lib" not in loaded
    assert lab.run_cell("6 * 7").text == "42"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("direction", ["older", "newer"])
def test_another_version_of_the_servers_packages_is_the_users_and_not_the_servers(
    lab: Container, kernel: Kernel, direction: str
) -> None:
    before = versions(lab, "/opt/lab/bin/python")
    wanted = OLDER if direction == "older" else NEWER
    if direction == "newer":
        lab.output(
            "sh",
            "-c",
            f"cd /data && /opt/lab/bin/python -c '{REPACK}' {' '.join(NEWER)}",
            user="lab",
        )
    install(
        kernel, "--find-links=/data", *(f"{name}=={version}" for name, version in wanted.items())
    )
    users = versions(lab, "/opt/notebook/bin/python")
    assert {name: users[name][0] for name in wanted} == wanted
    assert all(users[name][1].startswith("/home/lab/.local/") for name in wanted), users
    assert_server_is_untouched(lab, before)


@pytest.mark.timeout(600)
def test_what_needs_another_version_brings_it(lab: Container, kernel: Kernel, data: Path) -> None:
    before = versions(lab, "/opt/lab/bin/python")
    make_wheel(data, "wants_old_six", requires="six==1.15.0")
    install(kernel, "--find-links=/data", "wants_old_six")
    assert versions(lab, "/opt/notebook/bin/python")["six"][0] == "1.15.0"
    assert_server_is_untouched(lab, before)


def test_pip_by_docker_exec_is_the_users(lab: Container, data: Path) -> None:
    make_wheel(data, "by_exec")
    lab.output(
        "pip", "install", "--quiet", "--no-index", "--find-links=/data", "by_exec", user="lab"
    )
    assert lab.run_cell("import by_exec; by_exec.__file__").text.startswith("'/home/lab/.local/")
    lab.output("pip", "install", "--quiet", "six==1.16.0", user="lab")
    assert versions(lab, "/opt/notebook/bin/python")["six"][0] == "1.16.0"
    assert "/opt/lab/" in lab.output("pip", "--version")


def test_an_extension_of_the_users_appears(lab: Container, data: Path) -> None:
    package = json.dumps(
        {
            "name": "hello",
            "version": "1.0.0",
            "jupyterlab": {
                "extension": True,
                "_build": {"load": "static/remoteEntry.js", "extension": "./extension"},
            },
        }
    )
    files = {"hello-1.0.data/data/share/jupyter/labextensions/hello/package.json": package}
    make_wheel(data, "hello", files=files)
    done = lab.terminal("pip install --quiet --no-index --find-links=/data hello")
    assert done.exit_code == 0, done.output
    assert "hello" in {one["name"] for one in lab.client().api("GET", "/lab/api/extensions")}
    assert lab.get("/lab/extensions/hello/package.json").ok


def make_wheel(
    directory: Path, name: str, requires: str = "", files: dict[str, str] | None = None
) -> None:
    """Make a wheel by hand: nothing is fetched for it."""
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    metadata += f"Requires-Dist: {requires}\n" if requires else ""
    content = {
        f"{name}.py": "",
        f"{name}-1.0.dist-info/METADATA": metadata,
        f"{name}-1.0.dist-info/WHEEL": (
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
        f"{name}-1.0.dist-info/RECORD": "",
        **(files or {}),
    }
    with zipfile.ZipFile(directory / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        for path, text in content.items():
            wheel.writestr(path, text)

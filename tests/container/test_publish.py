"""What is published: the image by `make push`, to a registry of the test's own, and the documents
as a site."""

import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
import requests

from tests.commands import Finished, run_to_end
from tests.container.compose import build_tools
from tests.container.engine import CHECKOUT, Engine
from tests.container.running_container import SESSION
from tests.container.swarms import Node, eventually_removed, why_not
from tests.polling import eventually

CONFIG = (
    "version: 0.1\nstorage: {filesystem: {rootdirectory: /tmp/registry}}\nhttp: {addr: ':5000'}\n"
)
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
# Without languages, unless some are asked for: theirs are layers like the others, and three
# quarters of the time.
KERNELS = os.environ.get("KERNELS", "python")
MOST_BYTES_OF_AN_UPDATE = 2_000_000
BUILD_S = 800 if KERNELS == "python" else 3600

pytestmark = pytest.mark.timeout(BUILD_S + 100)


class Registry(NamedTuple):
    """A registry in a container."""

    container: str
    address: str

    def layers(self, tag: str) -> dict[str, int]:
        """Return digest → bytes of the compressed layers of a tag, lowest first."""
        url = f"http://{self.address}/v2/me/labinit/manifests/{tag}"
        manifest = requests.get(url, headers={"Accept": MANIFEST}, timeout=5).json()
        return {layer["digest"]: layer["size"] for layer in manifest["layers"]}


@pytest.fixture(scope="module")
def registry(docker: Engine) -> Iterator[Registry]:
    """An empty one."""
    name = f"labinit-test-{uuid.uuid4().hex[:12]}"
    serve = f"printf '%s' \"{CONFIG}\" >/tmp/config.yml; exec docker-registry serve /tmp/config.yml"
    options = ("--detach", "--name", name, "--label", SESSION, "--publish", "127.0.0.1::5000")
    docker("run", *options, build_tools(docker), "sh", "-c", serve)
    try:
        address = docker("port", name, "5000/tcp").splitlines()[0]

        def answers() -> None:
            try:
                assert requests.get(f"http://{address}/v2/", timeout=5).ok
            except requests.ConnectionError as error:
                raise AssertionError(docker("logs", name)) from error

        eventually(answers)
        yield Registry(name, address)
    finally:
        docker("rm", "--force", "--volumes", name)


def push(docker: Engine, image: str, *settings: str, checkout: Path = CHECKOUT) -> Finished:
    command = ("make", "push", f"IMAGE={image}", f"KERNELS={KERNELS}", *settings)
    environ = docker.environ | {"PATH": os.environ["PATH"]}
    return run_to_end(command, environ, cwd=checkout, timeout=BUILD_S)


@pytest.fixture(scope="module")
def pushed(docker: Engine, image: str, registry: Registry) -> Iterator[str]:  # noqa: ARG001 - its cache
    """The name of what `make push` has pushed."""
    name = f"{registry.address}/me/labinit:1.2.3"
    try:
        done = push(docker, name)
        assert done.exit_code == 0, done
        yield name
    finally:
        docker.try_("rmi", name)


def test_one_command_builds_and_pushes(docker: Engine, registry: Registry, pushed: str) -> None:
    assert registry.layers("1.2.3")
    label = '{{index .Config.Labels "org.opencontainers.image.version"}}'
    assert re.fullmatch(r"\d+\.\d+\.\d+", docker("inspect", "--format", label, pushed))


# --- an update is small


@pytest.fixture
def builder(docker: Engine, registry: Registry) -> Iterator[Node]:
    """An engine that has built nothing yet; the registry is its own 127.0.0.1:5000."""
    if reason := why_not():
        pytest.skip(reason)
    pid = docker("inspect", "--format", "{{.State.Pid}}", registry.container)
    with TemporaryDirectory(prefix="labinit-test-", ignore_cleanup_errors=True) as directory:
        network = ("nsenter", f"--net=/proc/{pid}/ns/net")
        node = Node(docker, "builder", Path(directory, "builder"), network)
        try:
            node.start()
            node.load(docker, os.environ.get("BASE") or "debian:trixie-slim")
            yield node
        finally:
            node.kill()
            eventually_removed(node)


def test_a_changed_line_is_built_from_the_last_release_and_a_small_download(
    builder: Node, registry: Registry, pushed: str, tmp_path: Path
) -> None:
    copy_checkout(tmp_path)
    with (tmp_path / "labinit/boot.py").open("a") as file:
        file.write(f"# {uuid.uuid4()}\n")
    name = "127.0.0.1:5000/me/labinit"
    last = f"CACHE_FROM={name}:{pushed.rpartition(':')[2]}"
    done = push(builder, f"{name}:1.2.4", last, checkout=tmp_path)
    assert done.exit_code == 0, done
    before, after = registry.layers("1.2.3"), registry.layers("1.2.4")
    new = {digest: size for digest, size in after.items() if digest not in before}
    assert 0 < sum(new.values()) < MOST_BYTES_OF_AN_UPDATE, new
    # An engine that knows a layer by those below it, too, fetches all that follow a new one.
    alike = len(after) - len(new)
    assert list(after)[:alike] == list(before)[:alike]
    # Not because the builder has made the same once more.
    assert "requirements.lock" not in steps_run(done.stderr), done


def copy_checkout(target: Path) -> None:
    """Copy what git knows of it, as it is now."""
    listed = run_to_end(["git", "ls-files", "-z"], cwd=CHECKOUT).stdout
    for path in filter(None, listed.split("\0")):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / path, target / path)


def steps_run(log: str) -> str:
    """Return the commands of a build that were not taken from a cache."""
    titles = dict(re.findall(r"^#(\d+) (\[.*)$", log, re.MULTILINE))
    cached = set(re.findall(r"^#(\d+) CACHED$", log, re.MULTILINE))
    return "\n".join(title for number, title in titles.items() if number not in cached)


def packages(docker: Engine, image: str) -> str:
    """Return Debian's packages in an image, with their versions."""
    return docker("run", "--rm", "--network=none", "--entrypoint=dpkg-query", image, "--show")


def test_another_engine_makes_the_same_layers(
    docker: Engine, builder: Node, registry: Registry, pushed: str
) -> None:
    name = "127.0.0.1:5000/me/labinit:1.2.5"
    done = push(builder, name)
    assert done.exit_code == 0, done
    before, after = (list(registry.layers(tag)) for tag in ("1.2.3", "1.2.5"))
    if packages(docker, pushed) != packages(builder, name):
        # Debian has updated one in between. JupyterLab, Python's kernel and labinit come after.
        before, after = before[-4:], after[-4:]
    else:
        # An engine that has built the stage `base` twice writes it in another way: decision 32.
        before[2] = after[2] = ""
    assert before == after


# --- what is refused, and the site


def test_an_image_without_a_registry_is_refused_before_it_is_built(docker: Engine) -> None:
    done = push(docker, "labinit:1.2.3")
    assert done.exit_code != 0
    assert "names no registry to push to; run: make push IMAGE=HOST/NAME:TAG" in done.stderr


def test_the_documents_become_a_site_in_which_every_link_leads_somewhere() -> None:
    done = subprocess.run(
        ["tools/site"], cwd=CHECKOUT, text=True, capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr

"""What the build fetches, over a network that drops every third connection, without anything in a
cache.

Each client as the Dockerfile's RUN lines call it: the same scripts, locks and retries.
"""

from collections.abc import Iterator

import pytest

from tests.container.containers import Containers
from tests.container.engine import CHECKOUT, Engine
from tests.container.flaky_proxy import FlakyProxy, flaky_proxy

MOUNTS = {"image/build": "/mnt", "kernels": "/installers", "image/build.lock": "/build.lock"}
PIP = (
    "/mnt/retry /opt/lab/bin/pip install --no-cache-dir --only-binary :all: --require-hashes "
    "--target /tmp/backend"
)
INSTALL = (
    "rm -rf /usr/local/share/jupyter/kernels /usr/local/lib/scala-kernel /usr/local/lib/js-kernel;"
    " mkdir /again && cd /again && /installers/{}/install build"
)
FETCHES = {
    "apt": "/mnt/apt-install tree",
    "pip": f"{PIP} --requirement /build.lock",
    "npm": INSTALL.format("typescript"),
    "go": (
        "cp -r /installers/go /tmp && cd /tmp/go && GOPATH=/tmp/modules /mnt/retry go mod download"
    ),
    "maven": INSTALL.format("scala"),
}


@pytest.fixture
def proxy(docker: Engine) -> Iterator[FlakyProxy]:
    bridge = docker.bridge()
    with flaky_proxy(bridge) as started:
        yield started


@pytest.mark.timeout(600)
@pytest.mark.parametrize("client", FETCHES)
def test_what_the_build_fetches_arrives_over_a_bad_network(
    container: Containers, docker: Engine, proxy: FlakyProxy, client: str
) -> None:
    volumes = {str(CHECKOUT / here): f"{there}:ro" for here, there in MOUNTS.items()}
    started = container(volumes=volumes, command=["sleep", "infinity"])
    if client == "maven":
        started.output("sh", "-c", "/installers/scala/install tools | xargs /mnt/apt-install")
    elif client == "go":
        started.output("sh", "-c", "/installers/go/install tools | xargs /mnt/apt-install")
    elif client == "npm" and started.exec(["which", client]).exit_code != 0:
        pytest.skip(f"this image has no {client}: its kernel was not chosen")

    host, port = proxy.server_address[:2]
    # Java does not look at the variables.
    java = f"-Dhttps.proxyHost={host!s} -Dhttps.proxyPort={port} -Dmaven.resolver.transport=wagon"
    environ = {"http_proxy": proxy.url, "https_proxy": proxy.url, "MAVEN_OPTS": java}
    options = [f"--env={name}={value}" for name, value in environ.items()]
    done = docker.try_("exec", *options, started.name, "sh", "-c", FETCHES[client], timeout=600)
    assert done.exit_code == 0, done
    assert proxy.dropped >= 1, "the client has gone past the proxy"
    # A third, but for the last ones: a drop that is owed may find no connection any more.
    assert proxy.served <= 3 * proxy.dropped, "less than a quarter was dropped"
    print(f"{proxy.dropped} of {proxy.dropped + proxy.served} connections dropped")

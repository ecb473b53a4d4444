"""Makes containers of the image under test, judges them by their log, and removes them."""

import os
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tests.commands import Finished
from tests.container.engine import CHECKOUT, Engine
from tests.container.log_warnings import missing_warnings, unexpected_warnings
from tests.container.running_container import SESSION, Container

# Path on the host, or name, → path inside. A mapping of one kind of key is one of both nowhere
# else.
Mounts = Mapping[Path, str] | Mapping[str, str] | Mapping[Path | str, str]


class Containers:
    """Makes containers, remembers them, and at the end holds each to its log."""

    # Those that exist now, for the report of a test that fails.
    living: list[Container] = []  # noqa: RUF012 - one to the session, on purpose

    def __init__(self, docker: Engine, image: str, *, are_shared: bool = False) -> None:
        self._docker = docker
        self._image = image
        # Which tests of a module run is up to whoever runs them, so what they provoke may be
        # missing.
        self._are_shared = are_shared
        self._made: list[Container] = []

    def __call__(
        self,
        env: Mapping[str, str] | None = None,
        volumes: Mounts | None = None,
        args: Sequence[str] = (),
        command: Sequence[str] = (),
        *,
        image: str = "",
        port: int = 8080,
        expect_warnings: Sequence[str] = (),
    ) -> Container:
        """Start a container in the background; `port` inside is published on a free port of
        127.0.0.1.

        `volumes` are path on the host (or name) → path inside, which may end in ":ro". `args` go to
        `docker run`. `expect_warnings` are expressions: warnings they do not match fail the test,
        and so does one that matches none.
        """
        publish = () if "--network=host" in args else ("--publish", f"127.0.0.1::{port}")
        container = self._container(env or {}, port, expect_warnings)
        options = self._options(container, env or {}, volumes or {}, (*publish, *args))
        self._docker("run", "--detach", *options, image or self._image, *command)
        return container

    def run(
        self,
        command: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        volumes: Mounts | None = None,
        args: Sequence[str] = (),
        *,
        image: str = "",
        stdin: str = "",
        expect_warnings: Sequence[str] = (),
        timeout_s: float = 120,
    ) -> Finished:
        """Run a container in the foreground to its end; what it leaves behind is in `last`."""
        container = self._container(env or {}, 8080, expect_warnings)
        options = self._options(container, env or {}, volumes or {}, args)
        return self._docker.try_(
            "run", *options, image or self._image, *command, input=stdin, timeout=timeout_s
        )

    @property
    def last(self) -> Container:
        """The container made last."""
        return self._made[-1]

    def close(self) -> None:
        """Remove all of them. Raises: AssertionError, for warnings nobody expected."""
        problems = ""
        for container in reversed(self._made):
            log = container.logs()
            container.remove()
            self.living.remove(container)
            lines = unexpected_warnings(log, container.expect_warnings)
            lines += [] if self._are_shared else missing_warnings(log, container.expect_warnings)
            if lines:
                problems += (
                    f"unexpected warnings of {container.name}:\n"
                    + "\n".join(lines)
                    + f"\nin its log:\n{log}"
                )
        self._made.clear()
        assert not problems, problems

    def _container(
        self, env: Mapping[str, str], port: int, expect_warnings: Sequence[str]
    ) -> Container:
        name = f"labinit-test-{uuid.uuid4().hex[:12]}"
        container = Container(
            self._docker, name, port, env.get("JUPYTER_TOKEN", ""), tuple(expect_warnings)
        )
        self._made.append(container)
        self.living.append(container)
        return container

    def _options(
        self,
        container: Container,
        env: Mapping[str, str],
        volumes: Mounts,
        args: Sequence[str],
    ) -> list[str]:
        return [
            *("--name", container.name, "--label", SESSION, "--pull", "never"),
            *(f"--env={name}={value}" for name, value in env.items()),
            *(f"--volume={host}:{inside}" for host, inside in (*volumes.items(), *_source())),
            *args,
        ]


def _source() -> Iterable[tuple[Path, str]]:
    """With LABINIT_SOURCE=1, the checkout is tested in an image that was built before the latest
    change."""
    if os.environ.get("LABINIT_SOURCE"):
        yield CHECKOUT / "labinit", "/opt/lab/lib/python3.13/site-packages/labinit:ro"

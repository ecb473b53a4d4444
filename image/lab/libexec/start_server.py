#!/opt/lab/bin/python3
"""Starts the server its name says, as that command in bin/ does, in a third of the time.

Every effect is on this one process: kernels and terminals are processes of their own. Why, and
until when: docs/decisions/0010-start-of-the-server.md in the sources.
"""

import gc

# Loading makes objects and next to no garbage, and the collector would look at all of them again
# and again.
gc.disable()

import importlib  # noqa: E402
import importlib.metadata  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
from contextlib import contextmanager  # noqa: E402
from importlib.machinery import ModuleSpec, PathFinder  # noqa: E402
from importlib.util import LazyLoader  # noqa: E402
from types import ModuleType  # noqa: E402
from typing import TYPE_CHECKING, Any  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_MAINS = {"jupyter-lab": "jupyterlab.labapp", "jupyterhub-singleuser": "jupyterhub.singleuser"}

# Imported at start, used in few servers, and only by attribute: loaded at the first one.
_LAZY = {"sqlalchemy", "jupyterhub.orm", "jupyterhub.roles"}

# Package → the module of it that something stands in for, until the package itself is imported.
_STAND_INS = {"sqlalchemy": "sqlalchemy.exc", "jupyterhub.handlers": "jupyterhub.handlers.pages"}


class Present:
    """Loads a module that has been loaded already."""

    @staticmethod
    def create_module(spec: ModuleSpec) -> ModuleType:
        """Return it."""
        return sys.modules[spec.name]

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        """Do nothing."""


class LazyFinder:
    """Finds the modules of `_LAZY`, so that importing them costs nothing until they are used."""

    @staticmethod
    def find_spec(
        name: str, path: "Sequence[str] | None" = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where the module is, with a loader that waits."""
        if isinstance(sys.modules.get(_STAND_INS.get(name, "")), StandIn):
            del sys.modules[_STAND_INS[name]]  # the package wants its own
        # A package that waits is loaded when a module of it is imported, and may have imported that
        # one by then. But the import system has looked before, and would make a second one. (A
        # reload has a target.)
        is_present = target is None and name in sys.modules and name.rpartition(".")[0] in _LAZY
        spec = PathFinder.find_spec(name, path, target) if is_present or name in _LAZY else None
        if spec and is_present:
            spec.loader = Present  # type: ignore[assignment]
        elif spec and spec.loader:
            spec.loader = LazyLoader(spec.loader)
        return spec


class StandIn(ModuleType):
    """Stands in for a module of which one name is taken, until anything else is asked of it."""

    def __getattr__(self, name: str) -> Any:
        """Return what the module itself has under this name."""
        if name == "__path__":  # asked for by each `from … import`
            raise AttributeError(name)
        return getattr(load(self), name)


def load(stand_in: ModuleType) -> ModuleType:
    """Return the module that `stand_in` stands in for, and give it its place."""
    name = stand_in.__name__
    if sys.modules.get(name) is stand_in:
        del sys.modules[name]
    return importlib.import_module(name)


def make_iri_check() -> StandIn:
    """Return a stand-in for `rfc3987_syntax`, whose import takes 0.7 s to make a grammar of IRIs.

    jsonschema imports it for two formats that no schema of Jupyter's uses. A schema that does waits
    at its first IRI.
    """
    module = StandIn("rfc3987_syntax")
    if spec := PathFinder.find_spec(module.__name__):
        module.__path__ = spec.submodule_search_locations or []

    def is_valid_syntax(term: str, value: str) -> bool:
        return bool(load(module).is_valid_syntax(term, value))

    module.is_valid_syntax = is_valid_syntax  # type: ignore[attr-defined]
    return module


def make_hub_pages() -> StandIn:
    """Return a stand-in for `jupyterhub.handlers.pages`, which brings pages and a database.

    jupyterhub.log imports it to log the hub's health checks less loudly; a single-user server has
    none to answer.
    """
    module = StandIn("jupyterhub.handlers.pages")
    module.HealthCheckHandler = type("HealthCheckHandler", (), {})  # type: ignore[attr-defined]
    return module


def make_database_errors() -> StandIn:
    """Return a stand-in for `sqlalchemy.exc`, which brings all of sqlalchemy.

    jupyterhub.utils imports it for an `except` in handlers of the hub, which a single-user server
    has none of.
    """
    module = StandIn("sqlalchemy.exc")
    module.SQLAlchemyError = type("SQLAlchemyError", (Exception,), {})  # type: ignore[attr-defined]
    return module


class EntryPointCache:
    """Reads the entry points of all packages once, and again when one has come or gone.

    Asking for one group reads them all, and the page's menu of exporters asks 28 times.
    """

    def __init__(self) -> None:
        self._read: Callable[[], Any] = importlib.metadata.entry_points  # 3.11 has another type
        self._path_times: list[tuple[str, int]] = []
        self._entry_points = importlib.metadata.EntryPoints()

    def __call__(self, **params: Any) -> importlib.metadata.EntryPoints:
        """Return those that match, as `importlib.metadata.entry_points` does."""
        path_times = [(path, _time_of(path)) for path in sys.path]
        if path_times != self._path_times:
            self._entry_points = self._read()
            self._path_times = path_times
        return self._entry_points.select(**params)


def _time_of(path: str) -> int:
    try:
        return os.stat(path or ".").st_mtime_ns
    except OSError:
        return 0


def prepare() -> None:
    """Make the modules wait that no start needs, and read entry points once."""
    importlib.metadata.entry_points = EntryPointCache()  # type: ignore[assignment]  # has overloads
    sys.meta_path.insert(0, LazyFinder)
    for module in (make_iri_check(), make_hub_pages(), make_database_errors()):
        sys.modules[module.__name__] = module


@contextmanager
def without_node() -> "Iterator[None]":
    """Keep JupyterLab's import from asking yarn where a build of its page gets packages from.

    Only a build wants to know, and the server does not build. Without node on the path it does not
    ask.
    """
    path = os.environ.get("PATH")
    os.environ["PATH"] = os.path.dirname(__file__)
    try:
        yield
    finally:
        if path is None:
            del os.environ["PATH"]
        else:
            os.environ["PATH"] = path


@contextmanager
def without_aiodns() -> "Iterator[None]":
    """Keep aiohttp from asking aiodns for addresses: it asks the system, as everything else does.

    c-ares, which aiodns stands on, keeps an answer as long as that allows, and Docker's allow 600
    s: for so long, a server would look for a hub that was replaced where the old one was.
    """
    sys.modules["aiodns"] = None  # type: ignore[assignment]  # an import of it fails
    try:
        yield
    finally:
        del sys.modules["aiodns"]


def find_main(name: str) -> "Callable[[], object]":
    """Return the function that the command called `name` runs."""
    prepare()
    with without_node(), without_aiodns():
        importlib.import_module("jupyterlab.labapp")  # which a hub's server does later
        main: Callable[[], object] = importlib.import_module(_MAINS[name]).main
    # What is loaded by now lives as long as the process; a look at it would cost more than the
    # collector was spared.
    gc.freeze()
    gc.enable()
    return main


if __name__ == "__main__":
    sys.exit(find_main(os.path.basename(sys.argv[0]))())  # type: ignore[arg-type]

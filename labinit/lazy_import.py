"""Modules that are loaded when they are first used, because a boot never uses them."""

import sys
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType


# Not importlib's own recipe, which puts the module into sys.modules beforehand: `import` then asks
# it for its __spec__, and that loads it.
class _Finder:
    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(
        self, name: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> ModuleSpec | None:
        """Return where the module is, with a loader that waits."""
        spec = PathFinder.find_spec(name, path, target) if name == self._name else None
        if spec and spec.loader:
            spec.loader = LazyLoader(spec.loader)
        return spec


def import_lazily(name: str) -> None:
    """Have a module loaded at the first attribute asked of it, or when it is imported again."""
    sys.meta_path.insert(0, _Finder(name))

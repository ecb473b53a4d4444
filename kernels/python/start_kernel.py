"""Starts ipykernel with less work before the first cell.

Changes nothing that a cell can see, but that the directory of the notebook is not searched before
ipykernel has been imported, and that half a surrogate pair is sent, as U+FFFD.
"""

import gc

# Imports make objects and next to no garbage, and the collector would look at all of them again and
# again.
gc.disable()

import importlib  # noqa: E402
import os  # noqa: E402
import site  # noqa: E402
import sys  # noqa: E402
from importlib.util import find_spec  # noqa: E402
from types import ModuleType  # noqa: E402
from typing import Any  # noqa: E402

_DEBUGGER = "ipykernel.debugger"


class Debugger:
    """Stands in for ipykernel's until a front end wants it: debugpy is a quarter of the start."""

    def __init__(self, *args: Any) -> None:
        self._args = args
        self._real: Any = None
        self._loaded: Any = None

    def _load(self) -> Any:
        if self._real is None:
            sys.modules.pop(_DEBUGGER, None)
            self._real = importlib.import_module(_DEBUGGER).Debugger(*self._args)
            if self._loaded is not None:
                self._loaded.set()
        return self._real

    async def handle_stopped_event(self) -> None:
        """Wait for an event of the debugger's. The kernel calls it in a loop from its start on."""
        if self._real is None:
            from asyncio import Event  # noqa: PLC0415

            self._loaded = Event()
            await self._loaded.wait()
        await self._real.handle_stopped_event()

    async def process_request(self, message: dict[str, Any]) -> Any:
        """Answer a message of the debug protocol."""
        return await self._load().process_request(message)

    def __getattr__(self, name: str) -> Any:
        """Return what only the real one has."""
        return getattr(self._load(), name)


def load_debugger_on_demand() -> None:
    """Put the stand-in where ipykernel looks. Without debugpy, leave ipykernel to find that out."""
    if find_spec("debugpy"):
        module: Any = ModuleType(_DEBUGGER)
        module.Debugger = Debugger
        module._is_debugpy_available = True  # noqa: SLF001
        sys.modules[_DEBUGGER] = module


def search_the_users_directories() -> None:
    """Let cells import what lies beside the notebook, and what pip will install for the user.

    Behind the standard library. ipykernel does the first, but not with -P (IPython's init_path);
    Python the second, if the directory is there at the start.
    """
    names = [os.path.basename(path) for path in sys.path]
    packages = [at for at, name in enumerate(names) if name in {"site-packages", "dist-packages"}]
    users = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
    missing = [path for path in users if path not in sys.path]
    at = packages[0] if packages else len(sys.path)
    sys.path[at:at] = ["", *missing]


def send_halves_of_surrogate_pairs() -> None:
    """Have each message be sent: text that is no UTF-8 would have the page wait for ever."""
    from jupyter_client.session import Session  # noqa: PLC0415

    pack: Any = Session.pack.default_value

    def pack_any_text(message: Any) -> bytes:
        try:
            return bytes(pack(message))
        except UnicodeEncodeError:
            import json  # noqa: PLC0415

            from jupyter_client.jsonutil import json_default  # noqa: PLC0415

            text = json.dumps(message, default=json_default, ensure_ascii=False)
            return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()

    Session.pack.default_value = pack_any_text


def main() -> None:
    """Run the kernel until it is shut down."""
    load_debugger_on_demand()
    from ipykernel import kernelapp  # noqa: PLC0415

    send_halves_of_surrogate_pairs()
    search_the_users_directories()
    gc.freeze()
    gc.enable()
    kernelapp.launch_new_instance()


if __name__ == "__main__":
    main()

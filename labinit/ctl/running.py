"""What runs here: the program that labinit has become, and where its server answers.

`labctl health` imports this module: standard library only, and as little of it as possible.
"""

import json
import os
import stat

from labinit import boot_report
from labinit.quick import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from labinit.boot_report import BootReport
    from labinit.plan.steps import Identity


class Running(NamedTuple):
    """The program and where it keeps its files."""

    directory: str
    report: "BootReport"

    @property
    def identity(self) -> "Identity":
        """Who the program runs as."""
        from labinit.plan.steps import Identity  # noqa: PLC0415 - not every command needs it

        who: dict[str, Any] = {**self.report["identity"]}
        # Whatever the boot was started as: labctl itself may be root, who is to become that user.
        who["is_inherited"] = False
        return Identity(**who | {"groups": tuple(who["groups"])})


class Server(NamedTuple):
    """Where the server answers. Shape: `base` begins and ends with a slash, and is encoded."""

    host: str
    port: int
    base: str
    is_secure: bool


_TIMEOUT_S = 4
_MAX_FILE_BYTES = 1 << 16
_MAX_ANSWER_BYTES = 1 << 20
# What stands in an address as it is; "%" for what is encoded already. Source: RFC 3986.
_PLAIN = "/%:@!$&'()*+,;=~"
_EVERYWHERE = {"", "*", "0.0.0.0", "localhost"}  # noqa: S104 - what a server says of itself


def find_running(environ: "Mapping[str, str]") -> Running | None:
    """Return the program that runs, None if none does: not yet, or no longer."""
    report = boot_report.read(environ.get("JUPYTER_RUNTIME_DIR", ""))
    return Running(*report) if report else None


def listens_since(running: Running) -> float | None:
    """Return when the server wrote down where it listens, in seconds since 1970, or None."""
    try:
        status = os.lstat(_server_file(running))
    except OSError:
        return None
    return status.st_mtime if stat.S_ISREG(status.st_mode) else None


def find_server(running: Running, environ: "Mapping[str, str]") -> Server:
    """Return where the server answers: as it says, else as the hub asked, else as labinit asked."""
    server = _read_json(_server_file(running))
    port, host, base = (server.get(name) for name in ("port", "hostname", "base_url"))
    # `type`: True is an int, too. The file is the user's, and may hold anything.
    if type(port) is int and 0 < port < 65536 and isinstance(host, str) and isinstance(base, str):
        return Server(_reachable(host), port, _with_slashes(base), bool(server.get("secure")))
    hubs = server_at(environ.get("JUPYTERHUB_SERVICE_URL", ""))
    return hubs or Server("127.0.0.1", running.report["port"], "/", is_secure=False)


def server_at(url: str) -> Server | None:
    """Return the server that an address with a port names, None for anything else."""
    scheme, _, rest = url.partition("://")
    address, _, path = rest.partition("/")
    host, _, port = address.rpartition(":")
    if not port.isdecimal():
        return None
    return Server(_reachable(host), int(port), _with_slashes(path), scheme == "https")


def address_of(server: Server) -> str:
    """Return the address of the server as seen from inside the container."""
    host = f"[{server.host}]" if ":" in server.host else server.host
    return f"{'https' if server.is_secure else 'http'}://{host}:{server.port}{server.base}"


def get(server: Server, path: str, token: str = "") -> "tuple[int, Any]":
    """Return status and JSON (or None) of a request, past proxies; certificates are not checked.

    Raises: OSError, http.client.HTTPException; ValueError, for what is no address or too long an
    answer.
    """
    # A third of the time that `labctl health` takes.
    from http.client import HTTPConnection  # noqa: PLC0415

    connection = HTTPConnection(server.host, server.port, timeout=_TIMEOUT_S)
    if server.is_secure:
        connection = _secure(server)
    try:
        headers = {"Authorization": f"token {token}"} if token else {}
        connection.request("GET", server.base + path, headers=headers)
        response = connection.getresponse()
        content = response.read(_MAX_ANSWER_BYTES + 1)
    finally:
        connection.close()
    if len(content) > _MAX_ANSWER_BYTES:
        raise ValueError("it answers with more than 1 MiB")
    try:
        return response.status, json.loads(content)
    except (ValueError, RecursionError):
        return response.status, None


def _server_file(running: Running) -> str:
    # Source: jupyter_server, ServerApp.info_file.
    return f"{running.directory}/jupyter/jpserver-{running.report['pid']}.json"


def _secure(server: Server) -> "Any":
    import ssl  # noqa: PLC0415 - 10 ms that most servers here have no use for
    from http.client import HTTPSConnection  # noqa: PLC0415

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # The certificate is for the name that users know, not for the address it has in here.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return HTTPSConnection(server.host, server.port, timeout=_TIMEOUT_S, context=context)


def _reachable(host: str) -> str:
    host = host.strip("[]")
    if host in _EVERYWHERE:
        return "127.0.0.1"
    return "::1" if host == "::" else host


def _with_slashes(path: str) -> str:
    from urllib.parse import quote  # noqa: PLC0415 - http.client brings it

    return quote(f"/{path.strip('/')}/".replace("//", "/"), safe=_PLAIN, errors="replace")


def _read_json(path: str) -> "dict[str, Any]":
    """Return the object in a file of the user's, {} for anything else that may be there."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            content = json.loads(file.read(_MAX_FILE_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}

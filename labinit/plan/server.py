"""The server's argv and environment. Pure: what they depend on is passed in."""

from __future__ import annotations

from labinit.layout import PAGE_NAME, SHELL
from labinit.settings.sources import is_port, secret_variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labinit.plan.steps import Plan
    from labinit.settings.load import Settings

# What hubs and other images call the server.
_SERVER_NAMES = {
    *("lab", "start-singleuser.sh", "start-singleuser.py"),
    *("start-notebook.sh", "start-notebook.py", "jupyterhub-singleuser"),
}
_HUB_TOKEN = "JUPYTERHUB_API_TOKEN"  # noqa: S105 - the name of a variable


def without_wrapper(command: Sequence[str]) -> Sequence[str]:
    """Return the command less the start script of docker-stacks, whose work labinit does."""
    has_wrapper = bool(command) and command[0].rpartition("/")[2] == "start.sh"
    return command[1:] if has_wrapper else command


def is_server_command(command: Sequence[str]) -> bool:
    """Tell whether the command means the server: none, one of its names, or options for it."""
    return not command or command[0] in _SERVER_NAMES or command[0].startswith("-")


def is_hub(environ: Mapping[str, str]) -> bool:
    """Tell whether a JupyterHub has started this container."""
    return bool(environ.get(_HUB_TOKEN))


def make_argv(
    command: Sequence[str], plan: Plan, environ: Mapping[str, str], settings: Settings
) -> tuple[str, ...]:
    """Return what to execute for the container's command.

    Flags beat a hub's variables and the user's own configuration, so there are only those that
    nothing else can give.
    """
    if not is_server_command(command):
        return tuple(command)
    arguments = settings.arguments.split() if settings.arguments else ()
    arguments += tuple(command[1:] if command and command[0] in _SERVER_NAMES else command)
    flags: tuple[str, ...] = ("--allow-root",) if plan.identity.uid == 0 else ()
    if is_hub(environ):
        return (f"{plan.server_commands}/jupyterhub-singleuser", *flags, *arguments)
    # An empty token switches the login off. Source: jupyter_server, IdentityProvider.token.
    if settings.auth == "none":
        flags += ("--IdentityProvider.token=",)
    return (f"{plan.server_commands}/jupyter-lab", *flags, *arguments)


def make_environment(environ: Mapping[str, str], settings: Settings, plan: Plan) -> dict[str, str]:
    """Return the environment of all the user runs: the container's, less secrets, plus his."""
    identity = plan.identity
    unset = {name.strip() for name in (settings.unset or "").split(",")}
    dropped = {*secret_variables(settings.known), *unset, "JUPYTER_PORT"}
    # A hub says which port; a Kubernetes service link says what the server cannot read.
    if is_hub(environ) and is_port(environ.get("JUPYTER_PORT", "")):
        dropped.remove("JUPYTER_PORT")
    result = {name: value for name, value in environ.items() if name not in dropped}
    result |= {"HOME": identity.home, "USER": identity.user, "LOGNAME": identity.user}
    result["SHELL"] = SHELL
    path, own = environ.get("PATH", ""), f"{identity.home}/.local/bin"
    result["PATH"] = path if own in path.split(":") else f"{own}:{path}".rstrip(":")
    # Off the user's volumes: after a SIGKILL, what lies there describes a server that is gone.
    result["JUPYTER_RUNTIME_DIR"] = f"{plan.run_directory}/jupyter"
    if plan.names:
        # Source: nss_wrapper(1).
        libraries = (environ.get("LD_PRELOAD"), plan.names.library)
        result["LD_PRELOAD"] = ":".join(filter(None, libraries))
        result["NSS_WRAPPER_PASSWD"] = f"{plan.run_directory}/passwd"
        result["NSS_WRAPPER_GROUP"] = f"{plan.run_directory}/group"
    if is_hub(environ):
        return result
    result["JUPYTER_PORT"] = str(settings.port)
    if plan.token_path is not None:
        result["JUPYTER_TOKEN_FILE"] = plan.token_path
    if settings.page_password and settings.auth == "token":
        # The first of these directories wins over the user's own. Source: jupyter_core.paths.
        page, others = f"{plan.run_directory}/{PAGE_NAME}", environ.get("JUPYTER_CONFIG_PATH", "")
        result["JUPYTER_CONFIG_PATH"] = f"{page}:{others}".rstrip(":")
    return result


def address(argv: Sequence[str], settings: Settings) -> str:
    """Return the page's address, by the server's options and the settings, from inside."""
    port = _option(argv, "ServerApp.port") or _option(argv, "port") or str(settings.port)
    base = _option(argv, "ServerApp.base_url") or _option(argv, "NotebookApp.base_url")
    is_secure = any(_option(argv, f"ServerApp.{name}") for name in ("certfile", "keyfile"))
    path = "/".join(filter(None, (*base.split("/"), "lab")))
    return f"http{'s' if is_secure else ''}://localhost:{port}/{path}"


def _option(argv: Sequence[str], name: str) -> str:
    """Return a server option's last value, "" if it is not given: --NAME=VALUE or --NAME VALUE."""
    value = ""
    for word, following in zip(argv, (*argv[1:], ""), strict=True):
        if word.startswith(f"--{name}="):
            value = word.partition("=")[2]
        elif word == f"--{name}":
            value = following
    return value

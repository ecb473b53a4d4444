"""Finds variables that look like settings and are none: typos, other images' names. Pure."""

from __future__ import annotations

from labinit.errors import Notice
from labinit.settings.sources import file_variables, is_port

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from labinit.settings.secret import Secret
    from labinit.settings.sources import Schema

# What Kubernetes and `docker run --link` say of a service called lab, labinit or the like.
_SERVICE_LINK = r"LAB[A-Z0-9]*_(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_\d+_.+)?|NAME)"
# Names of Jupyter's own that are near to one of ours. Source: jupyter_server, jupyter_core.
_JUPYTERS = {"JUPYTER_PATH", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"}
_HOOKS = "write a hook: /etc/labinit.d/boot, see docs/hooks.md"
# What other images understand and this one does not, and the way here. Source:
# jupyter-docker-stacks "Common features", linuxserver.io "Customizing our containers".
_FOREIGN = {
    "GEN_CERT": "put a proxy with TLS in front, see docs/proxy.md, or give --ServerApp.certfile",
    "CHOWN_EXTRA": _HOOKS,
    "CHOWN_EXTRA_OPTS": "remove it: the walk never follows links and never leaves the volume",
    "CHOWN_HOME_OPTS": "remove it: the home is given to the lab user with all that is in it",
    "DOCKER_STACKS_JUPYTER_CMD": "give the command behind the image, as in: IMAGE jupyter notebook",
    "RESTARTABLE": "start the container with --restart unless-stopped",
    "SUDO_PASSWORD": "set LABPASSWD or LABPASSWD_FILE",
    "SUDO_PASSWORD_HASH": "set LABPASSWD_HASH or LABPASSWD_HASH_FILE",
    "SUDO_ACCESS": "set LABPASSWD, or LABSUDO=nopasswd",
    "HASHED_PASSWORD": "set LABPASSWD_HASH, or JUPYTER_PASSWORD for the page",
    "DISABLE_AUTH": "set LABAUTH=none, behind a proxy that asks who it is",
    "UMASK_SET": "set LABUMASK",
    "DOCKER_MODS": "build an image FROM this one, see docs/upgrading.md",
}
# Values with which they mean what happens here anyway.
_HARMLESS = {"", "no", "false", "0", "lab"}
# Units: characters, below which whoever reaches the port tries all.
_LONG_ENOUGH = 5
# How near a name has to be to one of ours, where it does not begin like one.
_NEAR = 0.9


def about_names(environ: Mapping[str, str], schema: Schema) -> Iterable[Notice]:
    """Yield a notice for each variable that is no setting and looks like one."""
    yield from _guess_typos(environ, schema)
    for name, remedy in _FOREIGN.items():
        if environ.get(name, "").lower() not in _HARMLESS:
            yield Notice(f"{name} is a setting of other images and does nothing here", remedy)
    port = environ.get("JUPYTER_PORT", "")
    if port and not is_port(port):
        yield Notice(
            f"JUPYTER_PORT={port} is not a port and is dropped",
            "set enableServiceLinks: false in the pod",
        )


def about_token(token: Secret | None) -> Iterable[str]:
    """Yield notices about a valid token, such as a short one; they never contain it."""
    text = token.get_secret_value() if token else ""
    if text and len(text) < _LONG_ENOUGH:
        yield (
            f"JUPYTER_TOKEN has {len(text)} {'characters' if text[1:] else 'character'}, which"
            " are guessed soon: `openssl rand -hex 24` makes one that is not"
        )
    if any(not (char.isalnum() or char in "-._~") for char in text):
        yield (
            "JUPYTER_TOKEN has characters that mean something else in an address: type it into"
            " the login page, or write them after ?token= as % and two digits, such as %26 for &"
        )


def _guess_typos(environ: Mapping[str, str], schema: Schema) -> Iterable[Notice]:
    known = {*schema.names, *schema.aliases, *file_variables(schema)}
    ours = known - {"HOME", "PATH", "TZ"}
    suspects = [name for name in environ if _may_be_ours(name, ours) and name not in known]
    if not suspects:
        return
    import difflib  # noqa: PLC0415 - it brings re, and most have nothing to guess
    import re  # noqa: PLC0415

    for name in sorted(suspects):
        if re.fullmatch(_SERVICE_LINK, name):
            continue
        nearness = 0.75 if name.startswith("LAB") else _NEAR
        near = difflib.get_close_matches(name.upper(), sorted(ours), 1, nearness)
        if near:
            yield Notice(f"{name} is not a setting of labinit", f"did you mean {near[0]}?")
        elif name.startswith("LAB"):
            hint = "remove it, or see the README for those there are"
            yield Notice(f"{name} is not a setting of labinit", hint)


def _may_be_ours(name: str, ours: set[str]) -> bool:
    """Tell whether a name may be a typo of a setting: it shares most letters with one."""
    upper = name.upper()
    if name.startswith("LAB") or upper in ours:
        return True
    if name in _JUPYTERS or name in _FOREIGN or len(name) < 6:
        return False
    letters = set(upper)
    return any(abs(len(name) - len(own)) <= 2 and len(letters ^ set(own)) <= 3 for own in ours)

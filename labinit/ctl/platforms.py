"""Who started this container and where: a hub, Swarm, Kubernetes; and its volumes.

Each platform is a function that returns what it knows, by the names that `labctl status` shows, and
nothing where the container is not on it. Reads only, and returns nothing secret.
"""

from __future__ import annotations

import os
from http.client import HTTPException
from typing import TYPE_CHECKING, NamedTuple

from labinit.ctl.running import get, server_at
from labinit.facts.files import find_mounts, read_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from labinit.facts.files import Mount

# Source: Kubernetes, "Accessing the Kubernetes API from a Pod".
_NAMESPACE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
_REFUSED = {401, 403}
_OK = 200
# With less, hardly a notebook can be saved.
_FULL_BYTES = 1 << 20


def find_platforms(environ: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return what is known of each platform that the container is on; "problem" is one to solve."""
    everything = {name: find(environ).items() for name, find in PLATFORMS.items()}
    known = {name: {fact: it for fact, it in facts if it} for name, facts in everything.items()}
    return {name: facts for name, facts in known.items() if facts}


class Words(NamedTuple):
    """What an engine calls the options that forbid sudo, and how it runs a command inside."""

    user: str = "--user"
    no_new_privileges: str = "no-new-privileges"
    read_only: str = "--read-only"
    remedy: str = "start it without"
    execute: str = "docker exec NAME"


_POD = Words(
    user="runAsUser",
    no_new_privileges="allowPrivilegeEscalation: false",
    read_only="readOnlyRootFilesystem",
    remedy="deploy/kubernetes has a pod with sudo",
    execute="kubectl exec NAME --",
)
_PODMAN = Words("--user or --userns=keep-id", execute="podman exec NAME")


def words_of(environ: Mapping[str, str]) -> Words:
    """Return the words of the engine that runs this container. Swarm's are Docker's."""
    if "KUBERNETES_SERVICE_HOST" in environ:
        return _POD
    return _PODMAN if environ.get("container") == "podman" else Words()


def _hub(environ: Mapping[str, str]) -> dict[str, str]:
    token = environ.get("JUPYTERHUB_API_TOKEN")
    if not token:
        return {}
    api = environ.get("JUPYTERHUB_API_URL", "")
    return {
        "user": environ.get("JUPYTERHUB_USER", ""),
        "server": environ.get("JUPYTERHUB_SERVER_NAME", ""),
        "api": api,
        "problem": _problem_with(api, token),
    }


def _problem_with(api: str, token: str) -> str:
    """Return what is wrong between this server and its hub, "" if nothing is."""
    hub = server_at(api)
    if hub is None:
        return "JUPYTERHUB_API_URL is no address with a port"
    try:
        status, _ = get(hub, "user", token)
    except (OSError, HTTPException, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        return (
            f"the hub does not answer ({why}): this server goes on, and nobody can log in until the"
            " hub is back; see the hub's log"
        )
    if status in _REFUSED:
        return (
            "the hub does not accept this server's token (expired, or of another hub); stop the"
            " server on the hub's page and start it again"
        )
    return "" if status == _OK else f"the hub answers with {status}; see its log"


def _kubernetes(environ: Mapping[str, str]) -> dict[str, str]:
    # A pod learns its node and, without a service account, its namespace from its manifest alone.
    if "KUBERNETES_SERVICE_HOST" not in environ:
        return {}
    return {
        "namespace": environ.get("POD_NAMESPACE") or (read_text(_NAMESPACE) or "").strip(),
        "pod": environ.get("HOSTNAME", ""),
        "node": environ.get("NODE_NAME", ""),
    }


def _swarm(environ: Mapping[str, str]) -> dict[str, str]:
    # A task learns all of it from the templates of its stack file alone: docs/labctl.md.
    names = {"service": "SWARM_SERVICE", "task": "SWARM_TASK", "node": "SWARM_NODE"}
    return {fact: environ.get(name, "") for fact, name in names.items()}


PLATFORMS: dict[str, Callable[[Mapping[str, str]], dict[str, str]]] = {
    "hub": _hub,
    "swarm": _swarm,
    "kubernetes": _kubernetes,
}


def find_volumes(paths: Collection[str], mountinfo: str | None = None) -> dict[str, str]:
    """Return what is mounted at each path: a volume's name, what it lies on, and if it is full.

    An engine's own volume is the directory NAME/_data.
    """
    mounts = find_mounts(mountinfo)
    return {path: _volume(path, mounts.get(path)) for path in paths}


def _volume(path: str, mount: Mount | None) -> str:
    if mount is None:
        return "no volume: what is here goes with the container"
    name = mount.source if mount.root == "/" else mount.root
    if mount.root.endswith("/_data"):
        name = mount.root.split("/")[-2]
    return f"{name} ({mount.filesystem}){_fullness(path)}"


def _fullness(path: str) -> str:
    try:
        space = os.statvfs(path)
    except OSError:  # not the caller's to see
        return ""
    if space.f_flag & os.ST_RDONLY or not space.f_blocks:
        return ""
    is_full = space.f_bavail * space.f_frsize < _FULL_BYTES
    return ", full: nothing can be saved; delete files with rm in a terminal" if is_full else ""

"""A pod for each user: KubeSpawner, with one line for whatever keeps a server from starting.

Changes nothing of what is spawned.
"""

import json
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import aiohttp
from hub_settings import one_line
from kubernetes_asyncio.client.rest import ApiException
from kubespawner import KubeSpawner
from labinit_hub import NotStarted, OneLine, refuse_foreign

Pod = Mapping[str, Any]

_FORBIDDEN, _NOT_FOUND = 403, 404
_OWNER = "hub.jupyter.org/username"

# Why a container waits that no waiting will help. Source: kubelet, pkg/kubelet/images/types.go and
# pkg/kubelet/kuberuntime. A first ErrImagePull may be a registry that is busy: it is tried again,
# and the second failure is called ImagePullBackOff.
_HOPELESS = {
    "CreateContainerConfigError",
    "CreateContainerError",
    "ErrImageNeverPull",
    "ImageInspectError",
    "ImagePullBackOff",
    "InvalidImageName",
    "RunContainerError",
}


class _NoManifests(logging.Filter):
    """Keeps out of the log what a refused pod is made of: its environment has the server's token.

    Why it was refused is in the one line. Source: kubespawner/spawner.py, `pod.to_str()`.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        is_manifest = record.funcName in {
            "_make_create_pod_request",
            "_make_create_resource_request",
        }
        return record.levelno < logging.ERROR or not is_manifest


_NO_MANIFESTS = _NoManifests()


def waits_in_vain(pod: Pod) -> str:
    """Return why a pod will never run, "" if it may. Pure."""
    for container in pod["status"].get("containerStatuses") or ():
        waiting = container["state"].get("waiting") or {}
        if waiting.get("reason") in _HOPELESS:
            return f"{waiting['reason']}: {waiting.get('message') or 'the cluster says no more'}"
    return ""


def no_room_for(pod: Pod) -> str:
    """Return why no node takes a pod, "" if one does. Pure.

    Not from the events: KubeSpawner leaves out all that came before the last one of an earlier pod,
    which the cluster may still change.
    """
    for condition in pod.get("status", {}).get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return condition.get("message") or ""
    return ""


def exit_code(pod: Pod) -> int | None:
    """Return how the server has ended, also if it was started again, None if it has not. Pure."""
    for container in pod["status"].get("containerStatuses") or ():
        for state in (container["state"], container.get("lastState") or {}):
            if state.get("terminated"):
                return int(state["terminated"]["exitCode"])
    return None


class PodSpawner(OneLine, KubeSpawner):
    """KubeSpawner, with one line for each failure. Its progress page shows the cluster's events."""

    engine_errors = (ApiException, aiohttp.ClientError)
    progress = KubeSpawner.progress
    # Set while a server starts: until then a restart of the container is a failed start.
    _deadline: float | None = None

    def explain(self, error: Exception) -> object:
        """Return the cluster's own words."""
        with suppress(AttributeError, ValueError, TypeError, KeyError):
            return json.loads(error.body)["message"]  # type: ignore[attr-defined]
        if getattr(error, "status", None) == _FORBIDDEN:  # of a watch, which comes without words
            return (
                "Forbidden: the role `hub` does not let the hub see pods and events; apply hub.yaml"
            )
        return super().explain(error)

    async def before_start(self) -> None:
        """Refuse the volume claim of somebody else. Raises: NotStarted."""
        self.log.addFilter(_NO_MANIFESTS)  # once, however often
        name, user = self.pvc_name, self.user.name
        try:
            claim = await self.api.read_namespaced_persistent_volume_claim(name, self.namespace)
        except ApiException as error:
            if error.status == _NOT_FOUND:
                return
            raise
        owner = (claim.metadata.annotations or {}).get(_OWNER, user)
        refuse_foreign(f"volume claim {name}", owner, user, f"kubectl describe pvc {name}")

    async def start(self) -> Any:
        """Return where the server listens, once it does. Raises: NotStarted."""
        # Before the hub's own deadline, which would only say "timeout".
        self._deadline = time.monotonic() + 0.9 * self.start_timeout
        try:
            return await super().start()
        finally:
            self._deadline = None

    def is_pod_running(self, pod: Pod | None) -> bool:
        """Tell whether to wait no longer: it runs, or has ended already. Raises: NotStarted."""
        if self._deadline is not None:
            if pod and exit_code(pod) is not None:
                return True
            if pod and (why := waits_in_vain(pod)):
                raise NotStarted(f"no container for {self.user.name}: {one_line(why)}")
            if time.monotonic() > self._deadline:
                raise NotStarted(self._why_so_long())
        return bool(super().is_pod_running(pod))

    async def poll(self) -> int | None:
        """Return how the server has ended, None while it runs."""
        if self._deadline is not None and (pod := self._pod()):
            code = exit_code(pod)
            if code is not None:
                return code
        status: int | None = await super().poll()
        return status

    async def server_log(self) -> str:
        """Return the end of the server's log; of the first one, where it was started again."""
        container = next(
            iter((self._pod() or {}).get("status", {}).get("containerStatuses") or ()), {}
        )
        log = await self.api.read_namespaced_pod_log(
            self.pod_name,
            self.namespace,
            container="notebook",
            tail_lines=200,
            previous=bool(container.get("restartCount")),
        )
        return str(log)

    def _pod(self) -> Pod | None:
        pods = self.pod_reflector.pods if self.pod_reflector else {}
        pod: Pod | None = pods.get(f"{self.namespace}/{self.pod_name}")
        return pod

    def _why_so_long(self) -> str:
        warnings = [event["message"] for event in self.events if event["type"] == "Warning"]
        last = warnings[-1] if warnings else "the cluster says no more"
        why = no_room_for(self._pod() or {}) or last
        problem = f"no container for {self.user.name} within {0.9 * self.start_timeout:.0f} s"
        return f"{problem}: {one_line(why)}"

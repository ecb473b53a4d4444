"""The real cluster of tools/kubernetes, and what a test does in a namespace of it."""

import json
import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.commands import Finished
from tests.container.engine import CHECKOUT
from tests.container.jupyter import Client
from tests.polling import eventually

TOOL = CHECKOUT / "tools/kubernetes/cluster"
DEPLOY = CHECKOUT / "deploy/kubernetes"
TOKEN = "token-of-the-cluster-test"
# On two busy cores; most take three seconds.
READY_S = 180

Objects = list[dict[str, Any]]


def tool(*arguments: str, timeout_s: float = 300) -> Finished:
    """Run the cluster's own tool."""
    done = subprocess.run(
        [TOOL, *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        timeout=timeout_s,
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def kubectl(*arguments: str, given: str | None = None, timeout_s: float = READY_S + 30) -> Finished:
    """Run kubectl to its end, however it ends."""
    done = subprocess.run(
        [TOOL, "kubectl", *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        input=given or "",
        timeout=timeout_s,
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def must(done: Finished) -> str:
    assert done.exit_code == 0, str(done)
    return done.stdout.strip()


def rendered(overlay: str) -> Objects:
    """Return what `kubectl apply --kustomize` of a folder of deploy/kubernetes applies."""
    return list(yaml.safe_load_all(must(kubectl("kustomize", str(DEPLOY / overlay)))))


def only(kind: str, objects: Objects) -> dict[str, Any]:
    """Return the one object of a kind."""
    (found,) = [one for one in objects if one["kind"] == kind]
    return found


class Namespace:
    """One namespace, until `close`."""

    def __init__(self) -> None:
        self.name = f"test-{uuid.uuid4().hex[:8]}"
        self.token = TOKEN

    def create(self, standard: str) -> None:
        """Create it; pods have to keep to this pod security standard."""
        must(kubectl("create", "namespace", self.name))
        must(
            kubectl(
                *("label", "namespace", self.name, f"pod-security.kubernetes.io/enforce={standard}")
            )
        )
        # Without it no pod is admitted.
        eventually(lambda: self("get", "serviceaccount", "default"))

    def __call__(self, *arguments: str, **options: Any) -> str:
        """Return what `kubectl ARGUMENTS` prints; it has to succeed."""
        return must(self.try_(*arguments, **options))

    def try_(self, *arguments: str, **options: Any) -> Finished:
        return kubectl("--namespace", self.name, *arguments, **options)

    def apply(self, objects: Objects) -> None:
        self("apply", "--filename", "-", given=yaml.safe_dump_all(objects))

    def pod(self, name: str = "lab-0") -> dict[str, Any]:
        """Return what the cluster says of a pod."""
        return dict(json.loads(self("get", "pod", name, "--output", "json")))

    def exec(self, *argv: str, pod: str = "lab-0") -> Finished:
        return self.try_("exec", pod, "--", *argv)

    def sh(self, script: str, pod: str = "lab-0") -> str:
        return must(self.exec("sh", "-c", script, pod=pod))

    def log(self, pod: str = "lab-0", *options: str) -> str:
        done = self.try_("logs", pod, *options)
        return done.stdout + done.stderr

    def is_ready(self, pod: str = "lab-0", *, unlike: str = "") -> dict[str, Any]:
        """Return a pod that is ready, and not the one with this uid. Raises: AssertionError."""
        done = self.try_("get", "pod", pod, "--output", "json")
        assert done.exit_code == 0, str(done)  # not made yet
        seen: dict[str, Any] = json.loads(done.stdout)
        conditions = {one["type"]: one["status"] for one in seen["status"].get("conditions", ())}
        assert seen["metadata"]["uid"] != unlike
        assert "deletionTimestamp" not in seen["metadata"]
        assert conditions.get("Ready") == "True", f"{seen['status']}\n{self.log(pod)}"
        return seen

    def becomes_ready(self, pod: str = "lab-0", *, unlike: str = "") -> dict[str, Any]:
        return eventually(lambda: self.is_ready(pod, unlike=unlike), READY_S)

    @contextmanager
    def client(self, service: str = "lab") -> Iterator[Client]:
        """A client of a service, as `kubectl port-forward` makes one."""
        with subprocess.Popen(
            [
                TOOL,
                "kubectl",
                "--namespace",
                self.name,
                "port-forward",
                f"service/{service}",
                ":80",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdout
            line = process.stdout.readline()
            try:
                assert "Forwarding from 127.0.0.1:" in line, line
                yield Client(f"http://{line.split()[2]}", self.token)
            finally:
                process.terminate()

    def close(self) -> None:
        self("delete", "namespace", self.name, "--wait=false", "--ignore-not-found")


def restarts(pod: dict[str, Any]) -> int:
    return sum(int(one["restartCount"]) for one in pod["status"]["containerStatuses"])


Change = Callable[[dict[str, Any]], None]


def start_lab(
    namespace: Namespace, image: str, overlay: str = "lab", change: Change = lambda _: None
) -> None:
    """Apply a lab of deploy/kubernetes, with this image; `change` gets the pod's specification."""
    namespace("create", "secret", "generic", "lab-token", f"--from-literal=token={TOKEN}")
    objects = rendered(overlay)
    pod = only("StatefulSet", objects)["spec"]["template"]["spec"]
    pod["containers"][0]["image"] = image
    if os.environ.get("LABINIT_SOURCE"):
        _mount_the_checkout(pod)
    change(pod)
    namespace.apply(objects)


def _mount_the_checkout(pod: dict[str, Any]) -> None:
    inside = "/opt/lab/lib/python3.13/site-packages/labinit"
    pod["volumes"].append(
        {"name": "checkout", "hostPath": {"path": str(Path(CHECKOUT) / "labinit")}}
    )
    pod["containers"][0]["volumeMounts"].append(
        {"name": "checkout", "mountPath": inside, "readOnly": True}
    )


def on_the_node(command: str) -> str:
    """Run a shell command in the node's namespaces."""
    return must(tool("in", "sh", "-c", command))

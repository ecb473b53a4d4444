"""Labs of deploy/kubernetes that are another user's, or that fail: one namespace each."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.kubernetes.cluster import READY_S, Namespace, on_the_node, restarts, start_lab
from tests.kubernetes.conftest import START_S
from tests.polling import eventually

pytestmark = pytest.mark.timeout(START_S + 600)

Namespaces = Callable[[str], Namespace]


def test_a_server_that_runs_out_of_memory_says_so(namespaces: Namespaces, image: str) -> None:
    namespace = namespaces("restricted")

    def eats(pod: dict[str, Any]) -> None:
        pod["containers"][0]["args"] = ["/opt/lab/bin/python", "-c", "x = bytearray(1 << 30)"]
        pod["containers"][0]["resources"]["requests"]["memory"] = "100Mi"
        pod["containers"][0]["resources"]["limits"]["memory"] = "200Mi"

    start_lab(namespace, image, change=eats)

    def is_told() -> None:
        status = namespace.pod()["status"]
        assert "containerStatuses" in status, status
        (container,) = status["containerStatuses"]
        states = (container["lastState"], container["state"])
        ended = [state["terminated"] for state in states if "terminated" in state]
        assert ended, container
        assert ended[0]["exitCode"] == 137
        assert ended[0]["reason"] == "OOMKilled"
        assert "out of memory" in namespace.log("lab-0", "--previous") + namespace.log()

    eventually(is_told, 120)


def test_as_root_with_a_volume(namespaces: Namespaces, image: str) -> None:
    namespace = namespaces("privileged")
    start_lab(namespace, image, "lab-root")
    namespace.becomes_ready()
    with namespace.client() as client, client.kernel() as kernel:
        code = (
            "import getpass, subprocess as s; print(getpass.getuser(), s.getoutput('sudo id -u'))"
        )
        assert kernel.run(code).stdout == "lab 0\n"
    assert namespace.sh("stat --format %U /data") == "lab"
    assert "full set-up as root" in namespace.log()
    assert "warning" not in namespace.log()


def test_with_a_uid_of_openshift(namespaces: Namespaces, image: str) -> None:
    uid = 1000650000
    namespace = namespaces("restricted")

    def as_openshift_does(pod: dict[str, Any]) -> None:
        assert not {"runAsUser", "runAsGroup", "fsGroup"} & pod["securityContext"].keys()
        pod["securityContext"] |= {"runAsUser": uid, "runAsGroup": 0, "fsGroup": uid}

    start_lab(namespace, image, "lab-openshift", as_openshift_does)
    namespace.becomes_ready()
    with namespace.client() as client, client.kernel() as kernel:
        code = (
            "import os, pathlib; pathlib.Path('x').touch(); print(os.getuid(), os.getgid(), "
            "os.getcwd())"
        )
        assert kernel.run(code).stdout == f"{uid} 0 /data\n"
    assert "warning" not in namespace.log()


def test_a_pod_that_is_killed_in_its_first_boot_is_finished_by_the_next(
    namespaces: Namespaces, image: str
) -> None:
    namespace = namespaces("privileged")
    start_lab(namespace, image, "lab-root")

    def has_begun() -> str:
        """Return the uid of a pod whose first process runs and whose server does not."""
        assert "labinit: " in namespace.log()
        return str(namespace.pod()["metadata"]["uid"])

    old = eventually(has_begun, 120)
    namespace("delete", "pod", "lab-0", "--grace-period=0", "--force")
    namespace.becomes_ready(unlike=old)
    drift = json.loads(namespace.sh("labctl status --json"))["drift"]
    assert drift["steps"] == []
    assert namespace.sh("stat --format %U /data") == "lab"


def test_a_full_volume_is_named_and_keeps_nobody_from_the_files(
    namespaces: Namespaces, image: str
) -> None:
    namespace = namespaces("restricted")
    start_lab(namespace, image)
    namespace.becomes_ready()
    claim = json.loads(namespace("get", "pvc", "data-lab-0", "--output", "json"))
    volume = json.loads(namespace("get", "pv", claim["spec"]["volumeName"], "--output", "json"))
    path = volume["spec"]["local"]["path"]
    # While a pod has the volume, the kubelet would take both mounts away at its end.
    stop_lab(namespace)
    on_the_node(f"mount -t tmpfs -o size=4m,mode=2775,gid=1000 full {path}")
    try:
        on_the_node(f"! dd if=/dev/zero of={path}/big && chown 1000:1000 {path}/big")
        namespace("scale", "statefulset/lab", "--replicas=1")
        namespace.becomes_ready()
        assert ", full: " in json.loads(namespace.sh("labctl status --json"))["volumes"]["/data"]
        with namespace.client() as client:
            note = {"type": "file", "format": "text", "content": "kept"}
            refused = client.request("PUT", "/api/contents/note", json=note)
            assert refused.status_code == 500
            assert "No space left" in refused.text
            assert "No space left" in namespace.log()
            # Not by the page, which moves it to a trash on the same volume.
            assert client.terminal("rm big").exit_code == 0
            client.api("PUT", "/api/contents/note", json=note)
        assert on_the_node(f"cat {path}/note") == "kept"
        assert (
            ", full: " not in json.loads(namespace.sh("labctl status --json"))["volumes"]["/data"]
        )
        assert restarts(namespace.is_ready()) == 0
    finally:
        stop_lab(namespace)
        on_the_node(f"umount {path}")


def test_probes_leave_a_healthy_pod_alone_and_end_a_server_that_hangs(
    namespaces: Namespaces, image: str
) -> None:
    namespace = namespaces("restricted")

    def often(pod: dict[str, Any]) -> None:
        container = pod["containers"][0]
        container["resources"]["limits"]["cpu"] = "1"
        container["livenessProbe"] |= {"periodSeconds": 2, "failureThreshold": 1}

    start_lab(namespace, image, change=often)
    namespace.becomes_ready()
    namespace.sh(
        "for i in 1 2 3 4; do timeout 60 sh -c 'while :; do :; done' >/dev/null 2>&1 & done"
    )

    def was_asked_often() -> None:
        metrics = namespace("get", "--raw", "/api/v1/nodes/node1/proxy/metrics/probes")
        counts = [
            float(line.split()[-1])
            for line in metrics.splitlines()
            if line.startswith("prober_probe_total{")
            and f'namespace="{namespace.name}"' in line
            and 'probe_type="Liveness"' in line
            and 'result="successful"' in line
        ]
        assert sum(counts) >= 8, counts

    eventually(was_asked_often, 120)
    assert restarts(namespace.is_ready()) == 0
    namespace.sh("kill -STOP $(pgrep -f 'jupyter.lab' | head -1)")

    def is_restarted() -> None:
        assert restarts(namespace.is_ready()) == 1

    eventually(is_restarted, 180)


def stop_lab(namespace: Namespace) -> None:
    namespace("scale", "statefulset/lab", "--replicas=0")
    namespace("wait", "--for=delete", "pod/lab-0", f"--timeout={READY_S}s")

"""deploy/kubernetes for one person, by its README in a real cluster: cells, updates, drains."""

import json
from collections.abc import Iterator

import pytest

from tests.kubernetes.cluster import Namespace, kubectl
from tests.kubernetes.conftest import START_S
from tests.kubernetes.readme import Readme
from tests.polling import eventually

pytestmark = pytest.mark.timeout(START_S + 600)


@pytest.fixture(scope="module")
def lab(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Namespace]:
    """A lab in a namespace that enforces "restricted", by the commands of the README."""
    namespace = Namespace()
    names = {"namespace ann": f"namespace {namespace.name}", "labinit:latest": image}
    readme = Readme(tmp_path_factory.mktemp("lab"), names)
    *commands, show_token, forward = readme.commands("One person")
    assert "port-forward service/lab " in forward
    try:
        for command in commands:
            readme.run(command)
        namespace.token = readme.run(show_token)
        yield namespace
    finally:
        namespace.close()


def test_a_restricted_lab_runs_cells_on_its_volume(lab: Namespace) -> None:
    with lab.client() as client, client.kernel() as kernel:
        code = "import os; print(os.getuid(), os.getgid(), os.getcwd())"
        assert kernel.run(code).stdout == "1000 1000 /data\n"
    assert "as user 1000:1000, without set-up" in lab.log()
    assert "warning" not in lab.log()
    assert lab.token not in lab.log()
    assert lab.token not in lab.sh("tr '\\0' '\\n' </proc/1/environ; env")


def test_status_says_that_it_is_a_pod_and_where(lab: Namespace) -> None:
    shown = json.loads(lab.sh("labctl status --json"))
    assert shown["platforms"]["kubernetes"] == {
        "namespace": lab.name,
        "pod": "lab-0",
        "node": "node1",
    }
    assert shown["limits"] == {**shown["limits"], "memory": 4 << 30, "cpus": 2}
    assert "no volume" not in shown["volumes"]["/data"]
    assert "runAsUser" in shown["sudo"]


def test_a_rolling_update_keeps_the_files_and_ends_the_old_server_in_order(lab: Namespace) -> None:
    lab.sh("echo kept >/data/note")
    old = lab.pod()["metadata"]["uid"]
    lab("set", "env", "statefulset/lab", "TZ=Europe/Berlin")
    lab.becomes_ready(unlike=old)
    assert lab.sh("cat /data/note; date +%Z") in {"kept\nCET", "kept\nCEST"}


def test_an_evicted_pod_comes_back_with_its_files(lab: Namespace) -> None:
    lab.sh("echo kept >/data/evicted")
    old = lab.becomes_ready()["metadata"]["uid"]
    evict(lab)
    lab.becomes_ready(unlike=old)
    assert lab.sh("cat /data/evicted") == "kept"


def test_a_drain_waits_for_the_budget_and_then_moves_the_pod(lab: Namespace) -> None:
    old = lab.becomes_ready()["metadata"]["uid"]
    drain = ("drain", "node1", "--ignore-daemonsets", "--delete-emptydir-data", "--force")
    # Of this test only: others run on the same node.
    lab("label", "pod", "lab-0", f"app.kubernetes.io/part-of={lab.name}")
    here = f"--pod-selector=app.kubernetes.io/part-of={lab.name}"
    lab(
        *("create", "poddisruptionbudget", "nobody", "--max-unavailable=0"),
        "--selector=app.kubernetes.io/name=lab",
    )
    try:
        refused = kubectl(*drain, here, "--timeout=8s")
        assert refused.exit_code != 0
        assert "disruption budget" in refused.stdout + refused.stderr
        assert lab.is_ready()["metadata"]["uid"] == old
        lab("delete", "poddisruptionbudget", "nobody")
        assert kubectl(*drain, here, "--timeout=60s").exit_code == 0
    finally:
        assert kubectl("uncordon", "node1").exit_code == 0
    lab.becomes_ready(unlike=old)


def test_a_kernel_that_takes_all_memory_costs_no_files(lab: Namespace) -> None:
    """Where the kernel ends the whole container, it is restarted; where it ends one process, the
    server stays."""
    lab.becomes_ready()
    lab.sh("echo kept >/data/note")
    lab.exec("/opt/lab/bin/python", "-c", "x = bytearray(5 << 30)")

    def is_told() -> None:
        seen = lab.is_ready()
        (container,) = seen["status"]["containerStatuses"]
        last = container["lastState"].get("terminated", {})
        kills = json.loads(lab.sh("labctl status --json"))["oom_kills"]
        assert kills or last.get("reason") == "OOMKilled", seen

    eventually(is_told, 120)
    assert lab.sh("cat /data/note") == "kept"


def evict(namespace: Namespace, pod: str = "lab-0") -> None:
    """Ask for an eviction, as a drain does."""
    path = f"/api/v1/namespaces/{namespace.name}/pods/{pod}/eviction"
    asked = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod, "namespace": namespace.name},
    }
    namespace("create", "--raw", path, "--filename", "-", given=json.dumps(asked))

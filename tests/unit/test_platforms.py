"""labctl status: who started the container and where, its limits and volumes."""

from __future__ import annotations

import json
import os
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from labinit import cgroup
from labinit.ctl.platforms import find_platforms, find_volumes
from labinit.ctl.status import explain_sudo

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

TOKEN = "token-of-the-server"


@contextmanager
def a_hub(status: int) -> Iterator[str]:
    """The address of the API of a hub that answers so to this token, and with 403 to any other."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_ours = self.headers["Authorization"] == f"token {TOKEN}"
            self.send_response(status if is_ours and self.path == "/hub/api/user" else 403)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hub/api"
        finally:
            server.shutdown()
            thread.join()


def environ_of(api: str, token: str = TOKEN) -> dict[str, str]:
    return {
        "JUPYTERHUB_API_TOKEN": token,
        "JUPYTERHUB_API_URL": api,
        "JUPYTERHUB_USER": "ann",
        "JUPYTERHUB_SERVER_NAME": "",
    }


def test_without_a_hub_there_is_no_platform() -> None:
    assert find_platforms({"JUPYTERHUB_USER": "ann"}) == {}


def test_a_hub_is_named_and_its_token_is_not() -> None:
    with a_hub(200) as api:
        found = find_platforms(environ_of(api))
        assert found == {"hub": {"user": "ann", "api": api}}
    assert TOKEN not in json.dumps(found)


@pytest.mark.parametrize(
    ("status", "token", "problem"),
    [
        (200, "of-another-hub", "does not accept this server's token"),
        (401, TOKEN, "does not accept this server's token"),
        (500, TOKEN, "answers with 500"),
    ],
)
def test_a_hub_that_refuses_is_a_problem(status: int, token: str, problem: str) -> None:
    with a_hub(status) as api:
        assert problem in find_platforms(environ_of(api, token))["hub"]["problem"]


@pytest.mark.parametrize(
    ("api", "problem"),
    [("http://127.0.0.1:9/hub/api", "does not answer"), ("", "no address"), ("hub", "no address")],
)
def test_a_hub_that_is_gone_is_a_problem(api: str, problem: str) -> None:
    assert problem in find_platforms(environ_of(api))["hub"]["problem"]


def test_a_pod_says_where_it_is_and_leaves_out_what_it_does_not_know() -> None:
    pod = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "HOSTNAME": "lab-0"}
    assert find_platforms(pod) == {"kubernetes": {"pod": "lab-0"}}
    told = pod | {"NODE_NAME": "node1", "POD_NAMESPACE": "ann"}
    assert find_platforms(told) == {
        "kubernetes": {"namespace": "ann", "pod": "lab-0", "node": "node1"}
    }


def test_a_task_of_swarm_says_where_it_is_as_far_as_its_templates_tell() -> None:
    told = {"SWARM_SERVICE": "lab_ann", "SWARM_TASK": "lab_ann.1.x", "SWARM_NODE": "node2"}
    found = {"service": "lab_ann", "task": "lab_ann.1.x", "node": "node2"}
    assert find_platforms(told) == {"swarm": found}
    assert find_platforms({"SWARM_NODE": "node2", "SWARM_TASK": ""}) == {"swarm": {"node": "node2"}}


@pytest.mark.parametrize(
    ("environ", "user", "read_only", "privileges"),
    [
        ({}, "--user", "--read-only", "no-new-privileges"),
        ({"container": "podman"}, "--userns=keep-id", "--read-only", "no-new-privileges"),
        ({"SWARM_NODE": "node2"}, "--user", "--read-only", "no-new-privileges"),
        (
            {"KUBERNETES_SERVICE_HOST": "10.96.0.1"},
            *("runAsUser", "readOnlyRootFilesystem", "allowPrivilegeEscalation: false"),
        ),
    ],
)
def test_what_keeps_sudo_away_has_the_name_that_the_engine_gives_it(
    environ: dict[str, str], user: str, read_only: str, privileges: str
) -> None:
    def why(mode: str, *, is_inherited: bool = False, has_no_new_privs: bool = False) -> str:
        identity: Any = {"uid": 1000, "is_inherited": is_inherited, "may_gain_privileges": False}
        report: Any = {"identity": identity, "mode": mode}
        return explain_sudo(report, environ, has_no_new_privs=has_no_new_privs)

    assert user in why("as user 1000:1000, without set-up", is_inherited=True)
    assert read_only in why("as 1000:1000, without an account")
    assert privileges in why("full set-up as root", has_no_new_privs=True)


MOUNTS = """\
1 0 0:1 / / rw - overlay overlay rw
2 1 8:1 /var/lib/docker/volumes/lab-ann-data/_data /data rw - ext4 /dev/sda1 rw
3 1 8:1 /srv/homes/ann /home/lab rw - ext4 /dev/sda1 rw
4 1 0:9 / /nfs rw - nfs4 server:/export/ann rw
"""


def test_volumes_are_named_as_the_engine_names_them() -> None:
    found = find_volumes(("/data", "/home/lab", "/nfs", "/elsewhere"), MOUNTS)
    assert found.pop("/elsewhere").startswith("no volume")
    assert found == {
        "/data": "lab-ann-data (ext4)",
        "/home/lab": "/srv/homes/ann (ext4)",
        "/nfs": "server:/export/ann (nfs4)",
    }


V2 = "sys/fs/cgroup"
UNLIMITED = (None, None)


@pytest.mark.parametrize(
    ("files", "limits"),
    [
        ({f"{V2}/cpu.max": "150000 100000", f"{V2}/pids.max": "512"}, (1.5, 512)),
        ({f"{V2}/cpu.max": "max 100000", f"{V2}/pids.max": "max"}, UNLIMITED),
        (
            {
                f"{V2}/cpu/cpu.cfs_quota_us": "200000",
                f"{V2}/cpu/cpu.cfs_period_us": "100000",
                f"{V2}/pids/pids.max": "64",
            },
            (2, 64),
        ),
        ({f"{V2}/cpu/cpu.cfs_quota_us": "-1", f"{V2}/pids/pids.max": "max"}, UNLIMITED),
        ({}, UNLIMITED),
    ],
)
def test_limits_are_read_from_both_versions_of_control_groups(
    tmp_path: Path, files: Mapping[str, str], limits: tuple[float | None, int | None]
) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{content}\n")
    assert (cgroup.cpus(str(tmp_path)), cgroup.processes(str(tmp_path))) == limits


@pytest.mark.parametrize(
    ("free", "flags", "is_full"), [(0, 0, True), (1 << 30, 0, False), (0, os.ST_RDONLY, False)]
)
def test_a_full_volume_is_said_to_be_full(
    monkeypatch: pytest.MonkeyPatch, free: int, flags: int, is_full: bool
) -> None:
    shape = SimpleNamespace(f_blocks=9, f_frsize=1, f_bavail=free, f_flag=flags)
    monkeypatch.setattr(os, "statvfs", lambda _path: shape)
    assert (", full: " in find_volumes(("/data",), MOUNTS)["/data"]) is is_full

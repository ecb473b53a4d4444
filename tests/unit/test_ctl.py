"""labctl: what can be said without a container."""

from __future__ import annotations

import io
import json
import os
from typing import TYPE_CHECKING, Any, cast

import pytest
from rich.console import Console

from labinit.cgroup import memory
from labinit.ctl.__main__ import COMMANDS, make_parser
from labinit.ctl.kernel_table import make_table
from labinit.ctl.running import Running, Server, address_of, find_server
from labinit.ctl.status import find_drift
from labinit.ctl.status_view import duration, plain, size

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from labinit.boot_report import BootReport

REPORT: BootReport = {
    "format": 1,
    "version": "1",
    "pid": 42,
    "started": 0,
    "began": 0,
    "took_s": 0,
    "mode": "",
    "identity": {
        "user": "lab",
        "uid": 1000,
        "gid": 1000,
        "groups": [1000],
        "home": "/home/lab",
        "umask": 0o22,
        "may_gain_privileges": False,
        "is_inherited": False,
    },
    "data": "/data",
    "port": 8080,
    "is_server": True,
    "steps": [],
    "warnings": [],
}
SAID = {"hostname": "0.0.0.0", "port": 8080, "base_url": "/", "secure": False}


def test_every_command_stands_in_the_help_and_fits_80_columns() -> None:
    usage = make_parser().format_help()
    assert all(f"\n  {name} " in usage for name in COMMANDS)
    assert max(map(len, usage.splitlines())) <= 80


def running(tmp_path: Path, said: Mapping[str, Any] | str | None) -> Running:
    if said is not None:
        (tmp_path / "jupyter").mkdir()
        text = said if isinstance(said, str) else json.dumps(said)
        (tmp_path / "jupyter" / "jpserver-42.json").write_text(text)
    return Running(str(tmp_path), REPORT)


@pytest.mark.parametrize(
    ("said", "address"),
    [
        (SAID, "http://127.0.0.1:8080/"),
        (SAID | {"hostname": ""}, "http://127.0.0.1:8080/"),
        (SAID | {"hostname": "localhost", "port": 9}, "http://127.0.0.1:9/"),
        (SAID | {"hostname": "::"}, "http://[::1]:8080/"),
        (SAID | {"hostname": "172.17.0.2"}, "http://172.17.0.2:8080/"),
        (SAID | {"base_url": "/user/me/"}, "http://127.0.0.1:8080/user/me/"),
        (SAID | {"base_url": "lab"}, "http://127.0.0.1:8080/lab/"),
        (SAID | {"secure": True}, "https://127.0.0.1:8080/"),
        # Not what a server writes: as if it had written nothing.
        (SAID | {"port": "80"}, "http://127.0.0.1:8080/"),
        ("[1, 2]", "http://127.0.0.1:8080/"),
        ("{", "http://127.0.0.1:8080/"),
        (None, "http://127.0.0.1:8080/"),
    ],
)
def test_the_server_is_where_it_says(
    tmp_path: Path, said: Mapping[str, Any] | str | None, address: str
) -> None:
    assert address_of(find_server(running(tmp_path, said), {})) == address


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("http://0.0.0.0:8888/user/me/", Server("127.0.0.1", 8888, "/user/me/", is_secure=False)),
        ("https://:8888/user/me", Server("127.0.0.1", 8888, "/user/me/", is_secure=True)),
        ("http://[::]:8888/", Server("::1", 8888, "/", is_secure=False)),
        ("nonsense", Server("127.0.0.1", 8080, "/", is_secure=False)),
    ],
)
def test_a_server_that_says_nothing_is_where_the_hub_wants_it(
    tmp_path: Path, url: str, server: Server
) -> None:
    assert find_server(running(tmp_path, None), {"JUPYTERHUB_SERVICE_URL": url}) == server


V2 = "sys/fs/cgroup"
V1 = "sys/fs/cgroup/memory"


@pytest.mark.parametrize(
    ("files", "used_and_limit"),
    [
        ({f"{V2}/memory.current": "300", f"{V2}/memory.max": "1000",
          f"{V2}/memory.stat": "anon 1\ninactive_file 100"},
         (200, 1000)),
        ({f"{V2}/memory.current": "300", f"{V2}/memory.max": "max"}, (300, None)),
        ({f"{V1}/memory.usage_in_bytes": "300", f"{V1}/memory.limit_in_bytes": "1000",
          f"{V1}/memory.stat": "inactive_file 1\ntotal_inactive_file 50"}, (250, 1000)),
        ({f"{V1}/memory.usage_in_bytes": "300",
          f"{V1}/memory.limit_in_bytes": "9223372036854771712"},
         (300, None)),
        ({}, (None, None)),
    ],
)  # fmt: skip
def test_memory_is_read_from_both_versions_of_control_groups(
    tmp_path: Path, files: Mapping[str, str], used_and_limit: tuple[int | None, int | None]
) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{content}\n")
    assert memory(str(tmp_path)) == used_and_limit


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (85 << 20, "85 MiB"), (3 << 29, "1.5 GiB")],
)
def test_sizes_are_written_as_people_write_them(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (59, "59 s"),
        (61, "1 min 1 s"),
        (3700, "1 h 1 min"),
        (86400, "24 h 0 min"),
        (200000, "2 days 7 h"),
    ],
)
def test_time_spans_are_written_in_two_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_what_the_user_has_named_does_not_drive_the_terminal() -> None:
    named = "a\x1b]0;owned\x07\x9b2J"
    assert plain(named).plain == "a\\x1b]0;owned\\x07\\x9b2J"
    console = Console(file=io.StringIO(), width=80)
    console.print(make_table(("KERNEL",), [(named,)]))
    assert "\x1b" not in cast("io.StringIO", console.file).getvalue()


def test_a_pipe_in_the_place_of_a_secret_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    report = REPORT | {"identity": REPORT["identity"] | {"uid": os.geteuid(), "is_inherited": True}}
    assert "no regular file" in find_drift({"LABPASSWD_FILE": str(tmp_path / "pipe")}, report).why


def test_the_drift_is_that_of_whoever_boots() -> None:
    report = REPORT | {
        "identity": REPORT["identity"] | {"uid": os.geteuid() + 1, "is_inherited": True}
    }
    assert "can see it" in find_drift({}, report).why

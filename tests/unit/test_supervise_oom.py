from collections.abc import Mapping
from pathlib import Path

import pytest

from labinit.cgroup import oom_kills

V2_EVENTS = "low 0\nhigh 12\nmax 31\noom 4\noom_kill {}\noom_group_kill 0\n"
V1_CONTROL = "oom_kill_disable 0\nunder_oom 0\noom_kill {}\n"
V1_CGROUPS = "9:name=systemd:/docker/abc\n8:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n0::/\n"


@pytest.mark.parametrize(
    ("files", "count"),
    [
        pytest.param(
            {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.events": V2_EVENTS.format(3)},
            3,
            id="version 2",
        ),
        pytest.param(
            {
                "proc/self/cgroup": "0::/system.slice/docker-abc.scope\n",
                "sys/fs/cgroup/system.slice/docker-abc.scope/memory.events": V2_EVENTS.format(2),
                "sys/fs/cgroup/system.slice/memory.events": V2_EVENTS.format(99),
            },
            2,
            id="version 2, with the host's cgroup namespace",
        ),
        pytest.param(
            {
                "proc/self/cgroup": "0::/system.slice/docker-abc.scope\n",
                "sys/fs/cgroup/memory.events": V2_EVENTS.format(5),
            },
            5,
            id="version 2, where only our own cgroup is mounted",
        ),
        pytest.param(
            {
                "proc/self/cgroup": V1_CGROUPS,
                "sys/fs/cgroup/memory/memory.oom_control": V1_CONTROL.format(1),
            },
            1,
            id="version 1, as Docker mounts it",
        ),
        pytest.param(
            {
                "proc/self/cgroup": V1_CGROUPS,
                "sys/fs/cgroup/memory/docker/abc/memory.oom_control": V1_CONTROL.format(4),
                "sys/fs/cgroup/memory/memory.oom_control": V1_CONTROL.format(99),
            },
            4,
            id="version 1, with the host's tree",
        ),
        pytest.param({"sys/fs/cgroup/memory.events": V2_EVENTS.format(7)}, 7, id="without /proc"),
        pytest.param({"proc/self/cgroup": "0::/\n"}, 0, id="no cgroup file system"),
        pytest.param(
            {"proc/self/cgroup": "nonsense\n", "sys/fs/cgroup/memory.events": "oom_kill many\n"},
            0,
            id="nonsense",
        ),
    ],
)
def test_the_count_is_that_of_our_own_cgroup(
    tmp_path: Path, files: Mapping[str, str], count: int
) -> None:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert oom_kills(str(tmp_path)) == count

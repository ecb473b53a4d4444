"""The tools that set a machine up say in one line what they lack, and leave the rest alone."""

import subprocess
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"


def run(directory: Path, tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {
        "PATH": "/usr/bin:/bin",
        "DOCKER_HOST": f"unix://{directory}/given.sock",
        "LABINIT_ENGINE_DIR": str(directory / "engine"),
    }
    return subprocess.run(
        [TOOLS / tool, *arguments], env=environ, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("command", ["status", "env"])
def test_without_an_engine_the_way_to_one_is_named(tmp_path: Path, command: str) -> None:
    done = run(tmp_path, "engine", command)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.endswith("run: tools/engine up\n")


def test_an_engine_that_was_not_started_here_is_not_stopped(tmp_path: Path) -> None:
    directory = tmp_path / "engine"
    directory.mkdir()
    (directory / "somebody's").touch()
    done = run(tmp_path, "engine", "stop")
    assert done.returncode == 0
    assert "nothing to stop" in done.stderr
    assert (directory / "somebody's").exists()


@pytest.mark.parametrize(
    ("tool", "arguments"), [("engine", ["start"]), ("engine", ["up", "now"]), ("install", ["x"])]
)
def test_a_wrong_command_line_is_refused(tmp_path: Path, tool: str, arguments: list[str]) -> None:
    assert run(tmp_path, tool, *arguments).returncode == 64

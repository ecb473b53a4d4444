"""`--dry-run` on the real image: it shows what would be done, and does nothing."""

import json

import pytest

from tests.container.containers import Containers
from tests.container.engine import Volumes
from tests.container.trees import record

SECRETS = {"LABPASSWD": "correct-horse", "JUPYTER_TOKEN": "token-to-jupyter-page"}
SETTINGS = {"LABUID": "1000", "LABGID": "1000", **SECRETS}
_MASK = "********"


@pytest.mark.parametrize("form", ["text", "json"])
def test_it_changes_nothing_and_shows_no_secret(
    container: Containers, volume: Volumes, form: str
) -> None:
    data = volume()
    (data / "by-root.txt").write_text("kept")
    tree = record(data)
    done = container.run(["--dry-run", "--format", form], SETTINGS, {data: "/data"})
    assert done.exit_code == 0, done
    assert container.last.diff() == []
    assert record(data) == tree
    assert not any(secret in str(done) for secret in SECRETS.values())
    assert _MASK in done.stdout
    assert done.stderr == ""


def test_as_text_it_says_what_why_and_how(container: Containers, volume: Volumes) -> None:
    text = container.run(["--dry-run"], SETTINGS, {volume(): "/data"}).stdout
    assert text.startswith("labinit ")
    header = next(line for line in text.splitlines() if line.startswith("what"))
    assert header.split() == ["what", "why", "how"]
    assert "useradd --prefix " in text
    assert " --uid 1000 --gid 1000 --home-dir /home/lab" in text
    assert f"chpasswd <<< {_MASK}" in text
    assert "it belongs to 0:0" in text
    assert "then, as lab (1000:1000) in /data: /opt/lab/libexec/jupyter-lab" in text.splitlines()
    assert "a restart policy (--restart) repeats it" in text.splitlines()[-1]


def test_as_json_it_holds_the_steps_that_the_boot_then_does(
    container: Containers, volume: Volumes
) -> None:
    data = volume()
    planned = json.loads(
        container.run(["--dry-run", "--format=json"], SETTINGS, {data: "/data"}).stdout
    )
    booted = container.run(["true"], SETTINGS, {data: "/data"})
    done = [line.removeprefix("labinit: ") for line in booted.stderr.splitlines()]
    announced = [f"{step['summary']}: {step['reason']}" for step in planned["steps"]]
    assert len(announced) > 5
    assert [line for line in done if line in announced] == announced
    assert planned["exit_code"] == 0
    assert planned["settings"]["LABPASSWD"] == _MASK


def test_it_shows_what_a_command_would_run_as(container: Containers) -> None:
    done = container.run(["--dry-run", "bash", "-c", "echo 'a b'"], SETTINGS)
    assert (
        """then, as lab (1000:1000) in /data: bash -c 'echo '"'"'a b'"'"''"""
        in done.stdout.splitlines()
    )


def test_in_a_container_that_is_set_up_it_has_nothing_to_do(container: Containers) -> None:
    lab = container(SETTINGS, command=["sh", "-c", "echo ready; sleep 600"])
    lab.wait_for_log("^ready$")
    done = lab.exec(["labinit", "--dry-run"])
    assert done.exit_code == 0
    assert "nothing to change" in done.stdout


@pytest.mark.parametrize(
    ("env", "args", "exit_code", "said"),
    [
        (
            {"LABUDI": "1000"},
            [],
            2,
            "warning: LABUDI is not a setting of labinit; did you mean LABUID?",
        ),
        ({}, ["--cap-drop", "ALL"], 77, "--cap-add"),
        ({"LABUID": "abc"}, [], 78, "LABUID='abc' is not a whole number"),
        ({"LABUSER": "www-data"}, [], 78, "is an account of the system"),
        ({}, ["--pids-limit", "4"], 77, "--pids-limit 1024"),
        ({}, ["--ulimit", "nofile=12"], 77, "--ulimit nofile="),
    ],
    ids=[
        "with a warning",
        "not permitted",
        "a wrong setting",
        "a conflict with the system",
        "too few processes",
        "too few files",
    ],
)
def test_its_exit_code_says_how_the_boot_would_end(
    container: Containers, env: dict[str, str], args: list[str], exit_code: int, said: str
) -> None:
    done = container.run(["--dry-run"], env, args=args)
    assert done.exit_code == exit_code, done
    assert said in str(done)
    assert container.last.diff() == []


@pytest.mark.parametrize("exit_code", [77, 78])
def test_where_it_would_not_start_the_boot_does_not(container: Containers, exit_code: int) -> None:
    env, args = ({}, ["--cap-drop", "ALL"]) if exit_code == 77 else ({"LABUSER": "www-data"}, [])
    assert container.run(["true"], env, args=args).exit_code == exit_code
    assert container.last.diff() == []

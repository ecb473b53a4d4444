"""Settings that are refused: all at once, before anything has changed."""

import re

import pytest

from tests.container.containers import Containers
from tests.container.engine import Volumes

PASSWORD = "correct-horse"
TOKEN = "a-token"


def test_all_problems_are_told_at_once_and_nothing_has_changed(
    container: Containers, volume: Volumes
) -> None:
    data = volume()
    env = {
        "LABUID": "abc",
        "LABGID": "-1",
        "LABUSER": "Root!",
        "LABPORT": "99999",
        "LABUMASK": "9",
        "LABGRACE": "soon",
        "LABLOG": "loud",
        "LABSUDO": "maybe",
        "LABDATA": "data",
        "LABHOME": "/etc",
        "LABPASSWD": "x\nroot:y",
        "JUPYTER_TOKEN": "with space",
    }
    done = container.run(env=env, volumes={data: "/data"})
    assert done.exit_code == 78
    lines = done.stderr.splitlines()
    assert all(line.startswith("labinit: error: ") and "; " in line for line in lines), done
    assert {
        re.split(r"[ =]", line.removeprefix("labinit: error: "))[0] for line in lines
    } == env.keys()
    assert "root:y" not in str(done)
    assert "with space" not in str(done)
    assert container.last.diff() == []
    assert data.stat().st_uid == 0


@pytest.mark.parametrize(
    "secret", ["x\nroot:y", "x\r", "x\r\nroot:y", "x\ty", "a" * 512], ids=ascii
)
def test_a_password_that_chpasswd_would_misread_is_refused(
    container: Containers, secret: str
) -> None:
    done = container.run(["true"], {"LABPASSWD": secret})
    assert done.exit_code == 78, done
    assert done.stderr.startswith("labinit: error: LABPASSWD ")
    assert secret not in str(done)


@pytest.mark.parametrize("content", ["x\nroot:y\n", "x\n\n", "x\r\r\n", ""], ids=ascii)
def test_so_is_one_in_a_file(container: Containers, volume: Volumes, content: str) -> None:
    file = volume() / "password"
    file.write_text(content, newline="")
    done = container.run(["true"], {"LABPASSWD_FILE": "/password"}, {file: "/password:ro"})
    assert done.exit_code == 78, done
    assert done.stderr.startswith("labinit: error: LABPASSWD_FILE=")
    assert "root:y" not in str(done)


def test_a_windows_line_end_and_quotes_are_explained(container: Containers) -> None:
    done = container.run(["true"], {"LABUID": '"1000"', "LABUSER": "lab\r"})
    assert done.exit_code == 78
    assert "LABUID='\"1000\"' is wrapped in quotes" in done.stderr
    assert "LABUSER='lab\\r' ends with a carriage return" in done.stderr

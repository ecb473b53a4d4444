"""What the Dockerfile promises to root, whatever stage or kernel is added."""

import json
import re
from pathlib import Path

DOCKERFILE = (Path(__file__).parents[2] / "Dockerfile").read_text()


def test_whatever_is_copied_becomes_roots() -> None:
    copies = re.findall(r"^(?:COPY|ADD) .*$", DOCKERFILE, re.MULTILINE)
    assert copies
    assert [line for line in copies if "--chown=0:0 " not in line] == []


def test_what_root_runs_is_not_looked_up() -> None:
    commands = re.findall(r"^(?:ENTRYPOINT|HEALTHCHECK .*CMD) (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert len(commands) == 2
    assert all(json.loads(command)[0].startswith("/usr/local/bin/lab") for command in commands)


def test_the_working_directory_is_none_of_the_users() -> None:
    assert re.findall(r"^WORKDIR (.*)$", DOCKERFILE, re.MULTILINE)[-1] == "/"

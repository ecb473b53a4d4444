"""What the tests of where it runs look at: the mode of a start, its advice, a server that
answers."""

import re
import shlex

from tests.container.running_container import Container

TOKEN = "token-to-jupyter-page"
PASSWORD = "correct-horse"
ENV = {"JUPYTER_TOKEN": TOKEN}
NO_CAPABILITIES = ["--cap-drop", "ALL"]
READ_ONLY = ["--read-only", "--tmpfs", "/tmp", "--tmpfs", "/run"]
NO_NEW_PRIVILEGES = ["--security-opt", "no-new-privileges"]
# Prints what `AS_LAB` is after a full set-up.
WHO = 'id -u; id -g; whoami; echo "$USER $LOGNAME"; echo "$HOME"; pwd'
AS_LAB = ["1000", "1000", "lab", "lab", "lab", "/home/lab", "/data"]
COMMIT = """
git config --global user.email ann@example.org
git config --global user.name Ann
git init -q ~/repository && cd ~/repository
git commit -q --allow-empty -m first && git log --format=%an
"""


def mode_of(log: str) -> str:
    """Return what the first line of a log says of the mode."""
    found = re.fullmatch(r"labinit: labinit \S+?: (.*?)(, first boot)?", log.splitlines()[0])
    assert found, log
    return found[1]


def advised(log: str) -> list[str]:
    """Return the `--cap-add` options that the last line advises."""
    found = re.search(r"; add ((--cap-add [A-Z_]+ ?)+)", log.splitlines()[-1].replace(", or", " "))
    assert found, log
    return shlex.split(found[1])


def answers(started: Container) -> None:
    """Check that the server does the one thing it is there for."""
    assert started.wait_ready().run_cell("6 * 7").text == "42"

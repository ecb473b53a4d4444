"""Python's kernel: whose packages it sees, what its start does not run, and that its debugger
stops."""

import pytest

from tests.container.containers import Containers
from tests.container.engine import Volumes
from tests.container.running_container import Container

# Sets a breakpoint at line 2 of a cell, and prints the line where the kernel stops.
STOP = """
from jupyter_client.manager import KernelManager
manager = KernelManager(kernel_name="python3")
manager.start_kernel()
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=120)
def ask(command, **arguments):
    content = {"type": "request", "seq": 1, "command": command, "arguments": arguments}
    message = client.session.msg("debug_request", content)
    client.control_channel.send(message)
    while True:
        reply = client.get_control_msg(timeout=60)
        if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
            return reply["content"].get("body") or {}
ask("initialize", clientID="test", adapterID="", pathFormat="path",
    linesStartAt1=True, columnsStartAt1=True)
ask("attach")
code = "a = 1\\nb = 2"
path = ask("dumpCell", code=code)["sourcePath"]
ask("setBreakpoints", breakpoints=[{"line": 2}], source={"path": path}, sourceModified=False)
ask("configurationDone")
client.execute(code)
while True:
    message = client.get_iopub_msg(timeout=60)
    if message["msg_type"] == "debug_event" and message["content"]["event"] == "stopped":
        break
thread = message["content"]["body"]["threadId"]
print("line", ask("stackTrace", threadId=thread)["stackFrames"][0]["line"])
manager.shutdown_kernel(now=True)
"""
WHERE = "import six\nprint(six.__version__, six.__file__)"
SERVERS = "import six, sys\nprint(six.__file__)"


@pytest.fixture(scope="module")
def lab(module_container: Containers, module_volume: Volumes) -> Container:
    return module_container(volumes={module_volume(1234, 1234): "/data"}).wait_ready()


def test_the_debugger_stops_at_a_breakpoint(lab: Container) -> None:
    assert lab.output("python", "-c", STOP, user="1234").splitlines()[-1] == "line 2"


def test_a_version_of_the_users_comes_first_and_the_server_keeps_its_own(lab: Container) -> None:
    installed = lab.run_cell("%pip install --quiet six==1.16.0", timeout_s=120)
    assert installed.status == "ok", installed
    assert "ERROR" not in installed.text
    assert lab.run_cell(WHERE).stdout.startswith("1.16.0 /home/")
    assert "/opt/lab/" in lab.output("/opt/lab/bin/python", "-c", SERVERS, user="1234")


def test_pip_by_docker_exec_is_the_users_and_roots_is_the_labs(lab: Container) -> None:
    """PATH is the image's there. The server's pip refuses what would hide one of its packages."""
    lab.output("pip", "install", "--quiet", "six==1.15.0", user="1234")
    assert lab.run_cell(WHERE).stdout.startswith("1.15.0 /home/")
    assert "/opt/lab/" in lab.output("/opt/lab/bin/python", "-c", SERVERS, user="1234")
    assert "/opt/lab/" in lab.output("pip", "show", "six")


def test_files_beside_the_notebook_neither_break_nor_run_in_the_start(lab: Container) -> None:
    lab.output(
        "sh",
        "-c",
        "cd /data && touch types.py && echo 'seven = 7' >helper.py "
        "&& echo 'raise SystemExit(3)' >ipykernel_launcher.py",
        user="1234",
    )
    assert "7" in lab.run_cell("import helper\nhelper.seven").text

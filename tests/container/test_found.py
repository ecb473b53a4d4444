"""Where the server is found, and what it offers to convert a notebook to."""

import re

import pytest

from tests.container.containers import Containers
from tests.container.running_container import Container

TOKEN = "token-of-the-found-test"


@pytest.fixture(scope="module")
def lab(module_container: Containers) -> Container:
    return module_container({"JUPYTER_TOKEN": TOKEN}).wait_ready()


# --- the exporters' menu


def exporters(lab: Container) -> set[str]:
    return set(lab.client().api("GET", "/api/nbconvert"))


def test_only_what_can_work_is_offered_and_what_the_user_installs_comes_back(
    container: Containers,
) -> None:
    lab = container({"JUPYTER_TOKEN": TOKEN}).wait_ready()
    need_programs = {"pdf", "latex", "rst", "asciidoc"}
    found = exporters(lab)
    assert {"html", "markdown", "notebook", "script", "slides"} <= found
    assert found & {*need_programs, "webpdf", "qtpdf", "qtpng"} == set()
    install = (
        'mkdir -p ~/.local/bin; printf "#!/bin/sh\\n" >~/.local/bin/$1; chmod +x ~/.local/bin/$1'
    )
    lab.output(
        "runuser", "-u", "lab", "--", "sh", "-c", f"HOME=/home/lab; {install}", "sh", "pandoc"
    )
    assert exporters(lab) & need_programs == {"latex", "rst", "asciidoc"}
    lab.output(
        "runuser", "-u", "lab", "--", "sh", "-c", f"HOME=/home/lab; {install}", "sh", "xelatex"
    )
    assert exporters(lab) & need_programs == need_programs


# --- the server, found from outside


@pytest.mark.parametrize("user", ["", "lab"])
def test_jupyter_server_list_finds_it(lab: Container, user: str) -> None:
    assert re.search(
        r"http://\S+:8080/.* :: /data", lab.output("jupyter", "server", "list", user=user)
    )


def test_jupyter_server_list_finds_it_for_any_uid(container: Containers) -> None:
    lab = container({"JUPYTER_TOKEN": TOKEN}, args=["--user", "4321:0"], expect_warnings=["."])
    lab.wait_ready()
    assert ":8080/" in lab.output("jupyter", "server", "list")


# --- IPv4 and IPv6


def listening(lab: Container) -> str:
    """What a request from inside gets over each kind of address."""
    code = (
        "import socket\n"
        "for host in ('127.0.0.1', '::1'):\n"
        "    try: socket.create_connection((host, 8080), 5).close(); print(host)\n"
        "    except OSError as error: pass\n"
    )
    return " ".join(lab.output("python", "-c", code).split())


def test_it_listens_on_both(container: Containers) -> None:
    sysctl = ["--sysctl", "net.ipv6.conf.all.disable_ipv6=0"]
    assert listening(container(args=sysctl).wait_ready()) == "127.0.0.1 ::1"


def test_a_host_without_ipv6_will_do(container: Containers) -> None:
    sysctl = ["--sysctl", "net.ipv6.conf.all.disable_ipv6=1"]
    assert listening(container(args=sysctl).wait_ready()) == "127.0.0.1"

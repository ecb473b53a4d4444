"""What goes over the wire: static files as they were compressed at build, and the few answers that
may be."""

import gzip
import re
from pathlib import Path

import pytest
import requests

from tests.container.containers import Containers
from tests.container.running_container import Container

TOKEN = "token-of-the-wire-test"
STATIC = "/opt/lab/share/jupyter/lab/static"
AS_IT_IS = {"Accept-Encoding": "identity"}
TAKES_GZIP = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture(scope="module")
def lab(module_container: Containers) -> Container:
    return module_container({"JUPYTER_TOKEN": TOKEN}).wait_ready()


@pytest.fixture(scope="module")
def bundle(lab: Container) -> str:
    """The path of the largest script."""
    script = f"cd {STATIC} && ls -S *.js | head -1"
    return f"/static/lab/{lab.output('sh', '-c', script)}"


def fetch(
    lab: Container, path: str, headers: dict[str, str], method: str = "GET", body: bool = True
) -> requests.Response:
    """Return an answer whose `content` are the bytes on the wire."""
    given = {"Authorization": f"token {TOKEN}", **headers}
    answer = lab.client("").request(method, path, headers=given, stream=True)
    answer._content = answer.raw.read(decode_content=False) if body else b""
    return answer


def test_a_script_arrives_compressed_and_is_the_same(lab: Container, bundle: str) -> None:
    plain, packed = (fetch(lab, bundle, headers) for headers in (AS_IT_IS, TAKES_GZIP))
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) < len(plain.content) / 2
    for answer in (plain, packed):
        assert int(answer.headers["Content-Length"]) == len(answer.content)
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert "immutable" in answer.headers["Cache-Control"]
    for name in ("Content-Type", "Last-Modified"):
        assert plain.headers[name] == packed.headers[name]


@pytest.mark.parametrize(
    ("accepted", "is_packed"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("*", True),
        ("br;q=1.0, gzip;q=0.8", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0, *", False),
        ("br", False),
        ("", False),
        ("gzip;q=nonsense", False),
    ],
)
def test_only_who_takes_gzip_gets_it(
    lab: Container, bundle: str, accepted: str, is_packed: bool
) -> None:
    answer = fetch(lab, bundle, {"Accept-Encoding": accepted}, "HEAD", body=False)
    assert (answer.headers.get("Content-Encoding") == "gzip") == is_packed


def test_head_tells_the_length_of_what_get_sends(lab: Container, bundle: str) -> None:
    for headers in (AS_IT_IS, TAKES_GZIP):
        told = fetch(lab, bundle, headers, "HEAD", body=False)
        sent = fetch(lab, bundle, headers)
        assert int(told.headers["Content-Length"]) == len(sent.content)


def test_a_range_is_one_of_the_original(lab: Container, bundle: str) -> None:
    whole = fetch(lab, bundle, AS_IT_IS).content
    part = fetch(lab, bundle, {**TAKES_GZIP, "Range": "bytes=100-199"})
    assert part.status_code == requests.codes.partial_content
    assert "Content-Encoding" not in part.headers
    assert part.content == whole[100:200]
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(whole)}"
    assert fetch(lab, bundle, TAKES_GZIP).headers["Accept-Ranges"] == "none"


def test_what_has_not_changed_is_not_sent_again(lab: Container, bundle: str) -> None:
    first = fetch(lab, bundle, TAKES_GZIP)
    headers = {**TAKES_GZIP, "If-Modified-Since": first.headers["Last-Modified"]}
    again = fetch(lab, bundle, headers)
    assert (again.status_code, again.content) == (requests.codes.not_modified, b"")
    assert "Accept-Encoding" in again.headers["Vary"]


def test_a_file_is_known_by_its_content_not_by_its_time(container: Containers) -> None:
    lab = container({"JUPYTER_TOKEN": TOKEN}).wait_ready()
    directory = "/home/lab/.local/share/jupyter/labextensions/mine/static"
    path = "/lab/extensions/mine/static/a.js"

    def write(text: str) -> None:
        script = (
            f"mkdir -p {directory} && echo {text} >{directory}/a.js && touch -d 2020-01-01 "
            f"{directory}/a.js"
        )
        lab.output("sh", "-c", script, user="lab")

    write("one")
    first = fetch(lab, path, TAKES_GZIP)
    known = {"If-None-Match": first.headers["Etag"]}
    dated = {"If-Modified-Since": first.headers["Last-Modified"]}
    assert fetch(lab, path, TAKES_GZIP | known | dated).status_code == requests.codes.not_modified
    write("two")
    for headers in (known | dated, dated):
        assert fetch(lab, path, TAKES_GZIP | headers).content == b"two\n"


def test_a_file_that_was_replaced_is_served_itself(container: Containers) -> None:
    lab = container({"JUPYTER_TOKEN": TOKEN}).wait_ready()
    lab.output("sh", "-c", f"cd {STATIC} && echo new >new.js && echo old | gzip >new.js.gz")
    lab.output("touch", "--date", "2020-01-01", f"{STATIC}/new.js.gz")
    assert fetch(lab, "/static/lab/new.js", TAKES_GZIP).content == b"new\n"


def test_an_extension_that_the_user_installs_is_served(container: Containers) -> None:
    lab = container({"JUPYTER_TOKEN": TOKEN}).wait_ready()
    directory = "/home/lab/.local/share/jupyter/labextensions/mine/static"
    lab.output("sh", "-c", f"mkdir -p {directory} && echo mine >{directory}/a.js", user="lab")
    answer = fetch(lab, "/lab/extensions/mine/static/a.js", TAKES_GZIP)
    assert (answer.status_code, answer.content) == (requests.codes.ok, b"mine\n")


@pytest.mark.parametrize(
    "path", ["/lab/api/settings", "/lab/api/translations/zh_CN", "/api/kernelspecs", "/lsp/status"]
)
def test_answers_without_secrets_are_compressed(lab: Container, path: str) -> None:
    plain, packed = (fetch(lab, path, headers) for headers in (AS_IT_IS, TAKES_GZIP))
    is_long = len(plain.content) > 1024
    assert (packed.headers.get("Content-Encoding") == "gzip") == is_long
    assert "Accept-Encoding" in packed.headers["Vary"]
    if is_long:
        assert gzip.decompress(packed.content) == plain.content
    tag = packed.headers["Etag"]
    again = fetch(lab, path, {**TAKES_GZIP, "If-None-Match": tag})
    assert (again.status_code, again.content) == (requests.codes.not_modified, b"")


@pytest.mark.parametrize("path", ["/lab", "/lab/tree/word", "/api/contents", "/api/status"])
def test_answers_that_may_hold_a_secret_are_not(lab: Container, path: str) -> None:
    assert "Content-Encoding" not in fetch(lab, path, TAKES_GZIP).headers


def test_every_large_script_and_style_has_been_compressed(lab: Container) -> None:
    script = (
        f"find {STATIC} /opt/lab/share/jupyter/labextensions -size +1k"
        " '(' -name '*.js' -o -name '*.css' ')' ! -exec test -e {}.gz ';' -print"
    )
    assert lab.output("sh", "-c", script) == ""
    assert Path(STATIC).name == "static"


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

"""What goes over the wire: static files as they were compressed at build, and the few answers that
may be."""

import gzip
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
    refused = ("416 GET /static/lab/", "404 GET /lab/api/settings/x", "Settings not found")
    return module_container({"JUPYTER_TOKEN": TOKEN}, expect_warnings=refused).wait_ready()


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
        ("*;q=0", False),
        ("identity;q=0", False),
        ("identity;q=0, gzip;q=0.001", True),
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
    for asked, (start, end) in {"-5": (len(whole) - 5, None), "7-": (7, None)}.items():
        part = fetch(lab, bundle, {**TAKES_GZIP, "Range": f"bytes={asked}"})
        assert part.content == whole[start:end]


@pytest.mark.parametrize(
    "asked",
    [
        {"Range": "bytes=0-1,5-9"},
        {"Range": "lines=1-2"},
        {"Range": "bytes=5-9", "If-Range": '"of another image"'},
        {"Range": "bytes=5-9", "If-Range": "Thu, 01 Jan 2099 00:00:00 GMT"},
    ],
)
def test_a_range_that_cannot_be_had_is_all_of_it(
    lab: Container, bundle: str, asked: dict[str, str]
) -> None:
    answer = fetch(lab, bundle, {**TAKES_GZIP, **asked})
    packed = answer.headers.get("Content-Encoding") == "gzip"
    whole = gzip.decompress(answer.content) if packed else answer.content
    assert answer.status_code == requests.codes.ok
    assert whole == fetch(lab, bundle, AS_IT_IS).content


def test_a_range_beyond_the_end_is_told_how_long_the_original_is(
    lab: Container, bundle: str
) -> None:
    length = fetch(lab, bundle, AS_IT_IS, "HEAD", body=False).headers["Content-Length"]
    answer = fetch(lab, bundle, {**TAKES_GZIP, "Range": "bytes=999999999-"})
    assert answer.status_code == requests.codes.requested_range_not_satisfiable
    assert answer.headers["Content-Range"] == f"bytes */{length}"
    assert "Content-Encoding" not in answer.headers


def test_what_has_not_changed_is_not_sent_again(lab: Container, bundle: str) -> None:
    first = fetch(lab, bundle, TAKES_GZIP)
    headers = {**TAKES_GZIP, "If-Modified-Since": first.headers["Last-Modified"]}
    again = fetch(lab, bundle, headers)
    assert (again.status_code, again.content) == (requests.codes.not_modified, b"")
    assert "Accept-Encoding" in again.headers["Vary"]


def test_a_file_is_known_by_its_content_not_by_its_time(lab: Container) -> None:
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


@pytest.mark.parametrize("time_of_the_other", ["2020-01-01", "2099-01-01"])
def test_a_file_that_was_replaced_is_served_itself(lab: Container, time_of_the_other: str) -> None:
    name = f"new-{time_of_the_other}.js"
    lab.output("sh", "-c", f"cd {STATIC} && echo new >{name} && echo old | gzip >{name}.gz")
    lab.output("touch", "--date", time_of_the_other, f"{STATIC}/{name}.gz")
    assert fetch(lab, f"/static/lab/{name}", TAKES_GZIP).content == b"new\n"


def test_an_extension_that_the_user_installs_is_served(lab: Container) -> None:
    directory = "/home/lab/.local/share/jupyter/labextensions/served/static"
    lab.output("sh", "-c", f"mkdir -p {directory} && echo mine >{directory}/a.js", user="lab")
    path = "/lab/extensions/served/static/a.js"
    answer = fetch(lab, path, TAKES_GZIP)
    assert (answer.status_code, answer.content) == (requests.codes.ok, b"mine\n")
    for tag in (answer.headers["Etag"], answer.headers["Etag"].removeprefix("W/"), "*"):
        again = fetch(lab, path, {**TAKES_GZIP, "If-None-Match": tag})
        assert (again.status_code, again.content) == (requests.codes.not_modified, b""), tag
    assert fetch(lab, path, {**TAKES_GZIP, "If-None-Match": '"x"'}).content == b"mine\n"


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


@pytest.mark.parametrize("path", ["api/contents", "files"])
def test_nor_are_files_of_users_whatever_they_are_called(lab: Container, path: str) -> None:
    file = "lab/api/settings/secret.json"
    script = f"mkdir -p {Path(file).parent} && seq 999 >{file}"
    lab.output("sh", "-c", f"cd /data && {script}", user="lab")
    answer = fetch(lab, f"/{path}/{file}", TAKES_GZIP)
    assert (answer.status_code, len(answer.content) > 1024) == (requests.codes.ok, True)
    assert "Content-Encoding" not in answer.headers


def test_nor_are_errors_which_repeat_what_was_asked_for(lab: Container) -> None:
    path = f"/lab/api/settings/{'x' * 2000}"
    answer = fetch(lab, path, TAKES_GZIP)
    assert (answer.status_code, len(answer.content) > 1024) == (requests.codes.not_found, True)
    assert "Content-Encoding" not in answer.headers


def test_nor_are_the_messages_of_websockets(lab: Container) -> None:
    offer = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Extensions": "permessage-deflate",
    }
    answer = fetch(lab, "/api/events/subscribe", offer, body=False)
    assert answer.status_code == requests.codes.switching_protocols
    assert "Sec-WebSocket-Extensions" not in answer.headers


def test_every_large_script_and_style_has_been_compressed(lab: Container) -> None:
    script = (
        f"find {STATIC} /opt/lab/share/jupyter/labextensions -size +1k"
        " '(' -name '*.js' -o -name '*.css' ')' ! -exec test -e {}.gz ';' -print"
    )
    assert lab.output("sh", "-c", script) == ""
    assert Path(STATIC).name == "static"

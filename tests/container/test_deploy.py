"""The files of deploy/, as they are: only what they let `.env` set is set."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.container.compose import Project, build_tools
from tests.container.engine import CHECKOUT, Engine, Volumes
from tests.container.jupyter import Client
from tests.container.log_warnings import unexpected_warnings
from tests.container.running_container import READY_S
from tests.polling import eventually

TOKEN = "token-of-the-compose-test"
PASSWORD = "password-of-the-compose-test"


@pytest.fixture
def project(
    docker: Engine, image: str, volume: Volumes, tmp_path: Path
) -> Iterator[Callable[[str], Project]]:
    """Makes projects of a file in deploy/, with secrets and a data directory of root."""
    made: list[Project] = []
    directory = tmp_path / "deploy"
    shutil.copytree(CHECKOUT / "deploy", directory)
    secrets = tmp_path / "secrets"
    secrets.mkdir(mode=0o700)
    for name, secret in (("jupyter_token", TOKEN), ("labpasswd", PASSWORD)):
        (secrets / name).write_text(f"{secret}\n")
        (secrets / name).chmod(0o600)
    env = {
        "IMAGE": image,
        "PORT": "0",
        "DATA": str(volume()),
        "SECRETS": str(secrets),
        "CERTS": str(tmp_path),
    }

    def make(file: str) -> Project:
        made.append(Project(docker, directory, file, env))
        return made[-1]

    yield make
    for one in made:
        one("down", "--volumes", "--timeout", "2", "--rmi", "local")


def up(project: Project) -> None:
    done = project("up", "--detach", "--wait")
    assert done.exit_code == 0, f"{done}\n{project.logs()}"


def labs_own_lines(log: str) -> str:
    """The log of the service `jupyter` without the prefix that Compose puts before each line."""
    lines = (line.partition(" | ") for line in log.splitlines())
    return "\n".join(text for service, _, text in lines if service.startswith("jupyter"))


def test_compose_starts_a_lab_with_secrets_from_files(project: Callable[[str], Project]) -> None:
    lab = project("compose.yaml")
    up(lab)
    client = Client(f"http://{lab.address('jupyter', 8080)}", TOKEN)
    with client.kernel() as kernel:
        assert kernel.run("import os; print(os.getuid(), os.getcwd())").stdout == "1000 /data\n"
    sudo = f"echo {PASSWORD} | sudo --stdin --prompt= id --user"
    assert client.terminal(sudo).output.strip() == "0"
    assert lab.inspect("jupyter", ".HostConfig.RestartPolicy.Name") == "unless-stopped"
    assert lab.inspect("jupyter", ".HostConfig.Memory") == 4 << 30
    assert unexpected_warnings(labs_own_lines(lab.logs()), ()) == []
    shown = str(lab.inspect("jupyter", ".Config.Env")) + lab.logs()
    assert TOKEN not in shown
    assert PASSWORD not in shown


def test_the_home_and_the_login_outlive_the_container(project: Callable[[str], Project]) -> None:
    lab = project("compose.yaml")
    up(lab)
    lab.exec("jupyter", "labctl", "shell", "-c", "echo kept >~/kept")
    before = lab.container_id("jupyter")
    assert lab("up", "--detach", "--wait", "--force-recreate").exit_code == 0
    assert lab.container_id("jupyter") != before
    assert lab.exec("jupyter", "cat", "/home/lab/kept") == "kept"


def test_the_hardened_lab_has_six_capabilities_and_its_user_none(
    project: Callable[[str], Project],
) -> None:
    lab = project("compose.hardened.yaml")
    up(lab)
    client = Client(f"http://{lab.address('jupyter', 8080)}", TOKEN)
    found = client.terminal(
        "grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status; id -u; id -un; umask"
    ).output.strip()
    # The bounding set stays where SETPCAP is missing; no_new_privs makes it useless.
    assert "CapEff:\t0000000000000000" in found
    assert "NoNewPrivs:\t1" in found
    assert found.endswith("1000\nlab\n0022")
    with client.kernel() as kernel:
        assert kernel.run(
            "open('/data/note', 'w').write('saved'); open('/tmp/x', 'w'); open('/etc/x', 'w')"
        ).error
        assert kernel.run("print(open('/data/note').read())").stdout == "saved\n"
    assert lab.exec("jupyter", "stat", "--format", "%u:%g", "/data/note") == "1000:1000"
    assert unexpected_warnings(labs_own_lines(lab.logs()), []) == [], "what was asked for"
    assert lab.inspect("jupyter", ".HostConfig.ReadonlyRootfs") is True
    began_with = len(lab.logs())
    lab("stop")
    assert lab.inspect("jupyter", ".State.ExitCode") == 0
    assert "ended after" in lab.logs()[began_with:]


def make_certificate(directory: Path) -> Path:
    certificate = directory / "fullchain.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
            *("-keyout", directory / "privkey.pem", "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    return certificate


def test_behind_nginx_everything_works_under_its_address(
    project: Callable[[str], Project], tmp_path: Path
) -> None:
    certificate = make_certificate(tmp_path)
    lab = project("proxy/compose.yaml")
    up(lab)
    assert lab.inspect("jupyter", ".NetworkSettings.Ports") in ({}, {"8080/tcp": None}), (
        "there is a way past the proxy"
    )
    client = Client(f"https://{lab.address('nginx', 443)}/lab", TOKEN, certificate=certificate)
    assert client.request("GET", "/api").status_code == requests.codes.ok
    # Redirected without the port that nginx has in its container.
    root = Client(client.url.removesuffix("/lab"), "", certificate=certificate)
    assert root.request("GET", "/").headers["Location"] == "/lab/"
    with client.kernel() as kernel:
        assert kernel.run("print(6 * 7)").stdout == "42\n"
    assert client.terminal("id -un").output.strip() == "lab"
    assert client.request("PUT", "/api/contents/big.txt", json=big_file(4 << 20)).ok
    assert_scripts_are_compressed_and_pages_are_not(lab, client)
    assert_a_new_address_of_the_lab_is_found(lab, client)


def assert_scripts_are_compressed_and_pages_are_not(lab: Project, client: Client) -> None:
    # JupyterLab's own as they are, those of the user's extensions by nginx.
    directory = "/home/lab/.local/share/jupyter/labextensions/mine/static"
    script = f"mkdir -p {directory}; yes mine | head -9999 >{directory}/a.js"
    lab("exec", "--no-TTY", "--user", "lab", "jupyter", "sh", "-c", script)
    page = client.request("GET", "/lab")
    (main,) = set(re.findall(r"/static/lab/main\.\w+\.js", page.text))
    for path in (main, "/lab/extensions/mine/static/a.js"):
        answer = client.request("GET", path, headers={"Accept-Encoding": "gzip, br"})
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert len(answer.content) > 9999
    assert "Content-Encoding" not in page.headers


def assert_a_new_address_of_the_lab_is_found(lab: Project, client: Client) -> None:
    lab("up", "--detach", "--wait", "--force-recreate", "--no-deps", "jupyter")

    def answers() -> None:
        try:
            assert client.request("GET", "/api").status_code == requests.codes.ok
        except requests.ConnectionError as error:
            raise AssertionError("the proxy does not answer") from error

    eventually(answers, READY_S)


def big_file(size: int) -> dict[str, str]:
    return {"type": "file", "format": "text", "content": "x" * size}


def test_quadlet_makes_a_service_of_the_unit(docker: Engine) -> None:
    unit = CHECKOUT / "deploy/podman/jupyter.container"
    done = docker.try_(
        *(
            "run",
            "--rm",
            "--volume",
            f"{unit}:/units/jupyter.container:ro",
            "--env",
            "QUADLET_UNIT_DIRS=/units",
        ),
        *(build_tools(docker), "/usr/libexec/podman/quadlet", "-dryrun", "-user"),
    )
    assert done.exit_code == 0, done
    assert "unsupported" not in done.stderr.lower(), done
    (start,) = [line for line in done.stdout.splitlines() if line.startswith("ExecStart=")]
    for part in (
        "--name jupyter",
        "--env LABUID=0",
        "%h/lab:/data",
        "--health-cmd",
        "--publish 127.0.0.1:8080:8080",
    ):
        assert part in start

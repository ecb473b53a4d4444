"""deploy/hub as it stands, and what its documents say of upgrades, backups and OAuth."""

import contextlib
import re
import subprocess
from collections.abc import Iterator

import pytest
import requests

from tests.container.deployed_hub import PASSWORD, DeployedHub
from tests.container.engine import CHECKOUT, Engine
from tests.container.oauth_provider import Provider
from tests.polling import eventually
from tests.shell_blocks import commands

UPGRADE = "Upgrade without losing work"

pytestmark = pytest.mark.timeout(900)

# An extension of the user's own, and the same as a file among the notebooks.
EXTENSION = """
from pathlib import Path
for directory in "/home/lab/.local/share/jupyter/labextensions/mine/static", "/data":
    Path(directory).mkdir(parents=True, exist_ok=True)
    Path(directory, "a.js").write_text("mine " * 9999)
6 * 7
"""


@pytest.fixture(scope="module")
def hub(
    docker: Engine, image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeployedHub]:
    directory = tmp_path_factory.mktemp("hub")
    certificate = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    files = ("-keyout", directory / "privkey.pem", "-out", directory / "fullchain.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *certificate, *files],
        check=True,
        capture_output=True,
    )
    with DeployedHub(docker, image, directory) as started:
        started.up()
        yield started


def documented(hub: DeployedHub, section: str, user: str = "") -> list[str]:
    """Return the commands of docs/many-users.md, for this hub, its image and a user."""
    names = {
        "labinit:latest": hub.env["IMAGE"],
        # Not those of other hubs on this machine.
        "label=labinit.hub-user": f"label=labinit.hub-user --filter name={hub.prefix}-",
    }
    lines = commands(CHECKOUT / "docs/many-users.md", section, names)
    return [
        line.replace("lab-NAME", hub.container(user)).replace("=NAME", f"={user}") for line in lines
    ]


def test_files_stay_when_the_server_is_stopped_or_come_back_from_the_backup(
    hub: DeployedHub,
) -> None:
    code = "for f in '/data/x', '/home/lab/x': open(f, 'a').write('x'); print(open(f).read())"
    for number in (1, 2):
        with hub.start("eve").kernel() as kernel:
            assert kernel.run(code).stdout == f"{'x' * number}\n" * 2
        hub.stop_server("eve")
    hub.shell(*documented(hub, "Backup"))
    saved = hub.directory / "deploy/hub/backup"
    assert {"backup.sqlite", "cookie_secret"} < {path.name for path in saved.iterdir()}
    assert saved.stat().st_mode & 0o077 == 0
    hub.docker("volume", "rm", f"{hub.container('eve')}-data")
    hub.shell(*documented(hub, "Restore", "eve"))
    hub.wait_until_up()
    with hub.start("eve").kernel() as kernel:
        assert kernel.run(code).stdout == "xxx\n" * 2


def test_a_user_has_limits_no_way_to_root_and_labctl_says_who_started_it(hub: DeployedHub) -> None:
    hub.start("bob")
    about = hub.docker(
        "inspect",
        "--format",
        "{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.PidsLimit}} "
        "{{.HostConfig.ShmSize}}"
        " {{.HostConfig.CpuQuota}} {{.HostConfig.Binds}}",
        hub.container("bob"),
    )
    assert about.startswith(f"{1 << 30} {1 << 30} 512 {256 << 20} 100000 "), about
    assert "docker.sock" not in about
    done = hub.inside("bob", "labctl", "shell", "-c", "sudo -n true; id -u; ls /run/secrets")
    assert done.stdout.split() == ["1000"], done
    status = hub.inside("bob", "labctl", "status")
    for part in ("user bob, api http://hub:8081/hub/api", "1 CPU, 512 processes"):
        assert part in status.stdout, status
    assert f"/data: {hub.prefix}-bob-data" in status.stdout
    assert "problem" not in hub.inside("bob", "labctl", "status", "--json").stdout
    token = re.search("JUPYTERHUB_API_TOKEN=(\\w+)", hub.docker("inspect", hub.container("bob")))
    assert token
    assert token[1] not in status.stdout


def test_an_upgrade_of_the_hub_and_a_restart_of_the_proxy_end_nobodys_work(
    hub: DeployedHub,
) -> None:
    server = hub.start("cleo")
    with server.kernel() as kernel:
        kernel.run("x = 41")
        before = {name: hub.project.container_id(name) for name in ("hub", "proxy")}
        with (hub.directory / "deploy/hub/hub_common.py").open("a") as source:
            source.write("# a newer release\n")
        hub.shell(*(line for line in documented(hub, UPGRADE) if "git pull" not in line))
        assert hub.project.container_id("hub") != before["hub"]
        assert hub.project.container_id("proxy") == before["proxy"]
        assert kernel.run("x + 1").results == [{"text/plain": "42"}]
        hub.docker("restart", hub.project.container_id("proxy"))
        server.url = f"{hub.url}/user/cleo"

        def has_its_route() -> None:
            with contextlib.suppress(requests.ConnectionError):
                assert server.request("GET", "/api/contents").ok
                return
            raise AssertionError("the proxy does not answer")

        eventually(has_its_route, 90)


def test_while_the_hub_is_gone_servers_go_on_and_pages_and_labctl_say_so(hub: DeployedHub) -> None:
    server = hub.start("dan")
    with server.kernel() as kernel:
        hub.docker("stop", hub.project.container_id("hub"))
        try:
            assert kernel.run("6 * 7").results == [{"text/plain": "42"}]
            page = requests.get(f"{hub.url}/hub/home", timeout=30)
            assert page.status_code == 503
            assert "the hub is restarting" in page.text
            assert "the hub does not answer" in hub.labctl("dan")
        finally:
            hub.docker("start", hub.project.container_id("hub"))
            hub.wait_until_up()


def test_an_expired_token_of_the_server_is_named(hub: DeployedHub) -> None:
    server = hub.start("finn")
    hub.revoke_token_of("finn")
    assert "does not accept this server's token" in hub.labctl("finn")
    assert "403 GET /hub/api/user " in hub.hub_log()
    assert server.request("GET", "/api/contents").ok, "its user has a token that is good"
    assert requests.get(f"{server.url}/api/contents", timeout=30).status_code == 403


def test_a_volume_of_another_user_is_refused(hub: DeployedHub) -> None:
    name = f"{hub.prefix}-gil-data"
    hub.docker("volume", "create", "--label", "labinit.hub-user=hal", name)
    line = hub.failed_line("gil")
    assert f"volume {name} belongs to the user hal" in line
    assert hub.docker.try_("inspect", hub.container("gil")).exit_code != 0


def test_a_name_that_no_account_can_have(hub: DeployedHub) -> None:
    # As everybody is `lab` inside, any name will do that the engine can make a volume for.
    server = hub.start("ünï-code@example.org")
    with server.kernel() as kernel:
        assert kernel.run("import getpass; getpass.getuser()").results == [{"text/plain": "'lab'"}]
    assert "no container for" in hub.failed_line("ü" * 60)
    hub.up(USER_ACCOUNT="name")
    try:
        assert "LABUSER" in hub.failed_line("root")
        assert "LABUSER" in hub.failed_line("2fast")
        with hub.start("ines").kernel() as kernel:
            cell = kernel.run("import getpass; getpass.getuser()")
            assert cell.results == [{"text/plain": "'ines'"}]
    finally:
        hub.up()


def test_a_wrong_password_gets_no_server(hub: DeployedHub) -> None:
    session = hub.log_in("kai", "wrong")
    page = session.get(f"{hub.url}/hub/home", timeout=30)
    assert "/hub/login" in page.url


def test_a_server_that_nobody_uses_is_stopped_and_its_files_stay(hub: DeployedHub) -> None:
    hub.start("max")
    hub.up(IDLE_SECONDS="1")
    try:

        def is_gone() -> None:
            assert hub.docker.try_("inspect", hub.container("max")).exit_code != 0

        eventually(is_gone, 120)
        hub.docker("volume", "inspect", f"{hub.prefix}-max-data", f"{hub.prefix}-max-home")
        assert "idle-culler" in hub.hub_log()
    finally:
        hub.up()


def test_with_tls_in_front_people_sign_up_and_an_administrator_lets_them_in(
    hub: DeployedHub,
) -> None:
    hub.up("compose.tls.yaml", HUB_AUTHENTICATOR="native", HUB_ADMINS="boss")
    try:
        assert hub.port("proxy", 8000) in {"", "0"}, "there is a way past nginx"
        hub.certificate = hub.directory / "fullchain.pem"
        for name in ("boss", "lea"):
            words = {"signup_password": PASSWORD, "signup_password_confirmation": PASSWORD}
            page = hub.submit(hub.session(), "signup", username=name, **words)
            assert page.ok, page.text
        early = hub.log_in("lea").get(f"{hub.url}/hub/home", timeout=30)
        assert "/hub/login" in early.url
        let_in = hub.log_in("boss").get(f"{hub.url}/hub/authorize/lea", timeout=30)
        assert let_in.ok, let_in.text
        client = hub.start("lea")
        with client.kernel() as kernel:
            assert kernel.run(EXTENSION).results == [{"text/plain": "42"}]
        asked = {"Authorization": f"token {client.token}", "Accept-Encoding": "gzip"}
        for path, coding in (("/lab/extensions/mine/static/a.js", "gzip"), ("/files/a.js", None)):
            answer = client.request("GET", path, headers=asked)
            assert (answer.ok, answer.headers.get("Content-Encoding")) == (True, coding), path
    finally:
        hub.certificate = None
        hub.up()


def test_people_log_in_through_an_oauth_provider_if_its_groups_let_them(hub: DeployedHub) -> None:
    """The last test: the hub stays as it is."""
    readme = (CHECKOUT / "deploy/hub/README.md").read_text()
    ((lines,),) = [re.findall(r"```python\n(.*?)```", readme, re.DOTALL)]
    with Provider(hub.docker.bridge()) as provider:
        for name, url in (("HOST", hub.url), ("id.example.org", provider.url)):
            lines = lines.replace(f"https://{name}", url)
        (hub.directory / "secrets/oauth_secret").write_text(f"{provider.secret}\n")
        hub.configure(lines, before="read.stop_if_wrong()")
        port = hub.port("proxy", 8000)
        hub.up("compose.oauth.yaml", HUB_AUTHENTICATOR="generic-oauth", PORT=port)

        def log_in(name: str, *groups: str) -> tuple[requests.Session, requests.Response]:
            provider.person = {"preferred_username": name, "groups": groups}
            session = hub.session()
            return session, session.get(f"{hub.url}/hub/oauth_login?next=/hub/home", timeout=30)

        session, page = log_in("Ada@example.org", "lab", "staff")
        assert page.url == f"{hub.url}/hub/home", page.text
        assert hub.spawn(session, "ada@example.org")[-1].get("ready"), hub.hub_log()
        with hub.client(session, "ada@example.org").kernel() as kernel:
            assert kernel.run("6 * 7").results == [{"text/plain": "42"}]
        _, page = log_in("mallory", "staff")
        assert page.status_code == 403
        assert provider.secret not in hub.hub_log()

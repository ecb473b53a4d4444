"""The server's quick start: what it puts off works when it is asked for, and nobody else
notices."""

import http.server
import json
import threading
from collections.abc import Iterator

import pytest

from tests.container.containers import Containers
from tests.container.engine import Engine
from tests.container.running_container import Container

TOKEN = "token-to-jupyter-page"
PUT_OFF = (
    "rfc3987_syntax.syntax_helpers",
    "lark",
    "sqlalchemy.util",
    "alembic",
)
SERVERS = ("jupyter-lab", "jupyterhub-singleuser")
BLOCKED = {"blocked_extensions": [{"name": "@evil/extension", "type": "npm", "reason": "a test"}]}


@pytest.fixture(scope="module")
def listings(docker: Engine) -> Iterator[str]:
    """The address of a list of blocked extensions, as containers reach it."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(BLOCKED).encode())

        def log_message(self, *_: object) -> None: ...

    bridge = docker.bridge()
    with http.server.ThreadingHTTPServer((bridge, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{bridge}:{server.server_port}/listings.json"
        server.shutdown()


@pytest.fixture(scope="module")
def lab(module_container: Containers, listings: str) -> Container:
    return module_container(
        {"LABUID": "1000", "JUPYTER_TOKEN": TOKEN},
        command=[f"--LabServerApp.blocked_extensions_uris={listings}"],
    ).wait_ready()


def loaded(lab: Container, server: str, code: str) -> str:
    """Return what `code` prints in the user's Python that has loaded a server and is about to run
    it."""
    start = (
        "import sys; sys.path.insert(0, '/opt/lab/libexec'); import start_server; "
        f"start_server.find_main('{server}')"
    )
    return lab.output("python", "-c", f"{start}\n{code}", user="lab")


def test_the_server_runs_from_the_images_own_start(lab: Container) -> None:
    processes = lab.output("ps", "-o", "comm,args", "--no-headers", "--ppid", "1")
    assert processes.split()[:3] == [
        "jupyter-lab",
        "/opt/lab/bin/python3",
        "/opt/lab/libexec/jupyter-lab",
    ]


@pytest.mark.parametrize("server", SERVERS)
def test_what_no_start_needs_is_not_loaded(lab: Container, server: str) -> None:
    assert (
        loaded(lab, server, f"print([name for name in {PUT_OFF} if name in sys.modules])") == "[]"
    )


@pytest.mark.parametrize("server", SERVERS)
def test_the_command_that_is_installed_loads_it(lab: Container, server: str) -> None:
    # Where this fails, a workaround has become needless: see
    # docs/decisions/0010-start-of-the-server.md.
    module = {"jupyter-lab": "jupyterlab.labapp", "jupyterhub-singleuser": "jupyterhub.singleuser"}[
        server
    ]
    wanted = PUT_OFF if server == "jupyterhub-singleuser" else PUT_OFF[:2]
    code = f"import sys, {module}; print([name for name in {wanted} if name not in sys.modules])"
    assert lab.output("python", "-c", code, user="lab") == "[]"


AUDIT = (
    "import sys; sys.addaudithook(lambda event, about: event == 'subprocess.Popen' and "
    "print(about[1][1:]))\n"
)


@pytest.mark.parametrize("server", SERVERS)
def test_no_program_is_run_to_load_the_server(lab: Container, server: str) -> None:
    path = lab.output("printenv", "PATH", user="lab")
    code = (
        f"{AUDIT}sys.path.insert(0, '/opt/lab/libexec')\nimport os, start_server; "
        f"start_server.find_main('{server}')"
    )
    code += "\nimport jupyterlab.labapp"
    assert lab.output("python", "-c", f"{code}\nprint(os.environ['PATH'])", user="lab") == path


def test_the_command_that_is_installed_asks_yarn(lab: Container) -> None:
    if lab.exec(["which", "node"]).exit_code != 0:
        pytest.skip("this image has no node, which came with no kernel that was chosen")
    # Where this fails, a workaround has become needless: see
    # docs/decisions/0010-start-of-the-server.md.
    assert "yarn.js" in lab.output("python", "-c", f"{AUDIT}import jupyterlab.labapp", user="lab")


@pytest.mark.parametrize("server", SERVERS)
def test_iris_are_still_checked(lab: Container, server: str) -> None:
    code = (
        "from jsonschema import Draft7Validator, FormatChecker\n"
        "check = Draft7Validator({'format': 'iri'}, format_checker=FormatChecker())\n"
        "print([check.is_valid(text) for text in ('http://example.com/ü', "
        "'http://example.com/a b', 'no iri')])"
    )
    assert loaded(lab, server, code) == "[True, False, False]"


def test_an_extension_gets_the_whole_of_a_module_that_is_stood_in_for(lab: Container) -> None:
    code = (
        "import rfc3987_syntax, rfc3987_syntax.syntax_helpers\n"
        "from jupyterhub.handlers.pages import HomeHandler\n"
        "from jupyterhub import orm\n"
        "import sqlalchemy.exc\n"
        "print(rfc3987_syntax.is_valid_syntax('iri', 'a:b'), HomeHandler.__name__, "
        "orm.User.__name__)\n"
        "print(issubclass(sqlalchemy.exc.ArgumentError, sqlalchemy.exc.SQLAlchemyError))\n"
        "names = ('rfc3987_syntax', 'jupyterhub.handlers.pages', 'sqlalchemy.exc')\n"
        "print(all(sys.modules[name].__file__ for name in names))"
    )
    assert loaded(lab, "jupyterhub-singleuser", code).split() == [
        "True",
        "HomeHandler",
        "User",
        "True",
        "True",
    ]


def test_no_module_of_a_package_that_waited_is_loaded_twice(lab: Container) -> None:
    code = (
        "from sqlalchemy.exc import SQLAlchemyError\n"
        "import sqlalchemy.engine.base\n"
        "print(sqlalchemy.exc.SQLAlchemyError is SQLAlchemyError is "
        "sqlalchemy.engine.base.exc.SQLAlchemyError)"
    )
    assert loaded(lab, "jupyterhub-singleuser", code) == "True"


@pytest.mark.parametrize(
    "statement",
    [
        "import sqlalchemy",
        "from sqlalchemy import exc",
        "from sqlalchemy.orm import Session",
        "import jupyterhub.handlers",
    ],
)
def test_whoever_imports_the_package_first_gets_all_of_it(lab: Container, statement: str) -> None:
    code = (
        f"{statement}\n"
        "import sqlalchemy\n"
        "from jupyterhub.handlers import pages\n"
        "engine = sqlalchemy.create_engine('sqlite://')\n"
        "try: engine.connect().execute(sqlalchemy.text('no sql'))\n"
        "except sqlalchemy.exc.SQLAlchemyError as error: print(type(error).__name__)\n"
        "print(pages.HealthCheckHandler.__mro__[1].__name__)"
    )
    assert loaded(lab, "jupyterhub-singleuser", code).split() == ["OperationalError", "BaseHandler"]


def test_the_hubs_address_is_asked_of_the_system_each_time(lab: Container) -> None:
    # aiodns would keep it for ten minutes: docs/decisions/0010-start-of-the-server.md.
    code = (
        "import aiohttp.connector, aiodns; print(aiohttp.connector.DefaultResolver.__name__, "
        "aiodns.__name__)"
    )
    assert loaded(lab, "jupyterhub-singleuser", code) == "ThreadedResolver aiodns"


def test_garbage_is_collected_again_once_the_server_is_loaded(lab: Container) -> None:
    code = (
        "import gc, weakref\n"
        "class Ring: pass\n"
        "ring = Ring(); ring.own = ring; seen = weakref.ref(ring); del ring; gc.collect()\n"
        "print(gc.isenabled(), seen() is None)"
    )
    assert loaded(lab, "jupyter-lab", code) == "True True"


def test_a_list_of_blocked_extensions_is_fetched(lab: Container) -> None:
    address = "/lab/api/listings/@jupyterlab/extensionmanager-extension/listings.json"
    assert lab.client().api("GET", address)["blocked_extensions"] == BLOCKED["blocked_extensions"]


def test_a_kernel_is_as_ever(lab: Container) -> None:
    cell = lab.run_cell(
        "import gc, sys, requests, rfc3987_syntax\n"
        "print(gc.isenabled(), type(requests).__name__, type(rfc3987_syntax).__name__)\n"
        "print([word for word in sys.path if 'libexec' in word])"
    )
    assert cell.text.split() == ["True", "module", "module", "[]"]


def test_a_terminal_finds_the_installed_command(lab: Container) -> None:
    assert (
        lab.terminal("command -v jupyter-lab; jupyter lab --version").output.splitlines()[0]
        == "/opt/lab/bin/jupyter-lab"
    )


ENTRY_POINTS = """
import importlib.metadata, os, sys
distribution = os.path.join(sys.argv[1], 'late-1.dist-info')
def names(): return [found.name for found in importlib.metadata.entry_points(group='late')]
sys.path.append(sys.argv[1])
print(names(), len(importlib.metadata.entry_points(group='nbconvert.exporters')) > 10)
os.mkdir(distribution)
open(f'{distribution}/METADATA', 'w').write('Metadata-Version: 2.1\\nName: late\\nVersion: 1\\n')
open(f'{distribution}/entry_points.txt', 'w').write('[late]\\nfound = late:main\\n')
os.utime(sys.argv[1], (1, 1))
print(names())
reads = []
def hook(event, about):
    if event == 'open' and 'entry_points' in str(about[0]):
        reads.append(about)
sys.addaudithook(hook)
print(names(), len(reads))
"""


def test_entry_points_are_read_once_and_again_when_a_package_has_come(lab: Container) -> None:
    code = ENTRY_POINTS.replace("sys.argv[1]", "'/tmp/late'")
    lab.output("mkdir", "/tmp/late", user="lab")
    found = loaded(lab, "jupyter-lab", code).splitlines()
    assert found == ["[] True", "['found']", "['found'] 0"]

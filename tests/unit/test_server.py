"""The server's argv and environment."""

from typing import Any

import pytest

from labinit.errors import SettingsError
from labinit.plan.plan import make_plan
from labinit.plan.server import (
    address,
    is_server_command,
    make_argv,
    make_environment,
    without_wrapper,
)
from labinit.plan.steps import Plan
from tests.unit.values import AS_USER, FRESH, replace, settings

HUB = {"JUPYTERHUB_API_TOKEN": "secret-of-the-hub"}


def plan(**environ: str) -> Plan:
    facts = replace(FRESH, usable_home="/root") if environ.get("LABUID") == "0" else FRESH
    return make_plan(settings(environ), facts)


def argv(*command: str, environ: dict[str, str] | None = None, **env: str) -> tuple[str, ...]:
    program, *arguments = make_argv(command, plan(**env), environ or {}, settings(env))
    return (program.rpartition("/")[2], *arguments)


def environment(environ: dict[str, str], **changes: Any) -> dict[str, str]:
    return make_environment(environ, settings(environ), replace(plan(**environ), **changes))


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ((), ("jupyter-lab",)),
        (("lab",), ("jupyter-lab",)),
        (("lab", "--debug"), ("jupyter-lab", "--debug")),
        (("--ServerApp.base_url=/lab",), ("jupyter-lab", "--ServerApp.base_url=/lab")),
        (("start-notebook.sh", "--debug"), ("jupyter-lab", "--debug")),
        (("start-notebook.py",), ("jupyter-lab",)),
        (("start-singleuser.sh",), ("jupyter-lab",)),
        (("start-singleuser.py",), ("jupyter-lab",)),
        (("jupyterhub-singleuser",), ("jupyter-lab",)),
        (("bash",), ("bash",)),
        (("jupyter", "lab"), ("jupyter", "lab")),
        (("/usr/bin/lab",), ("lab",)),
    ],
)
def test_the_command_means_the_server_or_itself(
    command: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert argv(*command) == expected


@pytest.mark.parametrize(
    "command", [(), ("lab",), ("start-singleuser.sh",), ("jupyterhub-singleuser",)]
)
def test_where_there_is_a_hub_the_server_is_its_own_and_gets_no_flag(
    command: tuple[str, ...],
) -> None:
    assert argv(*command, environ=HUB) == ("jupyterhub-singleuser",)
    assert argv(*command, environ=HUB, LABAUTH="none") == ("jupyterhub-singleuser",)


@pytest.mark.parametrize("environ", [{}, HUB])
def test_root_has_to_be_allowed(environ: dict[str, str]) -> None:
    assert argv(environ=environ, LABUID="0")[1:] == ("--allow-root",)


def test_authentication_is_switched_off_by_a_flag_that_nothing_else_can_give() -> None:
    assert argv("lab", "--debug", LABAUTH="none") == (
        "jupyter-lab",
        "--IdentityProvider.token=",
        "--debug",
    )


@pytest.mark.parametrize(
    ("command", "is_server"), [((), True), (("-x",), True), (("",), False), (("labx",), False)]
)
def test_a_command_is_the_server_only_under_its_names(
    command: tuple[str, ...], is_server: bool
) -> None:
    assert is_server_command(command) is is_server


def test_the_environment_says_who_and_where() -> None:
    made = environment(
        {
            "PATH": "/opt/lab/bin:/bin",
            "LABUSER": "lab",
            "MINE": "x",
            "HOME": "/root",
            "USER": "root",
        }
    )
    assert made == {
        "PATH": "/home/lab/.local/bin:/opt/lab/bin:/bin",
        "HOME": "/home/lab",
        "USER": "lab",
        "LOGNAME": "lab",
        "SHELL": "/bin/bash",
        "MINE": "x",
        "LABUSER": "lab",
        "JUPYTER_PORT": "8080",
        "JUPYTER_RUNTIME_DIR": "/run/labinit/jupyter",
        "JUPYTER_TOKEN_FILE": "/run/labinit/token",
    }


def test_no_secret_is_in_the_environment() -> None:
    secrets = {"LABPASSWD": "s3cret", "JUPYTER_TOKEN": "s3cret"}
    assert "s3cret" not in str(environment(secrets))
    assert "s3cret" not in str(environment({"LABPASSWD_HASH": "$y$s3cret$x"}))
    made = make_environment(
        {"LABPASSWD_FILE": "/s3cret", "JUPYTER_TOKEN_FILE": "/s3cret"}, settings(), plan()
    )
    assert "s3cret" not in str(made)


def test_without_authentication_no_token_is_named() -> None:
    assert "JUPYTER_TOKEN_FILE" not in environment({"LABAUTH": "none"})


@pytest.mark.parametrize(
    ("environ", "port"),
    [
        ({}, "8080"),
        ({"LABPORT": "9000"}, "9000"),
        ({"JUPYTER_PORT": "9000"}, "9000"),
        ({"JUPYTER_PORT": "tcp://10.0.0.1:80"}, "8080"),
        (HUB, None),
        (HUB | {"JUPYTER_PORT": "8888"}, "8888"),
        (HUB | {"JUPYTER_PORT": "tcp://10.0.0.1:80"}, None),
    ],
)
def test_the_port_is_that_of_the_settings_or_of_the_hub(
    environ: dict[str, str], port: str | None
) -> None:
    assert environment(environ).get("JUPYTER_PORT") == port


@pytest.mark.parametrize(
    ("arguments", "url"),
    [
        ([], "http://localhost:8080/lab"),
        (["--ServerApp.base_url=/foo"], "http://localhost:8080/foo/lab"),
        (["--ServerApp.base_url", "/a/b/"], "http://localhost:8080/a/b/lab"),
        (["--NotebookApp.base_url=x"], "http://localhost:8080/x/lab"),
        (["--ServerApp.base_url=/"], "http://localhost:8080/lab"),
        (["--ServerApp.port=9", "--ServerApp.certfile=c"], "https://localhost:9/lab"),
        (["--port=9"], "http://localhost:9/lab"),
    ],
)
def test_the_address_follows_the_options_of_the_server(arguments: list[str], url: str) -> None:
    assert address(("jupyter-lab", *arguments), settings()) == url


def test_arguments_of_docker_stacks_reach_the_server() -> None:
    given = {"NOTEBOOK_ARGS": "--ServerApp.base_url='/a b' --debug"}
    made = make_argv(["lab", "--x"], plan(), {}, settings(given))
    assert made[1:] == ("--ServerApp.base_url=/a b", "--debug", "--x")
    assert make_argv(["true"], plan(), {}, settings(given)) == ("true",)
    with pytest.raises(SettingsError, match="NOTEBOOK_ARGS cannot be split"):
        settings({"NOTEBOOK_ARGS": "'"})


@pytest.mark.parametrize(
    ("command", "rest"),
    [
        (["start.sh", "jupyter", "lab"], ["jupyter", "lab"]),
        (["/usr/local/bin/start.sh"], []),
        (["start.sh", "lab"], ["lab"]),
        (["./other.sh", "start.sh"], ["./other.sh", "start.sh"]),
    ],
)
def test_the_start_script_of_docker_stacks_is_dropped(command: list[str], rest: list[str]) -> None:
    assert list(without_wrapper(command)) == rest


def test_variables_to_unset_reach_no_process_of_the_users() -> None:
    given = {"JUPYTER_ENV_VARS_TO_UNSET": "API_KEY, OTHER", "API_KEY": "k", "OTHER": "o", "C": "c"}
    made = make_environment(given, settings(given), plan())
    assert "API_KEY" not in made
    assert "OTHER" not in made
    assert made["C"] == "c"


def test_a_password_of_the_page_replaces_the_token() -> None:
    environ = {"JUPYTER_PASSWORD": "open sesame", "JUPYTER_CONFIG_PATH": "/mine"}
    made = make_environment(environ, settings(environ), make_plan(settings(environ), FRESH))
    assert "JUPYTER_TOKEN_FILE" not in made
    assert made["JUPYTER_CONFIG_PATH"] == "/run/labinit/page:/mine"
    assert "sesame" not in str(made)


def test_a_hub_has_its_own_authentication() -> None:
    made = environment(HUB)
    assert made["JUPYTERHUB_API_TOKEN"] == "secret-of-the-hub"
    assert "JUPYTER_TOKEN_FILE" not in made


@pytest.mark.parametrize(
    ("given", "preloaded"), [({}, "/lib/nss.so"), ({"LD_PRELOAD": "/a.so"}, "/a.so:/lib/nss.so")]
)
def test_a_user_without_an_account_is_shown_one(given: dict[str, str], preloaded: str) -> None:
    made = make_environment(
        given, settings(), make_plan(settings(), replace(AS_USER, names_library="/lib/nss.so"))
    )
    assert made["LD_PRELOAD"] == preloaded
    assert made["NSS_WRAPPER_PASSWD"] == "/tmp/labinit-1234/passwd"
    assert made["NSS_WRAPPER_GROUP"] == "/tmp/labinit-1234/group"
    assert "LD_PRELOAD" not in environment({})

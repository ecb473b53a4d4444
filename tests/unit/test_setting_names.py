"""Names that look like settings, and those that other images use."""

import pytest

from labinit.settings.load import load_settings
from tests.unit.values import NO_SECRETS


def warnings(environ: dict[str, str]) -> list[str]:
    return [str(notice) for notice in load_settings(environ, NO_SECRETS).warnings]


@pytest.mark.parametrize(
    ("name", "guess"),
    [
        ("LABUDI", "did you mean LABUID?"),
        ("LAB_UID", "did you mean LABUID?"),
        ("LABPASSWORD", "did you mean LABPASSWD?"),
        ("LABPASSWD_FILES", "did you mean LABPASSWD_FILE?"),
        ("labuid", "did you mean LABUID?"),
        ("jupyter_token", "did you mean JUPYTER_TOKEN?"),
        ("LABXYZQ", "remove it, or see the README"),
        ("JUPYTR_TOKEN", "did you mean JUPYTER_TOKEN?"),
        ("JUPTYER_TOKEN", "did you mean JUPYTER_TOKEN?"),
        ("JUPYTER_TOKENFILE", "did you mean JUPYTER_TOKEN_FILE?"),
        ("JUPYTERTOKEN", "did you mean JUPYTER_TOKEN?"),
        ("JUPYTER_PASWORD", "did you mean JUPYTER_PASSWORD?"),
        ("NBUSER", "did you mean NB_USER?"),
        ("GRANT_SUDOO", "did you mean GRANT_SUDO?"),
        ("CHOWNHOME", "did you mean CHOWN_HOME?"),
        ("NOTEBOOKARGS", "did you mean NOTEBOOK_ARGS?"),
        ("puid", "did you mean PUID?"),
    ],
)
def test_a_name_that_looks_like_a_setting_is_told(name: str, guess: str) -> None:
    (warning,) = warnings({name: "1"})
    assert warning.startswith(f"{name} is not a setting of labinit; {guess}")


@pytest.mark.parametrize(
    "name",
    [
        *("LANG", "PATH", "JUPYTER_PATH", "MYLABUID", "HOME", "TZ", "LABPASSWD_FILE", "labels"),
        *("JUPYTERHUB_API_TOKEN", "JUPYTER_CONFIG_DIR", "JUPYTER_PREFER_ENV_PATH", "GITHUB_TOKEN"),
    ],
)
def test_other_names_are_nobodys_business(name: str) -> None:
    loaded = load_settings({name: "" if name.endswith("_FILE") else "/x"}, NO_SECRETS)
    assert loaded.warnings == ()


@pytest.mark.parametrize(
    ("name", "value", "way"),
    [
        ("GEN_CERT", "yes", "docs/proxy.md"),
        ("DISABLE_AUTH", "true", "LABAUTH=none"),
        ("CHOWN_EXTRA", "/srv", "/etc/labinit.d/boot"),
        ("DOCKER_STACKS_JUPYTER_CMD", "notebook", "IMAGE jupyter notebook"),
        ("RESTARTABLE", "yes", "--restart unless-stopped"),
        ("SUDO_PASSWORD", "hunter2", "LABPASSWD"),
        ("DOCKER_MODS", "linuxserver/mods:x", "build an image FROM this one"),
    ],
)
def test_what_other_images_understand_is_told_with_the_way_here(
    name: str, value: str, way: str
) -> None:
    (warning,) = warnings({name: value})
    assert warning.startswith(f"{name} is a setting of other images")
    assert way in warning
    assert value not in warning.replace("--restart", "") or value == "notebook"


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("x", "JUPYTER_TOKEN has 1 character,"),
        ("abcd", "JUPYTER_TOKEN has 4 characters,"),
        ("x&y#z", "mean something else in an address"),
        ("a-long.one~0_", ""),
    ],
)
def test_a_token_that_will_disappoint_gets_a_remark_that_does_not_hold_it(
    token: str, said: str
) -> None:
    loaded = load_settings({"JUPYTER_TOKEN": token}, NO_SECRETS)
    assert [said in note for note in loaded.notes] == [True] * bool(said)
    assert loaded.warnings == ()
    assert token == "x" or token not in str(loaded.notes)


@pytest.mark.parametrize("name", ["GEN_CERT", "RESTARTABLE", "DOCKER_STACKS_JUPYTER_CMD"])
def test_what_asks_for_nothing_is_not_told(name: str) -> None:
    value = "lab" if name.endswith("CMD") else "no"
    assert warnings({name: value}) == warnings({name: ""}) == []


@pytest.mark.parametrize(
    "name",
    [
        "LAB_SERVICE_HOST",
        "LAB_SERVICE_PORT",
        "LAB_SERVICE_PORT_HTTP",
        "LAB_PORT",
        "LAB_PORT_8080_TCP_ADDR",
        "LABINIT_PORT",
    ],
)
def test_what_kubernetes_says_of_a_service_called_lab_is_not_taken_for_a_typo(name: str) -> None:
    assert warnings({name: "tcp://10.0.0.1:8080"}) == []


def test_a_service_link_in_the_place_of_the_port_is_dropped_and_told() -> None:
    loaded = load_settings({"JUPYTER_PORT": "tcp://10.0.0.1:80"}, NO_SECRETS)
    assert loaded.settings.port == 8080
    assert [str(notice) for notice in loaded.warnings] == [
        (
            "JUPYTER_PORT=tcp://10.0.0.1:80 is not a port and is dropped; "
            "set enableServiceLinks: false in the pod"
        )
    ]

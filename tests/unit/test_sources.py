"""Which variable or file gives which setting."""

from pathlib import Path

import pytest

from labinit.errors import SettingsError
from labinit.settings.load import Loaded, load_settings
from tests.unit.values import NO_SECRETS


def load(**environ: str) -> Loaded:
    return load_settings(environ, NO_SECRETS)


def refusals(environ: dict[str, str], secrets: str = NO_SECRETS) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, secrets)
    return [str(notice) for notice in caught.value.notices]


@pytest.mark.parametrize(
    ("alias", "text", "attribute", "value"),
    [
        ("PUID", "99", "uid", 99),
        ("PGID", "100", "gid", 100),
        ("UMASK", "002", "umask", 0o002),
        ("UMASK", "0022", "umask", 0o022),
        ("UMASK", "00022", "umask", 0o022),
        ("NB_USER", "jovyan", "user", "jovyan"),
        ("NB_UID", "1000", "uid", 1000),
        ("NB_GID", "100", "gid", 100),
        ("NB_UMASK", "027", "umask", 0o027),
        ("GRANT_SUDO", "yes", "sudo", "nopasswd"),
        ("GRANT_SUDO", "1", "sudo", "nopasswd"),
        ("GRANT_SUDO", "no", "sudo", None),
        ("CHOWN_HOME", "yes", "chown", "auto"),
        ("JUPYTER_PORT", "9999", "port", 9999),
        ("NB_GROUP", "team", "group", "team"),
    ],
)
def test_names_of_other_images_are_understood(
    alias: str, text: str, attribute: str, value: object
) -> None:
    loaded = load(**{alias: text})
    assert getattr(loaded.settings, attribute) == value
    assert len(loaded.notes) == (value is not None)
    assert all(note.startswith(f"{alias} is taken as LAB") for note in loaded.notes)


def test_a_wrong_alias_is_refused_under_the_name_it_was_given_by() -> None:
    assert refusals({"PUID": "x"})[0].startswith("PUID='x' is not a whole number")


@pytest.mark.parametrize("environ", [{"LABUID": "5", "PUID": "5"}, {"PUID": "5", "NB_UID": "5"}])
def test_two_names_with_one_value_agree(environ: dict[str, str]) -> None:
    assert load(**environ).settings.uid == 5


@pytest.mark.parametrize(
    ("environ", "refusal"),
    [
        ({"LABUID": "5", "PUID": "6"}, "LABUID='5' and PUID='6' differ; set LABUID only"),
        ({"PUID": "5", "NB_UID": "6"}, "PUID='5' and NB_UID='6' differ; set LABUID only"),
        (
            {"LABSUDO": "none", "GRANT_SUDO": "yes"},
            "LABSUDO='none' and GRANT_SUDO='yes' differ; set LABSUDO only",
        ),
    ],
)
def test_two_names_with_two_values_are_refused(environ: dict[str, str], refusal: str) -> None:
    assert refusals(environ) == [refusal]


# --- secrets in files


@pytest.mark.parametrize(
    ("content", "secret"),
    [
        (b"secret", "secret"),
        (b"secret\n", "secret"),
        (b"secret\r\n", "secret"),
        ("schlüssel".encode(), "schlüssel"),
        (b" spaces ", " spaces "),
        (b'"quoted"', '"quoted"'),
    ],
)
def test_a_secret_file_gives_all_but_its_line_end(
    tmp_path: Path, content: bytes, secret: str
) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    loaded = load(LABPASSWD_FILE=str(file)).settings.password
    assert loaded is not None
    assert loaded.get_secret_value() == secret


@pytest.mark.parametrize("name", ["LABPASSWD", "LABPASSWD_HASH", "JUPYTER_TOKEN"])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory; mount a file there that root can read"),
        (b"", "is empty; write the secret into it, or do not mount it"),
        (b"\n", "is empty"),
        (
            b"x" * (64 * 1024 + 1),
            "is over 64 KiB; mount the file that holds the secret and nothing else",
        ),
        (b"two\nlines\n", ""),
        (b"nul\0", ""),
    ],
)
def test_a_secret_file_that_holds_no_secret_is_refused_by_name(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    file = tmp_path / "file"
    if content is not None:
        file.write_bytes(content)
    (refusal,) = refusals({f"{name}_FILE": str(file)})
    assert refusal.startswith(f"{name}_FILE={file} {said}")
    assert "lines" not in refusal


@pytest.mark.parametrize("name", ["LABPASSWD", "JUPYTER_TOKEN"])
def test_the_prefix_of_linuxserver_names_a_secret_file_too(tmp_path: Path, name: str) -> None:
    file = tmp_path / "file"
    file.write_text("secret\n")
    loaded = load(**{f"FILE__{name}": str(file)})
    assert loaded.settings.by_variable()[name].get_secret_value() == "secret"
    assert loaded.notes == (f"FILE__{name} is taken as {name}_FILE={file}",)
    both = {f"FILE__{name}": str(file), f"{name}_FILE": "/other"}
    assert "differ" in refusals(both)[0]


def test_the_page_is_opened_by_a_token_or_a_password() -> None:
    both = {"JUPYTER_TOKEN": "sesame", "JUPYTER_PASSWORD": "open sesame"}
    (refusal,) = refusals(both)
    assert refusal.startswith("JUPYTER_TOKEN and JUPYTER_PASSWORD are both set")
    assert "sesame" not in refusal


def test_a_directory_in_the_place_of_a_secret_file_is_refused(tmp_path: Path) -> None:
    assert "cannot be read: Is a directory" in refusals({"LABPASSWD_FILE": str(tmp_path)})[0]


def test_a_secret_both_as_value_and_as_file_is_refused() -> None:
    environ = {"JUPYTER_TOKEN": "a", "JUPYTER_TOKEN_FILE": "/x"}
    assert refusals(environ) == [
        "JUPYTER_TOKEN and JUPYTER_TOKEN_FILE are both set; keep JUPYTER_TOKEN_FILE only"
    ]


def test_a_password_in_two_forms_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hash").write_text("$y$a$b")
    for environ in (
        {"LABPASSWD": "a", "LABPASSWD_HASH": "$y$a$b"},
        {"LABPASSWD": "a", "LABPASSWD_HASH_FILE": str(tmp_path / "hash")},
    ):
        assert refusals(environ) == [
            "LABPASSWD and LABPASSWD_HASH are both set; give the password in one form"
        ]


def test_secrets_where_engines_mount_them_are_found(tmp_path: Path) -> None:
    (tmp_path / "labpasswd").write_text("secret\n")
    (tmp_path / "jupyter_token").write_text("token\n")
    loaded = load_settings({}, str(tmp_path))
    assert loaded.settings.password is not None
    assert loaded.settings.token is not None
    assert [
        loaded.settings.password.get_secret_value(),
        loaded.settings.token.get_secret_value(),
    ] == [
        "secret",
        "token",
    ]
    assert loaded.notes == (
        f"LABPASSWD is read from {tmp_path}/labpasswd",
        f"JUPYTER_TOKEN is read from {tmp_path}/jupyter_token",
    )


def test_a_variable_wins_over_a_secret_that_happens_to_be_mounted(tmp_path: Path) -> None:
    (tmp_path / "labpasswd").write_text("mounted")
    loaded = load_settings({"LABPASSWD": "given"}, str(tmp_path))
    assert loaded.settings.password is not None
    assert loaded.settings.password.get_secret_value() == "given"
    assert loaded.notes == ()


def test_a_hash_given_wins_over_a_password_that_happens_to_be_mounted(tmp_path: Path) -> None:
    (tmp_path / "labpasswd").write_text("mounted")
    loaded = load_settings({"LABPASSWD_HASH": "$y$a$b"}, str(tmp_path))
    assert loaded.settings.password is None


def test_a_mounted_secret_that_is_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labpasswd").write_text("")
    assert refusals({}, str(tmp_path)) == [
        f"{tmp_path}/labpasswd is empty; write the secret into it, or do not mount it"
    ]

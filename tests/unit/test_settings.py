"""Settings have defaults, take what is meant, and refuse the rest by name."""

import pytest

from labinit.errors import SettingsError
from labinit.settings.load import load_settings
from tests.unit.values import NO_SECRETS, settings


def refusals(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, NO_SECRETS)
    assert all(notice.hint for notice in caught.value.notices)
    return [str(notice) for notice in caught.value.notices]


def test_without_variables_everything_has_its_default() -> None:
    made = settings()
    assert (made.uid, made.gid, made.user, made.group, made.home) == (None, None, "lab", None, None)
    assert (made.password, made.password_hash, made.sudo, made.token, made.auth) == (
        None,
        None,
        None,
        None,
        "token",
    )
    assert (made.data, made.chown, made.port, made.umask, made.grace_s) == (
        "/data",
        "auto",
        8080,
        0o022,
        8,
    )
    assert (made.log, made.timezone) == ("info", None)


def test_empty_is_unset() -> None:
    names = (
        "LABUID",
        "LABUSER",
        "LABPASSWD",
        "LABPASSWD_FILE",
        "LABSUDO",
        "JUPYTER_TOKEN",
        "LABAUTH",
        "TZ",
        "PUID",
    )
    assert settings(dict.fromkeys(names, "")) == settings()


@pytest.mark.parametrize(
    ("environ", "home"),
    [
        ({}, "/home/lab"),
        ({"LABUSER": "ann"}, "/home/ann"),
        ({"LABUID": "0"}, "/root"),
        ({"LABUID": "0", "LABHOME": "/h"}, "/h"),
        ({"LABUSER": "ann", "LABHOME": "/data/home"}, "/data/home"),
    ],
)
def test_the_home_directory_follows_the_user(environ: dict[str, str], home: str) -> None:
    assert settings(environ).home_directory == home


@pytest.mark.parametrize(
    ("name", "attribute", "text", "value"),
    [
        ("LABUID", "uid", "0", 0),
        ("LABUID", "uid", "4294967294", 4294967294),
        ("LABGID", "gid", "100", 100),
        ("LABUSER", "user", "a", "a"),
        ("LABUSER", "user", "_a.b-c_9", "_a.b-c_9"),
        ("LABUSER", "user", "a" * 32, "a" * 32),
        ("LABDATA", "data", "/data/", "/data"),
        ("LABDATA", "data", "//srv//x/../y z", "/srv/y z"),
        ("LABDATA", "data", "/home/lab", "/home/lab"),
        ("LABHOME", "home", "/données", "/données"),
        ("LABPORT", "port", "1", 1),
        ("LABPORT", "port", "65535", 65535),
        ("LABUMASK", "umask", "0002", 0o002),
        ("LABUMASK", "umask", "077", 0o077),
        ("LABGRACE", "grace_s", "0", 0),
        ("LABGRACE", "grace_s", "86400", 86400),
        ("LABLOG", "log", "debug", "debug"),
        ("LABSUDO", "sudo", "nopasswd", "nopasswd"),
        ("LABCHOWN", "chown", "never", "never"),
        ("LABAUTH", "auth", "none", "none"),
    ],
)
def test_a_value_is_taken_as_it_is_meant(
    name: str, attribute: str, text: str, value: object
) -> None:
    assert getattr(settings({name: text}), attribute) == value


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        *(
            (
                "LABUID",
                text,
                "is not a whole number from 0 to 4294967294; give a number such as 1000",
            )
            for text in ("-5", "+5", "abc")
        ),
        *(
            ("LABUID", text, "is not a whole number")
            for text in ("08", "00", "1 ", " 1", "1\n", "0x3e8", "1e3")
        ),
        *(
            ("LABGID", text, "is not a whole number")
            for text in ("１０００", "1,000", "1000:1000", "1.0")  # noqa: RUF001
        ),
        *(
            ("LABUID", text, "is not a whole number from 0 to 4294967294")
            for text in ("4294967295", "99999999999999999999")
        ),
        *(
            ("LABUSER", text, "is not a name useradd takes; use a-z, 0-9")
            for text in ("Ann", "-rf", "9a", "a:b")
        ),
        *(
            ("LABUSER", text, "is not a name useradd takes")
            for text in ("a b", "a\nroot", "../x", "ä", "a$", "a/b")
        ),
        ("LABGROUP", "Team", "is not a name useradd takes"),
        ("LABUSER", "a" * 33, "is longer than 32 bytes; choose a shorter name"),
        ("LABDATA", "data", "is not an absolute path; begin it with /"),
        ("LABDATA", "/a\nb", "has a colon or a control character in it; choose another directory"),
        ("LABHOME", "/a:b", "has a colon or a control character in it"),
        *(
            ("LABDATA", path, "is a directory of the system")
            for path in ("/", "/etc", "/etc/x", "/usr/share", "/home")
        ),
        *(
            ("LABHOME", path, "is a directory of the system")
            for path in ("/srv/../etc", "//", "/opt/lab/x", "/proc/1")
        ),
        ("LABPORT", "0", "is not a whole number from 1 to 65535; give a number such as 8080"),
        ("LABPORT", "65536", "is not a whole number from 1 to 65535"),
        *(("LABPORT", text, "is not a whole number") for text in ("80a", "-1", "080")),
        *(
            ("LABUMASK", text, "is not three octal digits; give a umask such as")
            for text in ("8", "22", "0088", "u=x")
        ),
        *(
            ("LABGRACE", text, "is not a whole number from 0 to 86400")
            for text in ("-1", "8s", "1.5", "86401", "9" * 5000)
        ),
        ("LABLOG", "trace", "is an invalid value; use one of: debug, info, warning or error"),
        ("LABSUDO", "yes", "is an invalid value; use one of: password, nopasswd or none"),
        ("LABCHOWN", "Auto", "is an invalid value; use one of: auto, always or never"),
        ("LABAUTH", "off", "is an invalid value; use one of: token or none"),
        (
            "LABUID",
            "1000\r",
            "ends with a carriage return; save the file it comes from with Unix line ends",
        ),
        ("LABUID", '"1000"', "is wrapped in quotes; remove them: in env files and YAML lists"),
        ("LABUSER", "'ann'", "is wrapped in quotes"),
    ],
)
def test_a_wrong_value_is_refused_by_name_with_its_hint(name: str, text: str, said: str) -> None:
    (refusal,) = refusals({name: text})
    assert refusal.startswith(f"{name}={text!r} {said}")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        *(
            ("LABPASSWD", text, "has a line break or another control")
            for text in ("x\nroot:y", "a\tb", "a\0", "a\x85")
        ),
        ("LABPASSWD", "ü" * 256, "is longer than 511 bytes"),
        ("LABPASSWD", "a\r", "ends with a carriage return"),
        ("LABPASSWD", '"a b"', "is wrapped in quotes"),
        (
            "LABPASSWD_HASH",
            "plain",
            "is not a password hash as in crypt(5); make one with `mkpasswd`",
        ),
        ("LABPASSWD_HASH", "y$j9T$a$b", "write each $ as $$ in a Compose file"),
        ("LABPASSWD_HASH", "$y$a:b", "is not a password hash"),
        ("LABPASSWD_HASH", "$y$a\nroot:$y$b", "is not a password hash"),
        *(
            ("JUPYTER_TOKEN", text, "has a space, a control character or a letter beyond")
            for text in ("a b", "ü", "a\n")
        ),
    ],
)
def test_a_wrong_secret_is_refused_and_never_shown(name: str, text: str, said: str) -> None:
    (refusal,) = refusals({name: text})
    assert refusal.startswith(f"{name} ")
    assert said in refusal
    assert text not in refusal


@pytest.mark.parametrize("text", ["a", " ", "a:b'c\"$(d)`e`;f", "ü" * 255, "-rf", "#", "\\"])
def test_a_password_may_be_any_printable_text(text: str) -> None:
    made = settings({"LABPASSWD": text}).password
    assert made is not None
    assert made.get_secret_value() == text
    assert text == " " or text not in repr(made)


@pytest.mark.parametrize("kind", ["y", "gy", "7", "2b", "6", "5"])
def test_a_hash_of_a_known_method_is_taken(kind: str) -> None:
    assert settings({"LABPASSWD_HASH": f"${kind}$j9T$salt$hash./"}).password_hash is not None


def test_all_problems_are_reported_at_once() -> None:
    found = refusals(
        {
            "LABUID": "x",
            "LABPORT": "y",
            "LABUSER": "'z'",
            "LABPASSWD": "a",
            "LABPASSWD_HASH": "$y$a$b",
        }
    )
    assert [line.split("=")[0].split(" ")[0] for line in found] == [
        "LABUSER",
        "LABPASSWD",
        "LABUID",
        "LABPORT",
    ]

"""What is wrong is refused by name, and nothing has changed."""

import os
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.system import machines
from tests.system.hashes import is_hash_of
from tests.system.machines import Machine

pytestmark = pytest.mark.skipif(bool(machines.why_not()), reason=machines.why_not() or "-")

REFUSED = {
    "LABUID": (
        *(
            "-1",
            "+1",
            "00",
            "01000",
            "0x3e8",
            "1e3",
            "1.0",
            " 1",
            "1 ",
            "1\n",
            "1\r",
            "4294967295",
            "9" * 400,
            "٣",
        ),
        *("root", "1,2", "$(id)", "\udcff"),
    ),
    "LABGID": ("-1", "010", "4294967295", "18446744073709551616", "0b1", "staff", "1,2", "1:0"),
    "LABUSER": (
        *(
            "-rf",
            "Lab",
            "lab:x",
            "lab\nroot",
            "lab\r",
            "a b",
            "é",
            "a" * 33,
            ".",
            "..",
            "1a",
            "a/b",
            "$(id)",
            "\udcff",
        ),
    ),
    "LABGROUP": ("-rf", "a:b", "a,b", "a\nb", "Wheel", "a" * 33, "\udcff"),
    "LABPASSWD": (
        *(
            "x\nroot:y",
            "x\r",
            "x\r\n",
            "\t",
            "\x7f",
            "\x1b[31m",
            "\x85",
            "x" * 512,
            "ä" * 256,
            '"quoted"',
            "'x'",
        ),
    ),
    "JUPYTER_TOKEN": ("a b", "a\nb", "a\r", "é", "\udcff", "\t"),
    "LABHOME": (
        *(
            "home",
            "./x",
            "/",
            "//",
            "/etc",
            "/etc/../etc/x",
            "/srv/../etc",
            "/a:b",
            "/a\nb",
            "/root",
            "/usr/x",
        ),
        *("/proc/1", "/dev/shm"),
    ),
    "LABDATA": (
        "data",
        "/",
        "/etc/",
        "/home",
        "/run/secrets",
        "/sys/x",
        "/bin",
        "/a\rb",
        "/var/lib/labinit/x",
    ),
    "LABSUDO": ("yes", "NOPASSWD: ALL", "password\n", "nopasswd "),
    "LABPORT": ("0", "65536", "-1", "8080/tcp", "8e3", "٨٠"),
    "LABUMASK": ("9", "8", "0o22", "22", "077777", "-022", "022\n"),
    "LABCHOWN": ("yes", "ALWAYS"),
    "LABAUTH": ("off", "false", "Token"),
    "LABPASSWD_HASH": (
        "x",
        "*",
        "!",
        "$6$",
        "$6$a:b$c",
        "$6$a$b\nroot:x",
        "$6$a b$c",
        "password",
        "$0$a$b",
    ),
}


@pytest.fixture(scope="module")
def untouched() -> Iterator[Machine]:
    """A machine for all that is refused: nothing may ever change in it."""
    with closing(Machine()) as machine:
        yield machine


def assert_refused(machine: Machine, wish: dict[str, str]) -> None:
    before = machine.accounts()
    done = machine.boot(wish)

    assert done.exit_code == 78, done
    errors = [line for line in done.stderr.splitlines() if line.startswith("labinit: error: ")]
    assert done.stderr.splitlines() == errors, "it says nothing but why"
    assert all("; " in line for line in errors), "each with its hint"
    for name in wish:
        assert any(name in line for line in errors), name
    assert machine.accounts() == before
    assert not any(
        machine.exists(path) for path in ("/data", "/home/lab", "/run/labinit", "/var/lib/labinit")
    )


@pytest.mark.parametrize("number", range(max(map(len, REFUSED.values()))))
def test_wrong_settings_are_refused_by_name_and_nothing_has_changed(
    untouched: Machine, number: int
) -> None:
    assert_refused(
        untouched, {name: values[number % len(values)] for name, values in REFUSED.items()}
    )


@pytest.mark.parametrize(
    "wish",
    [
        {"LABUSER": "root"},
        {"LABUSER": "nobody"},
        {"LABUSER": "www-data"},
    ],
)
def test_an_account_of_the_system_is_refused_by_name_and_nothing_has_changed(
    untouched: Machine, wish: dict[str, str]
) -> None:
    assert_refused(untouched, wish)


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
names = st.from_regex(r"[a-z_][a-z0-9_.-]{0,31}", fullmatch=True)
wishes = st.fixed_dictionaries(
    {},
    optional={
        "LABUID": st.one_of(st.integers(-1, 2**32).map(str), texts),
        "LABGID": st.one_of(st.integers(-1, 2**32).map(str), texts),
        "LABUSER": st.one_of(names, texts),
        "LABGROUP": st.one_of(names, texts),
        "LABHOME": st.one_of(texts, texts.map("/srv/{}".format)),
        "LABPASSWD": texts,
    },
)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(wishes)
def test_any_settings_end_as_they_say_or_are_refused_with_nothing_changed(
    wish: dict[str, str],
) -> None:
    with closing(Machine()) as machine:
        before = machine.accounts()
        done = machine.boot(wish)
        assert "Traceback" not in done.stderr, done
        if done.exit_code == 78:
            assert machine.accounts() == before
            assert not any(
                machine.exists(path) for path in ("/data", "/run/labinit", "/var/lib/labinit")
            )
            return
        assert done.exit_code == 0, done
        if wish.get("LABUID") == "0":
            assert machine.accounts() == before
            return
        user = wish.get("LABUSER", "lab")
        passwd, shadow = machine.passwd(user), machine.shadow(user)
        assert passwd is not None
        assert shadow is not None
        assert passwd[2] == wish.get("LABUID", "1000")
        if "LABGID" in wish or int(passwd[2]) >= 1000:  # below, groups may open something
            assert passwd[3] == wish.get("LABGID", passwd[2])
        assert passwd[5] == os.path.normpath(wish.get("LABHOME", f"/home/{user}"))
        if "LABPASSWD" in wish:
            assert is_hash_of(shadow[1], wish["LABPASSWD"])
        else:
            assert shadow[1] == "!"
        taken = [line.split(":") for line in before["/etc/passwd"].split("\n")]
        if [line for line in taken if line[2:3] == [passwd[2]]]:
            return  # an account of the system has become the user's
        for path, content in before.items():
            kept = machine.read(path).split("\n")
            assert [line for line in content.split("\n") if line not in kept] == []

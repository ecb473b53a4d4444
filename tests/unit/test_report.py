"""A plan as text and as JSON."""

import json
from collections.abc import Callable

import pytest

from labinit import __version__
from labinit.facts.files import Directory, Hook
from labinit.plan.plan import make_plan
from labinit.plan.report import describe, exit_code_of, to_json, to_text
from labinit.plan.steps import (
    Action,
    ChownTree,
    CopySkeleton,
    MakeDirectory,
    Plan,
    RemoveFile,
    Run,
    RunHook,
    SetAccount,
    WriteFile,
    edit_accounts,
)
from labinit.settings.load import Loaded, load_settings
from tests.unit.values import FRESH, NO_SECRETS, facts

SECRETS = {"LABPASSWD": "s3cret-word", "JUPYTER_TOKEN": "s3cret-token"}


def made(environ: dict[str, str], **changes: object) -> tuple[Loaded, Plan]:
    loaded = load_settings(environ, NO_SECRETS)
    return loaded, make_plan(loaded.settings, facts(**changes))


@pytest.mark.parametrize(
    ("action", "how"),
    [
        (Run(("tool", "--gid", "5", "a b")), "tool --gid 5 'a b'"),
        (
            edit_accounts("groupadd", "--gid", "5", "a"),
            (
                "groupadd --prefix /etc/.labinit --gid 5 a, "
                "on copies of /etc/{gshadow,shadow,group,passwd}, which then take their place"
            ),
        ),
        (WriteFile("/x", "content", 0o440, 1, 2), "install -m 0440 -o 1 -g 2 … /x"),
        (RemoveFile("/x"), "rm -f /x"),
        (MakeDirectory("/x", 1, 2, 0o755), "install -d -m 0755 -o 1 -g 2 /x"),
        (SetAccount("lab", 1, 2, "/h", "/bin/sh"), "in /etc/passwd: lab:x:1:2:…:/h"),
        (CopySkeleton("/h", 1, 2), "cp -rn /etc/skel/. /h; owner 1:2"),
        (ChownTree("/x", 1, 2), "chown -Rh 1:2 /x, links, mounts and devices left alone"),
        (RunHook("/etc/labinit.d/boot/a", "/run/x"), "/etc/labinit.d/boot/a"),
    ],
)
def test_each_action_is_told_as_a_line_one_could_follow(action: Action, how: str) -> None:
    assert describe(action) == how


def test_text_names_mode_steps_command_and_warnings() -> None:
    text = to_text(
        *made({"LABAUTH": "none", "PUID": "1000"}), ["/opt/lab/bin/jupyter-lab", "--x=a b"]
    )
    assert text.startswith(
        f"labinit {__version__}: full set-up as root\nnote: PUID is taken as LABUID=1000\n"
    )
    assert "\ncreate group lab (gid 1000)  " in text
    assert "\nthen, as lab (1000:1000) in /data: /opt/lab/bin/jupyter-lab '--x=a b'\n" in text
    assert "\nwarning: authentication is off" in text


def test_text_says_when_there_is_nothing_to_change() -> None:
    loaded, plan = made({})
    nothing = plan._replace(steps=())
    assert "\n\nnothing to change\n\nthen, as lab" in to_text(loaded, nothing, ["true"])


def test_json_is_the_same_for_programs() -> None:
    loaded, plan = made(
        {"LABUID": "1234"}, boot_hooks=(Hook("/etc/labinit.d/boot/a", is_executable=True),)
    )
    found = json.loads(to_json(loaded, plan, ["true"]))
    assert found["settings"]["LABUID"] == 1234
    assert found["identity"]["uid"] == 1234
    assert found["command"] == ["true"]
    assert found["exit_code"] == 0
    assert "/run/labinit/report.json" in found["also_written"]
    assert [step["summary"] for step in found["steps"]] == [step.summary for step in plan.steps]
    assert {step["action"]["kind"] for step in found["steps"]} >= {
        "EditAccounts",
        "RunHook",
        "WriteFile",
        "ChownTree",
    }


@pytest.mark.parametrize("environ", [SECRETS, {"LABPASSWD_HASH": "$y$s3cret$word"}])
def test_no_secret_is_in_a_report(environ: dict[str, str]) -> None:
    for report in (to_text, to_json):
        text = report(*made(environ), ["true"])
        assert "s3cret" not in text
        assert "********" in text


def test_a_made_up_token_is_a_secret_too() -> None:
    token = FRESH.entropy[16:].hex()
    for report in (to_text, to_json):
        assert token not in report(*made({}), ["true"])


@pytest.mark.parametrize(
    ("environ", "changes", "code"),
    [
        ({}, {}, 0),
        ({"PUID": "5"}, {}, 0),
        ({"LABUDI": "5"}, {}, 2),
        ({"LABAUTH": "none"}, {}, 2),
        ({}, {"data": Directory(0, 0, 0o755, is_read_only=True)}, 2),
    ],
)
def test_the_exit_code_tells_of_warnings(
    environ: dict[str, str], changes: dict[str, object], code: int
) -> None:
    assert exit_code_of(*made(environ, **changes)) == code


def test_the_files_are_shown_as_they_are_written_but_for_secrets() -> None:
    text = to_text(*made({"LABPASSWD": "open, sesame", "JUPYTER_TOKEN": "a-token"}), ["true"])
    assert "\n/etc/sudoers.d/labinit:\n    # Written by labinit" in text
    assert "\n    %wheel ALL=(ALL:ALL) ALL\n" in text
    assert "\n/run/labinit/token:\n    ********\n" in text


@pytest.mark.parametrize("report", [to_text, to_json])
def test_no_digest_of_the_password_is_shown(report: Callable[..., str]) -> None:
    loaded, plan = made({"LABPASSWD": "open, sesame"})
    assert any("scrypt$" in str(getattr(step.action, "content", "")) for step in plan.steps)
    assert "scrypt$" not in report(loaded, plan, ["true"])

import pytest

from labinit.cli import parse
from labinit.errors import UsageError


@pytest.mark.parametrize(
    ("arguments", "mode", "form", "command"),
    [
        ([], "boot", "text", []),
        (["lab"], "boot", "text", ["lab"]),
        (["bash", "-c", "--dry-run"], "boot", "text", ["bash", "-c", "--dry-run"]),
        (["--", "--dry-run"], "boot", "text", ["--dry-run"]),
        (["--ServerApp.base_url=/lab"], "boot", "text", ["--ServerApp.base_url=/lab"]),
        (["--dry-run"], "dry-run", "text", []),
        (["--dry-run", "--format", "json", "lab"], "dry-run", "json", ["lab"]),
        (["--format=json", "--dry-run"], "dry-run", "json", []),
        (["--init-only", "--", "sleep", "1"], "init-only", "text", ["sleep", "1"]),
        (["--init-only", "sleep", "--", "1"], "init-only", "text", ["sleep", "--", "1"]),
        (["--init-only", "--", "--odd"], "init-only", "text", ["--odd"]),
        (["--version"], "version", "text", []),
        (["--help", "lab"], "help", "text", ["lab"]),
        (["--init-only", "--version"], "version", "text", []),
        (["--init-only", "--help"], "help", "text", []),
        (["--dry-run", "--help"], "help", "text", []),
        (["--init-only", "--", "--version"], "init-only", "text", ["--version"]),
        (["--help-all"], "boot", "text", ["--help-all"]),
        (["--", "--dryrun"], "boot", "text", ["--dryrun"]),
        (["lab", "--dryrun"], "boot", "text", ["lab", "--dryrun"]),
    ],
)
def test_the_first_word_that_is_no_option_begins_the_command(
    arguments: list[str], mode: str, form: str, command: list[str]
) -> None:
    found = parse(arguments)
    assert (found.mode, found.form, found.command) == (mode, form, command)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--init-only"], "--init-only needs a command"),
        (["--init-only", "--"], "--init-only needs a command"),
        (["--init-only", "--odd", "true"], "--odd is not an option of --init-only"),
        (["--init-only", "--dry-run", "true"], "do not go together"),
        (["--format", "json", "lab"], "--format goes with --dry-run"),
        (["--dry-run", "--format", "yaml"], "'yaml'"),
        (["--dry-run", "--format"], "''"),
        (["--dryrun"], "did you mean --dry-run"),
        (["--dryrun", "--", "lab"], "did you mean --dry-run"),
        (["-dry_run", "lab"], "did you mean --dry-run"),
        (["--dry-run", "--formt=json"], "did you mean --format"),
        (["--initonly", "true"], "did you mean --init-only"),
        (["-v", "/x:/data", "--", "lab"], "option of the engine"),
    ],
)
def test_what_cannot_be_meant_is_an_error(arguments: list[str], problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as caught:
        parse(arguments)
    assert caught.value.exit_code == 64
    assert all(notice.hint for notice in caught.value.notices)

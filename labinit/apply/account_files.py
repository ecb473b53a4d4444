"""Changes the account files; killed at any instant, a boot leaves them whole. Decides nothing."""

from __future__ import annotations

import contextlib
import filecmp
import os
import shutil
from typing import TYPE_CHECKING

from labinit.apply.write import run_tool, sync_directory, write_file
from labinit.layout import ACCOUNT_COPIES, ACCOUNT_FILES
from labinit.plan.steps import WriteFile

if TYPE_CHECKING:
    from labinit.plan.steps import SetAccount


def edit_accounts(summary: str, argv: tuple[str, ...]) -> None:
    """Run a tool on copies of the account files; those that differ take the files' place."""
    # Killed at its work, a tool leaves a user without a line in /etc/shadow, which no tool repairs:
    # it says that the user exists. Killed here, a boot leaves lines that the same tool, at the next
    # boot, takes for its own.
    shutil.rmtree(ACCOUNT_COPIES, ignore_errors=True)
    os.mkdir(ACCOUNT_COPIES, 0o700)
    try:
        os.mkdir(f"{ACCOUNT_COPIES}/etc")
        # With --prefix, the tool reads its own settings there, too. Source: useradd(8).
        for name in (*ACCOUNT_FILES, "login.defs"):
            with contextlib.suppress(FileNotFoundError):
                _copy(f"/etc/{name}", f"{ACCOUNT_COPIES}/etc/{name}")
        run_tool(summary, argv)
        for name in ACCOUNT_FILES:
            path, changed = f"/etc/{name}", f"{ACCOUNT_COPIES}/etc/{name}"
            if os.path.exists(changed) and not filecmp.cmp(path, changed, shallow=False):
                os.rename(changed, path)
        sync_directory("/etc")
    finally:
        shutil.rmtree(ACCOUNT_COPIES, ignore_errors=True)


def _copy(source: str, target: str) -> None:
    shutil.copyfile(source, target)
    status = os.stat(source)
    os.chown(target, status.st_uid, status.st_gid)
    os.chmod(target, status.st_mode & 0o7777)


def set_account(action: SetAccount) -> None:
    """Change the ids, home and shell of a user. Raises: OSError."""
    # Not splitlines(), which also splits at what a user may have in the field of his full name.
    with open("/etc/passwd", encoding="utf-8", errors="surrogateescape", newline="") as file:
        lines = file.read().split("\n")
    changes = {2: str(action.uid), 3: str(action.gid), 5: action.home, 6: action.shell}
    for number, line in enumerate(lines):
        fields = line.split(":")
        if fields[0] == action.name and len(fields) == 7:
            changed = (changes.get(index, field) for index, field in enumerate(fields))
            lines[number] = ":".join(changed)
    write_file(f"change user {action.name}", WriteFile("/etc/passwd", "\n".join(lines), 0o644))

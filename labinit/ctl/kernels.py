"""Which kernels the server offers, and whether they work.

Decides nothing itself: it becomes the lab user first.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn

from labinit.ctl.shell import enter_as_lab_user
from labinit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_OPTIONS = {"--check", "--json"}


def run(arguments: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Execute `kernel_table` as the server would start a kernel: its user, its environment, its directory.

    Raises: UsageError; and what `enter_as_lab_user` raises.
    """
    for unknown in sorted(set(arguments) - _OPTIONS):
        raise UsageError(
            f"labctl kernels {unknown}: there is no such option", "use --check, --json or both"
        )
    theirs = enter_as_lab_user("labctl kernels", environ)
    # -P: no package of that name in the data directory.
    os.execve(
        sys.executable, [sys.executable, "-P", "-m", "labinit.ctl.kernel_table", *arguments], theirs
    )

"""Which kernels the server offers, and whether they work: asked for as the lab user."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn

from labinit.ctl.shell import enter_as_lab_user

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Mapping


def add_arguments(parser: ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument("--check", action="store_true", help="start each, and run a cell in it")
    parser.add_argument("--json", action="store_true", help="the same for programs")


def run(options: Namespace, environ: Mapping[str, str]) -> NoReturn:
    """Execute `kernel_table` as the server starts a kernel: its user, environment, directory.

    Raises: what `enter_as_lab_user` raises.
    """
    arguments = [f"--{name}" for name in ("check", "json") if getattr(options, name)]
    theirs = enter_as_lab_user("labctl kernels", environ)
    # -P: no package of that name in the data directory.
    argv = [sys.executable, "-P", "-m", "labinit.ctl.kernel_table", *arguments]
    os.execve(sys.executable, argv, theirs)

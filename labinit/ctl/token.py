"""Prints the token that the server asks for. Reads the system, never writes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from labinit.ctl.running import find_running
from labinit.errors import ConflictError, NotPermittedError
from labinit.layout import TOKEN_NAME

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Mapping


def add_arguments(_parser: ArgumentParser) -> None:
    """Add nothing: there are no options."""


def run(_options: Namespace, environ: Mapping[str, str]) -> int:
    """Print it.

    Raises: ConflictError, where there is none; NotPermittedError, to anybody but the lab user and
    root.
    """
    running = find_running(environ)
    if running is None or not running.report["is_server"]:
        raise ConflictError(
            "labctl token: no server runs here", "wait until `labctl health` says that it does"
        )
    try:
        # The directory is root's, or this user's own: nobody else can have put a link there.
        path = f"{running.directory}/{TOKEN_NAME}"
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError as error:
        raise ConflictError(
            "labctl token: the server asks for none",
            "open its address as it is, or through its hub",
        ) from error
    except PermissionError as error:
        raise NotPermittedError(
            f"labctl token: uid {os.geteuid()} may not read it", "use docker exec --user 0"
        ) from error
    with os.fdopen(descriptor, encoding="utf-8") as file:
        print(file.read())
    return 0

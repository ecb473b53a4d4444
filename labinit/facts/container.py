"""Identifies the container: the same after a restart, another in a copy. Never writes."""

from __future__ import annotations

import os

from labinit.facts.files import read_text

# What engines mount into each container from a directory of its own.
_OF_THE_ENGINE = ("/etc/hostname", "/etc/hosts", "/etc/resolv.conf")


def container_id(mountinfo: str | None = None) -> str:
    """Return what tells this container from a copy of it, made by `docker commit` say.

    The upper directory of the root where it is an overlay, else what the engine mounts from its own
    directory of this container, else its host name. Source: proc_pid_mountinfo(5).
    """
    text = mountinfo if mountinfo is not None else read_text("/proc/self/mountinfo") or ""
    parts = []
    for line in filter(None, text.split("\n")):
        before, _, after = line.partition(" - ")
        _, _, _, root, path, *_ = before.split(" ")
        options = after.split(" ", 2)[-1].split(",")
        if path == "/":  # the last one is what is seen
            upper = [option for option in options if option.startswith("upperdir=")]
            parts = upper or ([root] if root != "/" else [])
        elif path in _OF_THE_ENGINE and not any(part.startswith("upperdir=") for part in parts):
            parts.append(root)
    return " ".join(parts) or os.uname().nodename

"""Hooks in /etc/labinit.d: programs of the image's maintainer, run as root before the server
starts."""

from collections.abc import Callable

FIRST, EACH = "first-boot", "boot"
Hooks = Callable[[str, str, str], None]

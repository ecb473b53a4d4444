"""Runs every measurement and writes docs/benchmarks.md with the machine, the versions and the date."""

from __future__ import annotations

import datetime as dt
import os
import platform
from pathlib import Path

from bench import boot, init
from labinit import __version__

HEADER = """\
# Benchmarks

Written by `make bench`. Machines are noisy: ratios within one table are what can be compared, not seconds between runs.
"""


def main() -> None:
    """Measure, print, write."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release().split('-')[0]}"
    date = dt.datetime.now(dt.UTC).date()
    engine = boot.docker("version", "--format", "{{.Server.Version}}")
    text = (
        f"{HEADER}\nlabinit {__version__}, Docker {engine}, {machine}, {date}.\n\n{boot.report()}\n\n{init.report()}\n"
    )
    print(text)
    Path("docs/benchmarks.md").write_text(text)


if __name__ == "__main__":
    main()

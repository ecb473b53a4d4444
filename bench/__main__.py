"""Runs every measurement and writes docs/benchmarks.md with the machine, the versions and the date.

`python -m bench SECTION...` runs some of them and only prints.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import sys
from pathlib import Path

from bench import boot, grow, init, kernels, life, many, overhead, ownership, page, profile
from bench.containers import IMAGE, docker
from labinit import __version__

SECTIONS = {
    "boot": boot.report,
    "overhead": overhead.report,
    "life": life.report,
    "many": many.report,
    "profile": profile.report,
    "page": page.report,
    "kernels": kernels.report,
    "init": init.report,
    "ownership": ownership.report,
}
# Only when asked for by name: minutes, and memory for all of them.
ON_REQUEST = {"grow": grow.report}
HEADER = """\
# Benchmarks

Written by `make bench`. Machines are noisy: ratios within one table are what can be compared, not
seconds between runs.
"""


def _versions() -> str:
    code = (
        "import jupyterlab, jupyter_server, jupyterhub as h, sys; "
        "v = '%d.%d.%d' % sys.version_info[:3]; "
    )
    code += (
        "print(f'JupyterLab {jupyterlab.__version__}, jupyter_server {jupyter_server.__version__}, "
    )
    code += "JupyterHub {h.__version__}, Python {v}')"
    return docker("run", "--rm", "--entrypoint", "python", IMAGE, "-c", code)


def main() -> None:
    """Measure, print, write."""
    chosen = sys.argv[1:]
    texts = []
    for name in chosen or SECTIONS:
        texts.append((SECTIONS | ON_REQUEST)[name]())
        print(texts[-1], end="\n\n", flush=True)
    if chosen:
        return
    machine = (
        f"{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release().split('-')[0]}"
    )
    engine = docker("version", "--format", "{{.Server.Version}}")
    # How busy the machine was meanwhile, for who judges the figures.
    load = f"{os.getloadavg()[2]:.1f}"
    date = dt.datetime.now(dt.UTC).date()
    about = (
        f"labinit {__version__}, {_versions()}, Docker {engine}; {machine}, load {load}; {date}."
    )
    Path("docs/benchmarks.md").write_text("\n\n".join([HEADER + "\n" + about, *texts]) + "\n")


if __name__ == "__main__":
    main()

"""Runs a command as the set-up of labinit would run JupyterLab: `server.py [--slow] COMMAND`."""

import os
import sys
import time

sys.path.append(sys.argv[1])

from labinit import log
from labinit.init.prelude import block_signals, claim_descriptors
from labinit.init.program import Program
from labinit.init.spawn import spawn
from labinit.init.supervisor import supervise


def prepare() -> Program | int:
    command = sys.argv[2:]
    if command[0] == "--slow":
        os.write(1, b"setting up\n")
        time.sleep(1000)
    if command[0] == "--fail":
        return 78
    return Program(
        command, dict(os.environ), grace_s=int(os.environ.get("LABGRACE", "8")), is_server=True
    )


block_signals()
claim_descriptors()
log.never_block()
sys.exit(supervise(spawn(prepare)))

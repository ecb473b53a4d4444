"""Starts a kernel: python kernels/front ENGINE.json -f CONNECTION_FILE [-- ARGUMENT…].

The arguments after `--` are appended to the engine's own.
"""

import sys

from kernel_front.app import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

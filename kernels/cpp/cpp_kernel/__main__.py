"""Starts the kernel. Usage: python DIRECTORY --std c++17 -f CONNECTION_FILE."""

from __future__ import annotations

import sys
from pathlib import Path

_PREFIX = Path(__file__).resolve().parent.parent


def main() -> None:
    """Run the kernel until it is shut down."""
    # Python has put this directory itself on the path, not the one the package is in.
    sys.path[0] = str(_PREFIX)
    option = sys.argv.index("--std")
    standard = sys.argv[option + 1]
    del sys.argv[option : option + 2]

    from cpp_kernel.interpreter import Interpreter  # noqa: PLC0415

    # Started before the imports of ipykernel, which take as long as it does.
    interpreter = Interpreter(_PREFIX, standard)

    from ipykernel.kernelapp import IPKernelApp  # noqa: PLC0415

    from cpp_kernel.kernel import CppKernel  # noqa: PLC0415

    CppKernel.interpreter = interpreter
    CppKernel.standard = standard
    IPKernelApp.launch_instance(kernel_class=CppKernel)


if __name__ == "__main__":
    main()

"""`python -m labinit`, the console script, and the file that the launcher of the image starts."""

import sys

if not __package__:
    # Started by path and isolated. Last on the path, so that nothing of the standard library can be
    # shadowed.
    sys.path.append(__file__.rpartition("/labinit/")[0])

from labinit.init.prelude import block_signals, isolate


def script() -> None:
    """Run labinit."""
    block_signals()
    isolate(__file__)
    from labinit.cli import main  # noqa: PLC0415 - signals first

    main()


if __name__ == "__main__":
    script()

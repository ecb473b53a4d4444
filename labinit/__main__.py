"""`python -m labinit` and the console script."""

from labinit.cli import main


def script() -> None:
    """Run labinit."""
    main()


if __name__ == "__main__":
    script()

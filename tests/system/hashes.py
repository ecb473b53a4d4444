"""Checks password hashes as login would."""

import subprocess


def is_hash_of(text: str, password: str) -> bool:
    """Tell what crypt(3) says. Python has lost it, Perl has kept it."""
    argv = ["perl", "-e", "print crypt($ARGV[0], $ARGV[1])", "--", password, text]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout == text

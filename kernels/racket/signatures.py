"""Collects the signatures that Racket's documentation shows in blue boxes, for Shift-Tab.

Usage: signatures.py DOCUMENTATION FILE. DOCUMENTATION is /usr/share/doc/racket of Debian's
racket-doc; FILE gets, for each name, a NUL, the name, a newline and the text of its box.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# The first one that has a name is the one that is shown.
BOOKS = ("reference", "pict", "plot", "math", "draw", "teachpack", "data", "json", "net", "file")
BOOKS += ("xml", "db", "images", "rackunit", "foreign", "syntax", "srfi", "web-server", "redex")

_KIND = re.compile(
    r"(?:procedures?|syntax|values?|parameters?|struct|class|interface|method|constructor|contract"
    r"|grammar|signature|mixin)"
)
_HEAD = re.compile(r"^\((?:struct )?([^\s()]+)|^([^\s():]+) : ", re.MULTILINE)


def boxes(text: str) -> Iterator[str]:
    """Yield the text of each box, without its first line, which says what it is."""
    box: list[str] = []
    for line in text.splitlines():
        if _KIND.fullmatch(line):
            yield "\n".join(box)
            box = []
        else:
            box.append(line)
    yield "\n".join(box)


def main() -> None:
    """Write FILE."""
    documentation, target = sys.argv[1:]
    found: dict[str, str] = {}
    for book in BOOKS:
        path = Path(documentation, book, "blueboxes.rktd")
        if not path.exists():
            continue
        length, _, rest = path.read_bytes().partition(b"\n")
        for box in boxes(rest[int(length) :].decode(errors="replace").replace("\xa0", " ")):
            for one, other in _HEAD.findall(box):
                found.setdefault(one or other, box)
    if not found:
        raise SystemExit(
            f"{documentation}: no blueboxes.rktd of the reference; is racket-doc there?"
        )
    entries = (f"\0{name}\n{box.strip()}\n" for name, box in sorted(found.items()))
    Path(target).write_text("".join(entries), encoding="utf-8")


if __name__ == "__main__":
    main()

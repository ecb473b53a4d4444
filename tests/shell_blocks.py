"""The shell commands of a document, as they stand, but for names."""

import re
from collections.abc import Mapping
from pathlib import Path


def commands(document: Path, section: str, names: Mapping[str, str]) -> list[str]:
    """Return the lines of a section's shell blocks; `names` are to stand in place of others."""
    _, found, rest = document.read_text().partition(f"\n## {section}\n")
    assert found, section
    body = rest.partition("\n## ")[0]
    lines = "".join(re.findall(r"```sh\n(.*?)```", body, re.DOTALL)).splitlines()
    assert lines, section
    return [renamed(line, names) for line in lines]


def renamed(text: str, names: Mapping[str, str]) -> str:
    """Return a text with other names, wherever one of them stands whole."""
    for name, other in names.items():
        text = re.sub(rf"(?<![\w./]){re.escape(name)}(?![\w./-])", other, text)
    return text

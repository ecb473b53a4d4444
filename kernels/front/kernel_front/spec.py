"""What a language says of its engine, in `engine.json`. Starts nothing."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import Any

_KNOWN = {
    "name",
    "display_name",
    "argv",
    "env",
    "language_info",
    "banner",
    "implementation",
    "implementation_version",
    "help_links",
}


class SpecError(Exception):
    """The file cannot be used; the text says why."""


@dataclass(frozen=True)
class EngineSpec:
    """How an engine is started, and what Jupyter is told of its language.

    Shape: `argv` starts with an absolute path; `name` is a file name, under which the history is
    stored. Without `language_info`, Jupyter is answered once the engine is ready.
    """

    name: str
    argv: tuple[str, ...]
    display_name: str = ""
    env: dict[str, str] = field(default_factory=dict)
    language_info: dict[str, Any] = field(default_factory=dict)
    banner: str = ""
    implementation: str = ""
    implementation_version: str = "1.0"
    help_links: tuple[dict[str, str], ...] = ()

    @property
    def title(self) -> str:
        """What messages call the language."""
        return self.display_name or self.name


def load_spec(path: str, arguments: list[str]) -> EngineSpec:
    """Read an engine.json; `arguments` are appended to its argv.

    Raises: SpecError, where it cannot be read or used.
    """
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except (OSError, ValueError) as error:
        raise SpecError(f"{path}: {error}") from error
    if not isinstance(content, dict):
        raise SpecError(f"{path}: not a JSON object")
    if unknown := set(content) - _KNOWN:
        raise SpecError(f"{path}: unknown keys: {', '.join(sorted(unknown))}")
    argv = content.get("argv")
    if not argv or not os.path.isabs(argv[0]):
        raise SpecError(f"{path}: argv has to start with an absolute path")
    if not content.get("name") or "/" in content["name"]:
        raise SpecError(f"{path}: name has to be a file name")
    links = tuple(content.pop("help_links", ()))
    return EngineSpec(**content | {"argv": (*argv, *arguments), "help_links": links})

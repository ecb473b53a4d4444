"""Writes the tables of README and docs that the code knows better.

Run it after changing a setting or a message.

usage: python tools/docs.py [--check]
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from labinit.settings.model import Model, variables_of

ROOT = Path(__file__).parent.parent
# Calls whose first argument is a message and whose second is its remedy.
MESSAGE_CALLS = {
    *("Notice", "UsageError", "StepError", "NotPermittedError", "ConflictError", "ExecError"),
    *("LabinitError", "RefusedError", "warning", "error", "refuse"),
}


def settings_table() -> str:
    """Return the table of settings, from the model."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Model.model_fields.items():
        extra = field.json_schema_extra
        usual = "none" if field.default is None else f"`{field.default}`"
        default = extra.get("shown_default", usual) if isinstance(extra, dict) else usual
        if default:
            rows.append(f"| `{variables_of(name, field)[0]}` | {default} | {field.description} |")
    return "\n".join(rows)


def messages_table() -> str:
    """Return the table of messages and their remedies, from the calls in the source."""
    rows = {}
    for path in sorted((ROOT / "labinit").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _name(node.func) in MESSAGE_CALLS:
                texts = [_text(argument) for argument in node.args]
                if _name(node.func) == "refuse":
                    texts = texts[1:]
                if texts and texts[0].strip(" …"):
                    rows[texts[0]] = (
                        texts[1] if len(texts) > 1 and texts[1] else "see the message itself"
                    )
    lines = [
        f"| {message} | {remedy} |"
        for message, remedy in sorted(rows.items(), key=lambda row: row[0].lower())
    ]
    return "\n".join(["| message | what to do |", "|---|---|", *lines])


def decisions_list() -> str:
    """Return the decisions by number, from their titles."""
    paths = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))
    titles = [(path, path.read_text().partition("\n")[0].lstrip("# ")) for path in paths]
    return "\n".join(f"- {path.name[:4]} [{title}]({path.name})" for path, title in titles)


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _text(node: ast.expr) -> str:
    """Return a string literal, with … for what is filled in; "" for what is no literal."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.replace("|", "\\|")
    if isinstance(node, ast.JoinedStr):
        return "".join(
            _text(part) if isinstance(part, ast.Constant) else "…" for part in node.values
        )
    return ""


BLOCKS = {
    "README.md": ("settings", settings_table),
    "docs/settings.md": ("settings", settings_table),
    "docs/operations.md": ("messages", messages_table),
    "docs/decisions/README.md": ("decisions", decisions_list),
}


def render(path: str) -> str:
    """Return a document with its generated block as it should be."""
    name, table = BLOCKS[path]
    before, _, rest = (ROOT / path).read_text().partition(f"<!-- {name}:")
    comment, _, rest = rest.partition("-->")
    _, _, after = rest.partition(f"<!-- /{name} -->")
    return f"{before}<!-- {name}:{comment}-->\n{table()}\n<!-- /{name} -->{after}"


def main() -> int:
    """Write the blocks, or with --check only tell which of them are stale."""
    stale = [path for path in BLOCKS if (ROOT / path).read_text() != render(path)]
    for path in stale:
        if "--check" in sys.argv:
            print(f"docs: {path} is stale; run make docs")
        else:
            (ROOT / path).write_text(render(path))
            print(f"docs: {path} written")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())

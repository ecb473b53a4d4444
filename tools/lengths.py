"""Holds every source file to lengths that can be read: lines, files, functions, comments.

usage: python tools/lengths.py
"""

from __future__ import annotations

import ast
import io
import re
import statistics
import subprocess
import sys
import tokenize
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LINE, FILE = 100, 250
FUNCTION_MEDIAN, FUNCTION_NINE_IN_TEN = 10, 30
COMMENTS_PERCENT = 5, 10
# Scripts without a suffix are known by their first line.
SOURCES = {
    *(".py", ".go", ".c", ".cpp", ".h", ".hpp", ".java", ".scala", ".js", ".ts", ".rkt", ".sh"),
    *("Makefile", "Dockerfile"),
}
# Who may be longer, and why.
LONG_LINES = {
    "kernels/cpp/Makefile": "a change of it compiles the kernel anew",
    "tools/kubernetes/kube/main.go": "a change of it compiles Kubernetes anew, for ten minutes",
}
LONG_FILES = {
    "Dockerfile": "a build reads one file, and its stages copy from each other",
}
# What tools read at the end of a line; ruff does not count it either.
_PRAGMA = re.compile(r"\s+# (?:noqa|type:).*")


def is_source(path: Path) -> bool:
    """Tell whether a person writes and reads this file as a program."""
    if {path.suffix, path.name} & SOURCES:
        return True
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def long_lines(path: Path, text: str) -> Iterator[str]:
    """Yield the lines that are too long; a tab counts as 4."""
    for number, line in enumerate(text.splitlines(), 1):
        length = len(_PRAGMA.sub("", line.expandtabs(4)))
        if length > LINE:
            yield f"{path}:{number}: a line of {length} characters, and {LINE} are allowed"


def function_lengths(text: str) -> list[int]:
    """Return the lines of each function of a Python source."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = (node for node in ast.walk(ast.parse(text)) if isinstance(node, functions))
    return [(node.end_lineno or node.lineno) - node.lineno + 1 for node in nodes]


def long_functions(folder: str, lengths: list[int]) -> Iterator[str]:
    """Yield how a folder's functions are too long, as a whole: a single one may be."""
    median = statistics.median(lengths)
    if median > FUNCTION_MEDIAN:
        yield f"{folder}: the median function has {median} lines, more than {FUNCTION_MEDIAN}"
    long = sum(length > FUNCTION_NINE_IN_TEN for length in lengths)
    if long * 10 > len(lengths):
        yield f"{folder}: {long} of {len(lengths)} functions have over {FUNCTION_NINE_IN_TEN} lines"


def comments_and_code(text: str) -> tuple[int, int]:
    """Return how many comments a Python source has, and how many lines that hold code."""
    tokens = [token.type for token in tokenize.generate_tokens(io.StringIO(text).readline)]
    comments = tokens.count(tokenize.COMMENT) - len(_PRAGMA.findall(text))
    docstrings = sum(
        (node.body[0].end_lineno or 0) - node.body[0].lineno + 1
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and ast.get_docstring(node, clean=False) is not None
    )
    return comments, sum(bool(line.strip()) for line in text.splitlines()) - docstrings


def comment_share(counts: list[tuple[int, int]]) -> Iterator[str]:
    """Yield it if labinit has too few comments for its code, or too many."""
    comments, code = (sum(column) for column in zip(*counts, strict=True))
    share, (fewest, most) = 100 * comments / code, COMMENTS_PERCENT
    if not fewest <= share <= most:
        yield f"labinit: comments are {share:.1f} % of its code; {fewest} to {most} are asked for"


def problems(root: Path, names: list[str]) -> Iterator[str]:
    """Yield all that is too long in these files."""
    functions: dict[str, list[int]] = defaultdict(list)
    labinit: list[tuple[int, int]] = []
    for name in names:
        path = root / name
        if path.is_symlink() or not path.is_file() or not is_source(path):
            continue
        text = path.read_text()
        if name not in LONG_LINES:
            yield from long_lines(Path(name), text)
        if name not in LONG_FILES and (lines := len(text.splitlines())) > FILE:
            yield f"{name}: {lines} lines, and {FILE} are allowed"
        if path.suffix == ".py":
            folder = Path(name).parts[0]
            functions[folder] += function_lengths(text)
            if folder == "labinit":
                labinit.append(comments_and_code(text))
    for folder, lengths in functions.items():
        yield from long_functions(folder, lengths or [0])
    if labinit:
        yield from comment_share(labinit)


def main() -> int:
    """Print what is too long of what git tracks."""
    root = Path(__file__).parent.parent
    names = subprocess.check_output(["git", "ls-files", "-z"], cwd=root, text=True)
    found = list(problems(root, names.split("\0")[:-1]))
    print(*(f"lengths: {one}" for one in found), sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

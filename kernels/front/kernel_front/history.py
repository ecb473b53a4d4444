"""What a user has run, kept across sessions: the arrow keys of a console. Never fails a cell.

A file of JSON lines, appended to with one write a cell: several kernels may share it, it needs no
locks that a network file system lacks, and sqlite need not be loaded.
"""

from __future__ import annotations

import fnmatch
import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Entry = tuple[int, int, str]

_LARGEST_FILE = 8 << 20
# A cell with data in it is no line to call up again.
_LONGEST_CELL = 1 << 16


def history_file(name: str) -> str:
    """Return where the history of a language is, as the XDG base directory specification has it."""
    base = os.environ.get("XDG_DATA_HOME", "")
    if not os.path.isabs(base):
        base = os.path.expanduser("~/.local/share")
    return f"{base}/kernel-front/{name}.history"


class History:
    """Entries of (session, line, code). Session numbers grow; this one's is the last."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._session = 0
        self._own: list[Entry] = []
        self._is_stored = True

    def add(self, line: int, code: str) -> None:
        """Remember a cell: in the file where that can be written, else for this session only."""
        if not self._session:
            self._begin()
        entry = (self._session, line, code[:_LONGEST_CELL])
        self._own.append(entry)
        if self._is_stored:
            self._store(entry)

    def request(self, content: dict[str, Any]) -> list[list[Any]]:
        """Answer a history_request. Shape: [session, line, code], or with [code, null] for code."""
        if not self._session:
            self._begin()
        kind = content.get("hist_access_type")
        if kind == "range":
            matches = self._range(content)
        else:
            matches = list(self._all_entries())
            if kind == "search":
                matches = self._search(matches, content)
            elif content.get("n") is not None:
                matches = matches[-int(content["n"]) :] if content["n"] else []
        output = bool(content.get("output"))
        return [[s, line, [code, None] if output else code] for s, line, code in matches]

    def _range(self, content: dict[str, Any]) -> list[Entry]:
        session = int(content.get("session") or 0)
        if session <= 0:
            session += self._session
        first = int(content.get("start") or 0)
        stop = content.get("stop")
        return [
            entry
            for entry in self._all_entries()
            if entry[0] == session and first <= entry[1] and (stop is None or entry[1] < int(stop))
        ]

    def _search(self, entries: list[Entry], content: dict[str, Any]) -> list[Entry]:
        pattern = content.get("pattern") or "*"
        matches = [entry for entry in entries if fnmatch.fnmatchcase(entry[2], pattern)]
        if content.get("unique"):
            last = {code: at for at, (_, _, code) in enumerate(matches)}
            matches = [entry for at, entry in enumerate(matches) if last[entry[2]] == at]
        count = content.get("n")
        return matches if count is None else matches[-int(count) :] if count else []

    def _all_entries(self) -> Iterator[Entry]:
        yield from (entry for entry in self._stored() if entry[0] != self._session)
        yield from self._own

    def _stored(self) -> Iterator[Entry]:
        try:
            with open(self._path, encoding="utf-8", errors="replace") as file:
                for text in file:
                    try:
                        session, line, code = json.loads(text)
                    except (ValueError, TypeError):
                        continue  # a write that a full disk cut off
                    if isinstance(code, str):
                        yield int(session), int(line), code
        except OSError:
            return

    def _begin(self) -> None:
        """Take the next number, and halve a file that has grown too large."""
        entries = list(self._stored())
        self._session = max((session for session, _, _ in entries), default=0) + 1
        try:
            if os.path.getsize(self._path) > _LARGEST_FILE:
                self._rewrite(entries[len(entries) // 2 :])
        except OSError:
            pass

    def _rewrite(self, entries: list[Entry]) -> None:
        scratch = f"{self._path}.{os.getpid()}"
        with open(scratch, "w", encoding="utf-8", opener=_private) as file:
            file.writelines(json.dumps(entry) + "\n" for entry in entries)
        os.replace(scratch, self._path)

    def _store(self, entry: Entry) -> None:
        try:
            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            with open(self._path, "a", encoding="utf-8", opener=_private) as file:
                file.write(json.dumps(entry) + "\n")
        except OSError:
            self._is_stored = False


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)

"""The contents of replies, made of what the engine says; and what is wrong with a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernel_front.wire import PROTOCOL_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable

    from kernel_front.spec import EngineSpec

Content = dict[str, Any]

# Compilers take gigabytes and minutes for more: of 50 MB, Scala's says nothing for four minutes.
LARGEST_CELL = 20_000_000
# What an engine, or the kernel itself, may show of a cell.
SHOWN = {"display", "result", "clear", "stream", "error", "execute_input"}


def kernel_info(spec: EngineSpec, language_info: Content, banner: str) -> Content:
    """Return what Jupyter is told of the kernel."""
    return {
        "status": "ok",
        "protocol_version": PROTOCOL_VERSION,
        "implementation": spec.implementation or spec.name,
        "implementation_version": spec.implementation_version,
        "language_info": language_info,
        "banner": banner,
        "help_links": list(spec.help_links),
        "supported_features": [],
    }


def plain_language_info(name: str) -> Content:
    """Return what is known of a language whose engine does not start."""
    return {"name": name, "version": "", "mimetype": "text/plain", "file_extension": ".txt"}


def failure(done: Content) -> Content | None:
    """Return the error that a cell has ended with, complete."""
    found = done.get("error")
    if not found:
        return None
    name, value = str(found.get("ename", "Error")), str(found.get("evalue", ""))
    traceback = found.get("traceback") or [f"{name}: {value}"]
    return {"ename": name, "evalue": value, "traceback": traceback}


def question(kind: str, content: Content) -> tuple[Content, Callable[[Content], Content]]:
    """Return what the engine is asked about code, and what makes the reply of its answer.

    Raises: KeyError, TypeError, ValueError, where the request is none.
    """
    if kind == "is_complete_request":
        return {"type": "is_complete", "code": text(content["code"])}, completeness
    code, cursor = code_and_cursor(content)
    asked = {"code": code, "cursor": cursor}
    if kind == "complete_request":
        return {"type": "complete", **asked}, lambda done: completion(done, cursor)
    return {"type": "inspect", **asked, "detail": int(content.get("detail_level", 0))}, inspection


def error(ename: str, evalue: str) -> Content:
    """Return what ends a cell that its engine cannot end."""
    return {"error": {"ename": ename, "evalue": evalue, "traceback": [f"{ename}: {evalue}"]}}


def too_large(code: str) -> Content:
    """Return what ends a cell that no engine is asked to run."""
    sizes = f"this cell has {len(code):,} characters, and the most is {LARGEST_CELL:,}"
    return error("CellTooLarge", f"{sizes}: put its data into a file, and have the cell read that")


def completion(done: Content, cursor: int) -> Content:
    """Return the matches, with what is known of them."""
    start, end = done.get("start", cursor), done.get("end", cursor)
    matches = [{"start": start, "end": end, "type": "", **one} for one in done.get("matches", [])]
    return {
        "status": "ok",
        "matches": [match["text"] for match in matches],
        "cursor_start": start,
        "cursor_end": end,
        "metadata": {"_jupyter_types_experimental": matches} if matches else {},
    }


def inspection(done: Content) -> Content:
    """Return what is known of a name."""
    data = done.get("data", {}) if done.get("found") else {}
    return {"status": "ok", "found": bool(data), "data": data, "metadata": {}}


def completeness(done: Content) -> Content:
    """Return whether a console should run the code."""
    status = done.get("status", "unknown")
    indent = {"indent": done.get("indent", "")} if status == "incomplete" else {}
    return {"status": status, **indent}


def shown(kind: str, message: Content, count: int) -> tuple[str, Content]:
    """Return what a cell shows. Shape: the type of the message, its content."""
    if kind == "clear":
        return "clear_output", {"wait": bool(message.get("wait"))}
    if kind not in {"display", "result"}:
        return kind, message
    content = {"data": message.get("data", {}), "metadata": message.get("metadata", {})}
    if kind == "result":
        return "execute_result", {**content, "execution_count": count}
    if (display_id := message.get("display_id")) is not None:
        content["transient"] = {"display_id": display_id}
    return "update_display_data" if message.get("update") else "display_data", content


def bad_request(kind: str, problem: object) -> Content:
    """Return the refusal of a request."""
    words = f"{kind}: {problem}"
    return {"status": "error", "ename": "BadRequest", "evalue": words, "traceback": [words]}


def text(value: object) -> str:
    """Return code. Raises: TypeError, where it is none."""
    if not isinstance(value, str):
        raise TypeError("code has to be text")
    return value


def code_and_cursor(content: Content) -> tuple[str, int]:
    """Return what completion and inspection look at. Units: code points."""
    code = text(content["code"])
    cursor = content.get("cursor_pos")
    return code, len(code) if cursor is None else max(0, min(int(cursor), len(code)))

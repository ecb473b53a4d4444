"""Static files, compressed when the image was built: which bytes go out. Never compresses."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_server.base.handlers import FileFindHandler

if TYPE_CHECKING:
    from tornado.httputil import HTTPHeaders


class StaticFiles(FileFindHandler):
    """Serves FILE.gz in the place of FILE to whoever takes gzip.

    Only where both have the same time: a file that has been replaced since is served itself. A
    range is one of FILE, so whoever asks for one gets that.
    """

    def set_headers(self) -> None:
        """Set the headers, and choose between the two files."""
        # Whoever has a part of what may be another file now gets all of it. Tornado would not look.
        if "If-Range" in self.request.headers:
            self.request.headers.pop("Range", None)
        super().set_headers()
        if "immutable" not in self._headers.get("Cache-Control", ""):
            self.set_header("Etag", self._content_tag())
        compressed = self._find_compressed()
        if compressed is None:
            return
        self.add_header("Vary", "Accept-Encoding")
        if not takes_gzip(self.request.headers) or "Range" in self.request.headers:
            return
        self.set_header("Content-Encoding", "gzip")
        # A transfer that broke off must not be resumed with bytes of the other file.
        self.set_header("Accept-Ranges", "none")
        # From here on, tornado measures and reads this file. Its type and time are set already.
        self.absolute_path: str = f"{self.absolute_path}.gz"
        self._stat_result = compressed

    def should_return_304(self) -> bool:
        """Tell whether the client has this file, by its content.

        The build gives all files of an image one time, and a later image may have an earlier one.
        """
        if "Etag" in self._headers:
            return bool(self.check_etag_header())
        return bool(super().should_return_304())

    def _content_tag(self) -> str:
        # Weak, because both files have it: what they stand for is the same.
        digest = hashlib.sha1(Path(self.absolute_path).read_bytes(), usedforsecurity=False)
        return f'W/"{digest.hexdigest()}"'

    def _find_compressed(self) -> os.stat_result | None:
        try:
            status = os.stat(f"{self.absolute_path}.gz", follow_symlinks=False)
        except OSError:
            return None
        # In seconds: a layer of an image knows no finer time.
        is_current = int(status.st_mtime) == int(self._stat().st_mtime)
        return status if is_current and stat.S_ISREG(status.st_mode) else None


def takes_gzip(headers: HTTPHeaders) -> bool:
    """Tell whether a client takes gzip. Source: RFC 9110, 12.5.3."""
    weights = {}
    for choice in headers.get("Accept-Encoding", "").lower().split(","):
        coding, *parameters = (word.strip() for word in choice.split(";"))
        weights[coding] = next((word[2:] for word in parameters if word.startswith("q=")), "1")
    try:
        return float(weights.get("gzip", weights.get("*", "0"))) > 0
    except ValueError:
        return False

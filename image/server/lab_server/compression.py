"""Which of the server's computed answers are compressed. Why only these: docs/decisions/0030."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tornado.web import GZipContentEncoding

from lab_server.static_files import takes_gzip

if TYPE_CHECKING:
    from tornado.httputil import HTTPHeaders, HTTPServerRequest

# Their content is the image's and the user's settings, whatever the request says beside its path,
# and none holds a token.
_SAFE = re.compile(
    r".*/(lab/api/(settings|translations|listings)(/.*)?|api/kernelspecs|lsp/status)"
)


class ApiCompression(GZipContentEncoding):
    """Compresses answers that hold no secret, or nothing that a third party could have chosen."""

    def __init__(self, request: HTTPServerRequest) -> None:
        self._is_safe = request.method == "GET" and bool(_SAFE.fullmatch(request.path))
        self._gzipping = self._is_safe and takes_gzip(request.headers)

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Begin an answer."""
        if not self._is_safe:
            return status_code, headers, chunk
        # One name for two representations. Tornado compares weakly when the browser asks again.
        if headers.get("Etag", "").startswith('"'):
            headers["Etag"] = f"W/{headers['Etag']}"
        return super().transform_first_chunk(status_code, headers, chunk, finishing)

"""Which of the server's computed answers are compressed. Why only these: docs/decisions/0030."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from tornado.web import GZipContentEncoding

from lab_server.static_files import takes_gzip

if TYPE_CHECKING:
    from tornado.httputil import HTTPHeaders, HTTPServerRequest

# Below the server's own address. Their content is the image's and the user's settings, whatever the
# request says beside its path, and none holds a token.
_SAFE = re.compile(r"lab/api/(settings|translations|listings)(/.*)?|api/kernelspecs|lsp/status")


class ApiCompression(GZipContentEncoding):
    """Compresses answers that hold no secret, or nothing that a third party could have chosen."""

    def __init__(self, base_url: str, request: HTTPServerRequest) -> None:
        is_own = request.method == "GET" and request.path.startswith(base_url)
        self._is_safe = is_own and bool(_SAFE.fullmatch(request.path[len(base_url) :]))
        self._gzipping = self._is_safe and takes_gzip(request.headers)

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Begin an answer."""
        # An error repeats the request.
        if not self._is_safe or status_code >= HTTPStatus.BAD_REQUEST:
            self._gzipping = False
            return status_code, headers, chunk
        # One name for two representations. Tornado compares weakly when the browser asks again.
        if headers.get("Etag", "").startswith('"'):
            headers["Etag"] = f"W/{headers['Etag']}"
        return super().transform_first_chunk(status_code, headers, chunk, finishing)

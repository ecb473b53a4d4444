"""A stand-in for the identity provider of an organization, which a test cannot reach.

OAuth 2 by RFC 6749, 4.1, with PKCE (RFC 7636): whoever comes is taken for `person`, without being
asked. Refuses what a provider refuses: another client, secret, address, code or verifier.
"""

import hashlib
import json
import threading
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit


class Provider:
    """Answers from `with` to its end, at `url`."""

    client_id = "lab"

    def __init__(self, address: str) -> None:
        self.secret = uuid.uuid4().hex
        self.person: Mapping[str, Any] = {}
        self._codes: dict[str, Mapping[str, str]] = {}
        self._tokens: dict[str, Mapping[str, Any]] = {}
        self._server = ThreadingHTTPServer((address, 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever)
        self.url = f"http://{address}:{self._server.server_port}"

    def authorize(self, asked: Mapping[str, str]) -> str:
        """Return where the browser is sent back to, with a code that is good once."""
        assert (asked["client_id"], asked["response_type"]) == (self.client_id, "code")
        code = uuid.uuid4().hex
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, form: Mapping[str, str]) -> dict[str, str]:
        """Return a token for a code, to the client that it was made for."""
        asked = self._codes.pop(form["code"])
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        assert urlsafe_b64encode(digest).decode().rstrip("=") == asked["code_challenge"]
        assert form["redirect_uri"] == asked["redirect_uri"]
        assert (form["client_id"], form["client_secret"]) == (self.client_id, self.secret)
        token = uuid.uuid4().hex
        self._tokens[token] = self.person
        return {"access_token": token, "token_type": "Bearer"}

    def _handler(provider) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - of two selves
        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = urlsplit(self.path)
                if path.path == "/authorize":
                    self.send_response(302)
                    self.send_header("Location", provider.authorize(dict(parse_qsl(path.query))))
                    self.end_headers()
                else:
                    token = self.headers["Authorization"].removeprefix("Bearer ")
                    self._answer(provider._tokens[token])

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self._answer(provider.token(dict(parse_qsl(body.decode()))))

            def _answer(self, said: Mapping[str, Any]) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(said).encode())

            def log_message(self, *_: object) -> None:
                pass

        return Answers

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

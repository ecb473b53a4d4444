"""Who is let in: wrong tokens are answered slowly, right ones at once (docs/decisions/0031)."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.auth.identity import PasswordIdentityProvider
from jupyter_server.auth.login import LoginFormHandler
from tornado.web import Finish

from lab_server.languages import choose_text
from lab_server.throttle import LONGEST_S, Throttle

if TYPE_CHECKING:
    from jupyter_server.auth.identity import User
    from jupyter_server.base.handlers import JupyterHandler


class LoginHandler(LoginFormHandler):
    """The login page."""

    def _render(self, message: dict[str, str] | None = None) -> None:
        text = choose_text(self.request.headers.get("Accept-Language", ""))
        next_url = self.get_argument("next", default=self.base_url)
        self.write(
            self.render_template("login.html", next_url=next_url, is_wrong=bool(message), text=text)
        )

    @allow_unauthenticated
    async def post(self) -> None:
        """Let in, or say after a while that the token is wrong."""
        user = self.current_user = self.identity_provider.process_login_form(self)
        if user is None:
            await self.identity_provider.wait(self)
            self.set_status(401)
            self._render({"error": "Invalid credentials"})
            return
        self.log.info("User %s logged in.", user.username)
        self.identity_provider.set_login_cookie(self, user)
        self._redirect_safe(self.get_argument("next", default=self.base_url))


class ThrottledIdentityProvider(PasswordIdentityProvider):
    """Jupyter's own, which answers wrong tokens and passwords slowly."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._throttle = Throttle()
        if "login_handler_class" not in self.config.get(type(self).__name__, {}):
            self.login_handler_class = LoginHandler

    async def get_user(self, handler: JupyterHandler) -> User | None:
        """Return the user of a request; None, after a while, if it brings a wrong token."""
        user = await self._get_user(handler)
        if user is None and self.get_token(handler):
            await self.wait(handler)
        return user

    async def wait(self, handler: JupyterHandler) -> None:
        """Return when a wrong token may be answered.

        Raises: Finish, after 429, if too many answers to this address are waiting.
        """
        delay = self._throttle.delay(handler.request.remote_ip or "", time.monotonic())
        if delay is None:
            # No HTTPError: that would drop the header.
            handler.set_status(429)
            handler.set_header("Retry-After", int(LONGEST_S))
            handler.finish("too many wrong tokens from this address; a right one is let in\n")
            raise Finish
        await asyncio.sleep(delay)

"""The server's settings, of the lowest rank: the user's (~/.jupyter), a hub's and flags win."""

import hashlib
import logging
import os
import shutil
import sys

from traitlets.config.loader import DeferredConfigString
from traitlets.utils.importstring import import_item

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - Jupyter's loader defines it

# All addresses, of IPv4 and IPv6: what is published is for the engine to decide.
c.ServerApp.ip = ""
# A busy port is an error: the next one is not published.
c.ServerApp.port_retries = 0
c.ServerApp.open_browser = False

# Wrong tokens are answered slowly; the login page is ours (image/server).
c.ServerApp.identity_provider_class = "lab_server.identity.ThrottledIdentityProvider"
# Links from elsewhere find the user logged in, requests of other sites do not.
c.IdentityProvider.cookie_options = {"samesite": "Lax"}
c.LabApp.extension_manager = "lab_server"

# A server in a container neither calls home nor updates itself.
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.handlers.announcements.NeverCheckForUpdate"

# Five kernels of one language are one card in the launcher: custom/custom.css hides the others.
# Where it lies, `lab_server` says.
c.LabApp.custom_css = True

# jupyter_server hands its milliseconds to tornado, which expects seconds and warns of them at the
# first kernel.
# Its own pings work (jupyter_server#1612).
logging.getLogger("tornado.general").addFilter(
    lambda record: "websocket_ping_timeout" not in record.getMessage()
)
# In a container it has to, and who can reach it is decided outside. Without a login, it still says
# so.
logging.getLogger("ServerApp").addFilter(
    lambda record: "all IP addresses and not using encryption" not in str(record.msg)
)
# The last line of each start would be twenty language servers that nobody has installed.
logging.getLogger("ServerApp").addFilter(
    lambda record: not record.getMessage().startswith("Skipped non-installed")
)


class Needs(DeferredConfigString):
    """What an exporter runs on, programs or a flag of its own: offered once all of it is there."""

    def get_value(self, trait: object) -> bool:  # noqa: ARG002 - traitlets passes it
        """Look for it now: each time the menu is filled, not only at the start."""
        return all(
            import_item(word) if "." in word else shutil.which(word) for word in self.split()
        )

    # traitlets' own calls itself without end where the class is not its own.
    __repr__ = str.__repr__


# Otherwise, each would stand in the menu and end with an error.
c.ASCIIDocExporter.enabled = Needs("pandoc")
c.RSTExporter.enabled = Needs("pandoc")
c.LatexExporter.enabled = Needs("pandoc")
c.PDFExporter.enabled = Needs("pandoc xelatex")
c.QtPDFExporter.enabled = Needs("nbconvert.exporters.qt_screenshot.QT_INSTALLED")
c.QtPNGExporter.enabled = Needs("nbconvert.exporters.qt_screenshot.QT_INSTALLED")
c.WebPDFExporter.enabled = Needs("nbconvert.exporters.webpdf.PLAYWRIGHT_INSTALLED")

# Where jupyter_lsp looks for language servers by default. It asks npm for the last two, which takes
# 0.3 s; and still does where the user has another node or npm, or has told npm of another prefix.
_OURS = shutil.which("node") in {None, "/usr/bin/node"} and shutil.which("npm") in {
    None,
    "/usr/local/bin/npm",
}
_TELLING = {
    "npm_config_prefix",
    "npm_config_userconfig",
    "npm_config_globalconfig",
    "prefix",
    "jupyterlab_dir",
}
if (
    _OURS
    and not os.path.exists(os.path.expanduser("~/.npmrc"))
    and not _TELLING & set(map(str.lower, os.environ))
):
    _STAGING = f"{sys.prefix}/share/jupyter/lab/staging"
    c.LanguageServerManager.node_roots = [
        os.getcwd(),
        _STAGING,
        f"{sys.prefix}/lib",
        sys.prefix,
        "/usr/lib",
        "/usr",
    ]


def _keep_logins() -> None:
    """Let a browser stay logged in for as long as the token is the same, also without a volume.

    The secret that signs its cookie is made of the token, so who knows one may as well know the
    other; a new token ends all logins. Where the user has named another file for it, the server
    uses that one.
    """
    try:
        with open(os.environ["JUPYTER_TOKEN_FILE"], "rb") as file:
            token = file.read()
        path = os.path.join(os.environ["JUPYTER_RUNTIME_DIR"], "jupyter_cookie_secret")
        # Slow to guess the token from, should a cookie get lost. Units: 10 ms. Source: RFC 7914.
        secret = hashlib.scrypt(token, salt=b"jupyter_cookie_secret", n=4096, r=8, p=1)
        descriptor = os.open(
            path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
        with os.fdopen(descriptor, "wb") as file:
            file.write(secret)
    except (KeyError, OSError):
        return  # the server makes one up


_keep_logins()

"""The image's extension of Jupyter's server: who is let in, and what goes over the wire.

Changes this one server. Kernels and terminals never load it.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "lab_server"}]


def _link_jupyter_server_extension(app: ServerApp) -> None:
    """Put the image's handlers where others take theirs from: before any extension is loaded."""
    from jupyterlab_server import handlers  # noqa: PLC0415 - loaded by JupyterLab anyway

    from lab_server.static_files import StaticFiles  # noqa: PLC0415

    app.tornado_settings.setdefault("static_handler_class", StaticFiles)
    # The route of prebuilt extensions names its handler by itself.
    handlers.FileFindHandler = StaticFiles
    # Not by configuration: `tornado_settings` there would take the place of all of the above.
    app.static_custom_path = [*app.static_custom_path, "/etc/jupyter/custom"]
    # The user's own templates, if any, come first.
    templates = os.path.join(os.path.dirname(__file__), "templates")
    app.extra_template_paths = [*app.extra_template_paths, templates]


def _load_jupyter_server_extension(app: ServerApp) -> None:
    """Change what is known only once the server is configured."""
    from lab_server.compression import ApiCompression  # noqa: PLC0415
    from lab_server.unsent import limit_unsent  # noqa: PLC0415

    limit_unsent(app.kernel_manager)
    settings = app.web_app.settings
    app.web_app.add_transform(partial(ApiCompression, settings["base_url"]))
    # A cell may be as large as a file. tornado's 10 MB end the connection, and the page is not told
    # why.
    settings.setdefault("websocket_max_message_size", app.max_body_size)
    settings["xsrf_cookie_kwargs"] = {
        "samesite": "Lax",
        **settings.get("xsrf_cookie_kwargs", {}),
    }
    if not app.identity_provider.auth_enabled:
        _answer_local_names_only(app)


def _answer_local_names_only(app: ServerApp) -> None:
    """Refuse requests for other hosts than this one, unless the user has allowed remote access.

    Without a login, a page from anywhere could otherwise use the browser of somebody who can reach
    this server: by a name of its own that points here. Source: DNS rebinding.
    """
    if "allow_remote_access" in app.config.ServerApp:
        return
    settings = app.web_app.settings
    settings["allow_remote_access"] = False
    settings["local_hostnames"] = ["localhost", *app.local_hostnames]

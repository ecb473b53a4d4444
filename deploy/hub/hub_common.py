"""What our hubs have in common, wherever servers run: logins, the proxy, servers nobody uses.

Sets what JupyterHub is to do and does nothing itself. What is usually changed is not here.
"""

import sys
from typing import Any

from hub_settings import Reader

STATE = "/var/lib/jupyterhub"


def keep_servers(c: Any, proxy_api: str) -> None:
    """Have the proxy be a service of its own, and servers stay: a new hub ends nobody's work."""
    c.JupyterHub.db_url = f"sqlite:///{STATE}/jupyterhub.sqlite"
    # A newer JupyterHub changes its tables by itself, and copies an SQLite file first, beside it.
    c.JupyterHub.upgrade_db = True
    c.JupyterHub.cookie_secret_file = f"{STATE}/cookie_secret"
    c.ConfigurableHTTPProxy.should_start = False
    c.ConfigurableHTTPProxy.api_url = proxy_api
    c.JupyterHub.bind_url = "http://:8000"
    c.JupyterHub.cleanup_servers = False
    # How soon a proxy that was restarted gets its routes back: five minutes otherwise.
    c.JupyterHub.last_activity_interval = 30


def let_log_in(c: Any, read: Reader, authenticator: str, admins: set[str]) -> None:
    """Let people log in by one password for all, or by one of their own."""
    c.JupyterHub.authenticator_class = authenticator
    c.Authenticator.admin_users = admins
    if authenticator == "shared-password":
        c.SharedPasswordAuthenticator.user_password = read.secret("hub_password", 8)
        c.SharedPasswordAuthenticator.allow_all = True
        if admins:
            c.SharedPasswordAuthenticator.admin_password = read.secret("admin_password", 32)
    elif authenticator == "native":
        from native_login import fix_login  # noqa: PLC0415 - it needs the authenticator's package

        fix_login()
        c.NativeAuthenticator.minimum_password_length = 12
        c.NativeAuthenticator.allow_all = True  # of those whom an administrator has let in
        if not admins:
            read.wrong(
                "HUB_ADMINS is empty: nobody could let people in; "
                f"name an administrator in {read.settings}"
            )


def stop_idle_servers(c: Any, idle_s: int, *options: str) -> None:
    """Stop a server that nobody has used for so long; 0: never. `options` are the culler's."""
    if not idle_s:
        return
    c.JupyterHub.services = [
        {
            "name": "idle-culler",
            "command": [
                *(sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={idle_s}"),
                # Its own choice, half of the time, is 0 for one second, at which it ends.
                f"--cull-every={min(max(idle_s // 2, 1), 600)}",
                *options,
            ],
        }
    ]
    c.JupyterHub.load_roles = [
        {
            "name": "idle-culler",
            "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
            "services": ["idle-culler"],
        }
    ]

"""The server's settings, of the lowest rank: the user's own (~/.jupyter), a hub's and flags all win over them."""

import logging

c = get_config()  # noqa: F821  # Jupyter's loader defines it

c.ServerApp.ip = "0.0.0.0"  # noqa: S104  # what is published is for the engine to decide
# A busy port is an error: the next one is not published.
c.ServerApp.port_retries = 0
c.ServerApp.open_browser = False

# A server in a container neither calls home nor updates itself.
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.handlers.announcements.NeverCheckForUpdate"

# jupyter_server hands its milliseconds to tornado, which expects seconds and warns of them at the first kernel.
# Its own pings work (jupyter_server#1612).
logging.getLogger("tornado.general").addFilter(lambda record: "websocket_ping_timeout" not in record.getMessage())

# The lowest of Jupyter's configuration files: the environment's, the user's own (~/.jupyter), a hub and flags all win over it.
c = get_config()  # noqa: F821  # Jupyter's loader defines it

c.ServerApp.ip = "0.0.0.0"
# A busy port is an error: the next one is not published.
c.ServerApp.port_retries = 0
c.ServerApp.open_browser = False
# It would hold the token.
c.ServerApp.no_browser_open_file = True

# A server in a container neither calls home nor updates itself.
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.handlers.announcements.NeverCheckForUpdate"

"""A session: what a user does in a container that was started with the command line of the
README."""

PASSWORD = "correct-horse"
TOKEN = "token-to-jupyter-page"

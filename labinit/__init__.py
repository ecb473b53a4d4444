"""The entrypoint and PID 1 of a JupyterLab container."""

__version__ = "0.2.0"
# From the request to stop to SIGKILL, unless LABGRACE says otherwise. Units: seconds.
GRACE_S = 8

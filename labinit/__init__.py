"""The entrypoint and PID 1 of a JupyterLab container."""

__version__ = "0.1.0"

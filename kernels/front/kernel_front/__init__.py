"""One Jupyter kernel for every language whose engine talks JSON lines: see ../README.md.

Imports nothing: which module is loaded, and when, decides what each kernel costs.
"""

__version__ = "1.0"

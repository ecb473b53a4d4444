"""The Jupyter kernel for C++.

Its other half, the interpreter, is a program of its own: see ../src.
"""

__version__ = "1.0"

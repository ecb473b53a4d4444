"""`labctl`, the operator's companion inside a running container.

Reads the system. Never writes to it.
"""

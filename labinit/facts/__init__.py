"""What the system is: the only reader of accounts, mounts, owners and capabilities.

Never writes.
"""

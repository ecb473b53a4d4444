"""The only reader of accounts, mounts, owners and capabilities. Never writes."""

"""What the user asked for: read, checked, cached. Never looks at the system."""

"""What a boot will do and why, from settings and facts alone. Never touches the system."""

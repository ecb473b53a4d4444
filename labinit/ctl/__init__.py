"""`labctl`, the operator's tool inside a running container. Reads the system, never writes."""

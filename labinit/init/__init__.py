"""PID 1: spawn, forward, reap, stop. Standard library only; cannot fail once the child runs."""

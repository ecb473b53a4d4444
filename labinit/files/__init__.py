"""Race-free work on trees that the user can change. Decides nothing."""

"""Every write of a boot, one function a kind of action. Decides nothing."""

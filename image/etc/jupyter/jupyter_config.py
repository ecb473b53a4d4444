"""For every Jupyter program: the server, nbconvert, console, kernelspec."""

c = get_config()  # noqa: F821  # Jupyter's loader defines it

# Encrypts for the kernels that can, and spares the warning of those that want it.
c.KernelManager.transport_encryption = "auto"
# Python is listed when the image was built with it, not because the server runs on it.
c.KernelSpecManager.ensure_native_kernel = False

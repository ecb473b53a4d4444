"""Starts the Scala kernel, runs a cell and lets it end by itself, which writes the archive it was told to write."""

import sys

from jupyter_client.manager import KernelManager

manager = KernelManager(kernel_name="scala", shutdown_wait_time=120)
manager.start_kernel()
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=120)
reply = client.execute_interactive("Seq(1, 2, 3).map(_ + 1).sum", timeout=120, allow_stdin=False)
client.stop_channels()
manager.shutdown_kernel()
if reply["content"]["status"] != "ok":
    sys.exit(f"the cell has failed: {reply['content']}")

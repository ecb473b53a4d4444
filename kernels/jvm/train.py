"""Runs a cell in an engine and lets it end: the JVM then writes the archive of its classes.

Usage: train.py ENGINE.json ARCHIVE CELL...
"""

import json
import os
import subprocess
import sys


def main(spec: str, archive: str, *cells: str) -> None:
    """Write the archive.

    Raises: SystemExit, when a cell fails or no archive is written.
    """
    with open(spec, encoding="utf-8") as file:
        argv = json.load(file)["argv"]
    argv = [part for part in argv if not part.startswith("-XX:SharedArchiveFile=")]
    requests_out, requests_in = os.pipe()
    messages_out, messages_in = os.pipe()
    redirect = f'exec "$@" 3<&{requests_out} 4>&{messages_in}'
    java, *options = argv
    engine = subprocess.Popen(
        ["/bin/sh", "-c", redirect, "sh", java, f"-XX:ArchiveClassesAtExit={archive}", *options],
        pass_fds=(requests_out, messages_in),
    )
    os.close(requests_out)
    os.close(messages_in)
    with os.fdopen(requests_in, "w") as requests, os.fdopen(messages_out) as messages:
        for number, cell in enumerate(cells, 1):
            for kind in ("is_complete", "complete", "execute"):
                request = {"id": number, "type": kind, "code": cell, "cursor": 1, "count": number}
                requests.write(json.dumps(request) + "\n")
                requests.flush()
                for line in messages:
                    message = json.loads(line)
                    if message["type"] == "done":
                        break
                if "error" in message:
                    sys.exit(f"{cell}: {message['error']}")
    if engine.wait() or not os.path.exists(archive):
        sys.exit(f"{archive} was not written")


if __name__ == "__main__":
    main(*sys.argv[1:])

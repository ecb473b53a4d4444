"""Makes and moves directories at paths that users can change."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from labinit.errors import Notice
from labinit.files.safe_open import closing, open_directory

if TYPE_CHECKING:
    from labinit.plan.steps import MoveDirectory


def make_directory(path: str, uid: int, gid: int, mode: int) -> None:
    """Make a directory and the parents it lacks, or change its owner and mode. Raises: OSError."""
    with closing(open_directory(path, make=True)) as descriptor:
        if os.geteuid() == 0:
            os.fchown(descriptor, uid, gid)
        os.fchmod(descriptor, mode)


def left_behind(action: MoveDirectory) -> Notice:
    """Return what to tell where a directory cannot be moved at once."""
    return Notice(
        f"{action.source} stays where it is: {action.path} lies on another file system",
        f"copy it: docker exec CONTAINER cp -a {action.source}/. {action.path}",
    )


def move_directory(action: MoveDirectory) -> bool:
    """Move a directory at once; return False where that would be a copy. Raises: OSError."""
    (above, name), (new_above, new_name) = os.path.split(action.source), os.path.split(action.path)
    with (
        closing(open_directory(above)) as source,
        closing(open_directory(new_above, make=True)) as target,
    ):
        try:
            os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=target)
        except OSError as error:
            # Anything else is a failure of the step; a copy may take long, and be killed half-way.
            if error.errno != errno.EXDEV:
                raise
            return False
    return True

"""The race-free walk that gives a tree to an owner.

Follows no link, crosses no mount, touches only what is wrong.
"""

from __future__ import annotations

import contextlib
import os
import resource
import time

from labinit import log
from labinit.facts.files import find_mounts, mount_of
from labinit.files.chown import Giver, Outcome, mount_id
from labinit.files.levels import Level
from labinit.files.pool import Crew
from labinit.files.safe_open import DIRECTORY, open_directory

_PROGRESS_S = 5.0
# Two descriptors a level, and RLIMIT_NOFILE may be 256.
_OPEN_LEVELS = 64
# A file system that has refused so often and allowed nothing will not allow the rest, which may be
# millions.
_REFUSALS = 1000
# Entries that are given away in one go. Names have at most 255 bytes, and with some file systems a
# little more.
_PIECE = 100
# What a walk takes at least before it gets help. Most are done by then.
_ALONE_S = 0.03
# More than that, and the one that lists does not keep up; and where calls are slow, as many of them
# wait at once.
_MOST_CORES = 8
_WAITING = 16
# Fewer than that, and it was not the volume that kept the walk from working.
_WAITS = 3
# Where owner and mode of a directory tell who may change what stands in it. Elsewhere ACLs that do
# not show in the mode (NFSv4's, those of ZFS), or nobody's (many a FUSE file system), may say
# otherwise.
_WRITABLE_BY_OTHERS = 0o022
_MODE_TELLS = {"btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "tmpfs", "xfs"}


def fix_owner(path: str, uid: int, gid: int) -> Outcome:
    """Give the tree at `path` to `uid:gid`, its root last, so that a walk cut short shows by the owner of the root.

    Every entry is reached by the descriptor of its directory and never by a path, so that no
    process that renames things meanwhile can lead the walk elsewhere.

    Raises: OSError, if the root cannot be opened.
    """
    walk = _Walk(path, uid, gid)
    try:
        walk.run()
    except _GivenUpError:
        walk.outcome.is_whole = False
    finally:
        walk.close()
    return walk.outcome


class _GivenUpError(Exception):
    """There is no use, or no way, to walk on."""


class _Walk:
    def __init__(self, path: str, uid: int, gid: int) -> None:
        self.outcome = Outcome()
        self._path = path
        self._owner = f"{uid}:{gid}"
        self._levels: list[Level] = []
        self._began = time.monotonic()
        self._began_used = _used()
        self._next_progress = self._began + _PROGRESS_S
        self._crew: Crew[tuple[Level, list[str]]] | None = None
        root = open_directory(path)
        # A bind mount of the same file system has the same device number, and a path changes when
        # somebody renames a directory above: only the id of the mount tells. Where nothing is
        # mounted below, nothing has to be asked.
        real, mounts = os.readlink(f"/proc/self/fd/{root}"), find_mounts()
        inside = os.path.join(real, "")
        mount = mount_id(root) if any(mount.startswith(inside) for mount in mounts) else None
        self._giver = Giver(uid, gid, mount)
        self._uid = uid
        self._knows_writers = mount is None and mount_of(real, mounts).filesystem in _MODE_TELLS
        self._enter(Level(root, path))

    def run(self) -> None:
        while self._levels:
            below = self._next_directory()
            if below is None:
                self._leave()
            else:
                self._enter(below)
                if (
                    len(self._levels) > _OPEN_LEVELS
                    and self._levels[-1 - _OPEN_LEVELS].descriptor >= 0
                ):
                    self._set_aside(self._levels[-1 - _OPEN_LEVELS])

    def close(self) -> None:
        """Close everything, after what has been begun."""
        if self._crew:
            while not self._crew.is_idle:
                self._collect()
            self._crew.close()
        for level in self._levels:
            level.close()
        self.outcome.took_s = time.monotonic() - self._began

    # --- from directory to directory

    def _enter(self, level: Level) -> None:
        """Go into a directory, and see to it that nobody meddles with what stands in it, where that does no harm.

        A third party, who loses the directory anyway, loses it now: it is root's until the walk has
        gone through. That saves looking at each entry twice. Not so the root of the tree, which
        tells whether the walk was done.
        """
        self._levels.append(level)
        if not self._knows_writers:
            return
        found = os.fstat(level.descriptor)
        is_third_partys = (
            found.st_uid not in {0, self._uid} and not found.st_mode & _WRITABLE_BY_OTHERS
        )
        if is_third_partys and level.above and self.outcome.changed:
            with contextlib.suppress(OSError):
                os.chown(level.descriptor, 0, -1)
                level.taken_from = found.st_uid
                found = os.fstat(level.descriptor)  # its mode may have been changed until just now
        level.is_roots = found.st_uid == 0 and not found.st_mode & _WRITABLE_BY_OTHERS

    def _next_directory(self) -> Level | None:
        """Look at the entries of the deepest level up to the next directory, and return that."""
        level = self._levels[-1]
        while True:
            name = ""
            try:
                name = self._next_name(level)
                if not name:
                    return None
                below = os.open(name, DIRECTORY, dir_fd=level.descriptor)
            except OSError as error:
                self._refuse(error, level, name)
                continue
            if not self._giver.is_mount(below):
                return Level(below, name, level)
            os.close(below)

    def _next_name(self, level: Level) -> str:
        """Return the name of the next directory in a level, "" if there is none; give away what comes before it."""
        if level.entries is None:
            return level.left.pop() if level.left else ""
        for entry in level.entries:
            if entry.is_dir(follow_symlinks=False):
                return entry.name
            level.names.append(entry.name)
            if len(level.names) == _PIECE:
                self._give_names(level)
        return ""

    def _leave(self) -> None:
        """Go back from the deepest level to the one above.

        Nothing else is left to do for the root.
        """
        done = self._levels[-1]
        self._give_names(done)
        if not done.above:
            while self._crew and not self._crew.is_idle:
                self._collect()
        elif done.above.descriptor < 0:
            self._reopen(done.above, done.descriptor)
        self._levels.pop()
        done.is_listed = True
        self._finish(done)

    def _set_aside(self, level: Level) -> None:
        """Close a level far above.

        Its files are given away first, and the names of its directories kept.
        """
        if level.entries is not None:
            try:
                while name := self._next_name(level):
                    level.left.append(name)
            except OSError as error:
                self._refuse(error, level)
            self._give_names(level)
            self._await_pieces(level)
        level.close()

    def _reopen(self, level: Level, below: int) -> None:
        """Open a level again from the one below, unless that has been moved meanwhile and leads elsewhere."""
        try:
            descriptor = os.open("..", DIRECTORY, dir_fd=below)
        except OSError as error:
            raise _GivenUpError from error
        found = os.fstat(descriptor)
        if (found.st_dev, found.st_ino) != level.identity:
            os.close(descriptor)
            raise _GivenUpError
        level.descriptor = descriptor

    # --- what stands in them

    def _give_names(self, level: Level) -> None:
        """Give away the entries that were listed since the last time, or have the crew do it."""
        if not level.names:
            return
        self._keep_hope()
        names, level.names = level.names, []
        took_s = time.monotonic() - self._began
        if self._crew is None and took_s > _ALONE_S:
            self._crew = Crew(_crew_size(took_s, self._began_used), self._work)
        if self._crew:
            self._collect(wait=False)
        if not self._crew or self._crew.is_busy:
            self._add(self._giver.give_all(names, level.descriptor, is_roots=level.is_roots), level)
            return
        level.pieces += 1
        text = os.fsencode("\0".join(("roots" if level.is_roots else "", *names)))
        self._crew.hand_over(level.descriptor, text, (level, names))

    def _work(self, directory: int, text: bytes) -> bytes:
        """Do, as one of the crew, what `_give_names` has handed over."""
        roots, *names = os.fsdecode(text).split("\0")
        return self._giver.give_all(names, directory, is_roots=bool(roots)).dump()

    def _collect(self, *, wait: bool = True) -> None:
        """Take what the crew has done, and finish the directories that have been waiting for it."""
        for (level, names), answer in self._crew.answers(wait=wait) if self._crew else ():
            level.pieces -= 1
            if answer is None:
                piece = self._giver.give_all(names, level.descriptor, is_roots=level.is_roots)
            else:
                piece = Outcome.load(answer)
            self._add(piece, level)
            if level.is_listed:
                self._finish(level)

    def _await_pieces(self, level: Level) -> None:
        while level.pieces:
            self._collect()

    def _finish(self, level: Level) -> None:
        """Give a directory away, after all that is in it but for directories that were moved out of it."""
        if level.pieces:
            return
        piece = Outcome(seen=1)
        try:
            self._giver.give(level.descriptor, piece)
        except OSError as error:
            piece.refuse(error)
            if level.taken_from is not None:
                with contextlib.suppress(OSError):
                    os.chown(level.descriptor, level.taken_from, -1)
        level.close()
        self._add(piece, level)

    def _add(self, piece: Outcome, level: Level) -> None:
        self.outcome.add(piece)
        if piece.refused and not self.outcome.first_refused:
            self.outcome.first_refused = os.path.join(level.path, piece.first_refused).rstrip("/")
        now = time.monotonic()
        if now >= self._next_progress:
            self._next_progress = now + _PROGRESS_S
            log.info(
                f"{self._path}: {self.outcome.seen} entries seen, {self.outcome.changed} given to {self._owner}"
            )

    def _refuse(self, error: OSError, level: Level, name: str = "") -> None:
        piece = Outcome()
        piece.refuse(error, name)
        self._add(piece, level)
        self._keep_hope()

    def _keep_hope(self) -> None:
        if not self.outcome.changed and self.outcome.refused.total() >= _REFUSALS:
            raise _GivenUpError


def _used() -> tuple[float, int]:
    """Return the processor seconds of this process, and how often it has had to wait for something else."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime, used.ru_nvcsw


def _crew_size(took_s: float, before: tuple[float, int]) -> int:
    worked_s, waits = (now - then for now, then in zip(_used(), before, strict=True))
    # On a busy machine a process does not get to work either, but it does not wait of its own
    # accord.
    is_waiting = worked_s < took_s / 4 and waits >= _WAITS
    return _WAITING if is_waiting else min(len(os.sched_getaffinity(0)), _MOST_CORES) - 1

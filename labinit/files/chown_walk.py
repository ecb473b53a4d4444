"""The race-free walk that changes the owner of a tree.

Follows no link, crosses no mount, touches only what is wrong.
"""

from __future__ import annotations

import os
import pickle
import time

from labinit import log
from labinit.facts.files import find_mounts, mount_of
from labinit.files.chown import Chown, Outcome, mount_id
from labinit.files.levels import MODE_TELLS, Level
from labinit.files.pool import WorkerPool, used, useful_workers
from labinit.files.safe_open import DIRECTORY, open_directory

# Two descriptors a level, and RLIMIT_NOFILE may be 256.
_OPEN_LEVELS = 64
# A file system that has refused so often and allowed nothing will not allow the rest, which may be
# millions.
_REFUSALS = 1000
# Entries of one job. Names have at most 255 bytes, and with some file systems a little more.
_JOB_ENTRIES = 100


def chown_tree(
    path: str,
    uid: int,
    gid: int,
    *,
    alone_s: float = 0.03,
    workers: int | None = None,
    progress_s: float = 5.0,
) -> Outcome:
    """Change the owner of the tree at `path`, its root last: there a walk cut short shows.

    Every entry is reached by the descriptor of its directory and never by a path, so that no
    process that renames things meanwhile can lead the walk elsewhere. After `alone_s`, when most
    walks are done, it gets so many workers; None: as many as help on this machine and this volume.
    Every `progress_s` a line says how far it is.

    Raises: OSError, if the root cannot be opened.
    """
    walk = _Walk(path, uid, gid, alone_s, workers, progress_s)
    try:
        walk.run()
    except _AbortedError:
        walk.outcome.is_whole = False
    finally:
        walk.close()
    return walk.outcome


class _AbortedError(Exception):
    """The walk cannot go on, or all that is left would be refused as well."""


class _Walk:
    def __init__(
        self, path: str, uid: int, gid: int, alone_s: float, workers: int | None, progress_s: float
    ) -> None:
        self.outcome = Outcome()
        self._path = path
        self._owner = f"{uid}:{gid}"
        self._began = time.monotonic()
        self._began_used = used()
        self._alone_s = alone_s
        self._workers = workers
        self._progress_s = progress_s
        self._next_progress = self._began + progress_s
        self._pool: WorkerPool[tuple[Level, list[str]]] | None = None
        root = open_directory(path)
        # A bind mount of the same file system has the same device number, and a path changes when
        # somebody renames a directory above: only the id of the mount tells. Where nothing is
        # mounted below, nothing has to be asked.
        real, mounts = os.readlink(f"/proc/self/fd/{root}"), find_mounts()
        inside = os.path.join(real, "")
        mount = mount_id(root) if any(mount.startswith(inside) for mount in mounts) else None
        self._chown = Chown(uid, gid, mount)
        self._mode_tells = mount is None and mount_of(real, mounts).filesystem in MODE_TELLS
        self._levels = [Level(root, path, mode_tells=self._mode_tells)]

    def run(self) -> None:
        while self._levels:
            below = self._next_directory()
            if below is None:
                self._leave()
            else:
                self._levels.append(below)
                far = self._levels[:-_OPEN_LEVELS][-1:]
                if far and far[0].descriptor >= 0:
                    self._set_aside(far[0])

    def close(self) -> None:
        """Close everything, after the jobs that were submitted."""
        if self._pool:
            while not self._pool.is_idle:
                self._collect()
            self._pool.shut_down()
        for level in self._levels:
            level.close()
        self.outcome.took_s = time.monotonic() - self._began

    # --- from directory to directory

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
            if not self._chown.is_mount(below):
                return Level(below, name, level, mode_tells=self._mode_tells)
            os.close(below)

    def _next_name(self, level: Level) -> str:
        """Return the name of a level's next directory, "" if none; change what comes before it."""
        if level.entries is None:
            return level.remaining.pop() if level.remaining else ""
        for entry in level.entries:
            if entry.is_dir(follow_symlinks=False):
                return entry.name
            level.names.append(entry.name)
            if len(level.names) == _JOB_ENTRIES:
                self._change_names(level)
        return ""

    def _leave(self) -> None:
        """Go back from the deepest level to the one above; the root comes last of all."""
        done = self._levels[-1]
        self._change_names(done)
        if not done.above:
            while self._pool and not self._pool.is_idle:
                self._collect()
        elif done.above.descriptor < 0:
            self._reopen(done.above, done.descriptor)
        self._levels.pop()
        done.is_listed = True
        self._finish(done)

    def _set_aside(self, level: Level) -> None:
        """Close a level far above: its files first, and the names of its directories kept."""
        if level.entries is not None:
            try:
                while name := self._next_name(level):
                    level.remaining.append(name)
            except OSError as error:
                self._refuse(error, level)
            self._change_names(level)
            while level.jobs:
                self._collect()
        level.close()

    def _reopen(self, level: Level, below: int) -> None:
        """Open a level again from the one below, unless that was moved and leads elsewhere."""
        try:
            descriptor = os.open("..", DIRECTORY, dir_fd=below)
        except OSError as error:
            raise _AbortedError from error
        status = os.fstat(descriptor)
        if (status.st_dev, status.st_ino) != level.identity:
            os.close(descriptor)
            raise _AbortedError
        level.descriptor = descriptor

    # --- the entries of a directory

    def _change_names(self, level: Level) -> None:
        """Change the owner of entries listed since the last time, or have a worker do it."""
        if not level.names:
            return
        self._abort_if_always_refused()
        names, level.names = level.names, []
        took_s = time.monotonic() - self._began
        if self._pool is None and took_s > self._alone_s:
            usual = useful_workers(took_s, self._began_used)
            self._pool = WorkerPool(usual if self._workers is None else self._workers, self._work)
        if self._pool:
            self._collect(wait=False)
        if not self._pool or self._pool.is_busy:
            self._add(self._change(names, level), level)
            return
        level.jobs += 1
        text = os.fsencode("\0".join(("root" if level.only_root_can_write else "", *names)))
        self._pool.submit(level.descriptor, text, (level, names))

    def _change(self, names: list[str], level: Level) -> Outcome:
        return self._chown.change_entries(
            names, level.descriptor, only_root_can_write=level.only_root_can_write
        )

    def _work(self, directory: int, text: bytes) -> bytes:
        """Do in a worker what `_change_names` has submitted."""
        root, *names = os.fsdecode(text).split("\0")
        outcome = self._chown.change_entries(names, directory, only_root_can_write=bool(root))
        return pickle.dumps(outcome)

    def _collect(self, *, wait: bool = True) -> None:
        """Take what the workers have done, and finish the directories that waited for it."""
        for (level, names), result in self._pool.results(wait=wait) if self._pool else ():
            level.jobs -= 1
            # By a fork of this process, over a socket that nobody else has.
            outcome = pickle.loads(result) if result else self._change(names, level)  # noqa: S301
            self._add(outcome, level)
            if level.is_listed:
                self._finish(level)

    def _finish(self, level: Level) -> None:
        """Change the owner of a directory, after all in it but directories that were moved out."""
        if level.jobs:
            return
        outcome = Outcome(seen=1)
        try:
            self._chown.change(level.descriptor, outcome)
        except OSError as error:
            outcome.refuse(error)
        level.close()
        self._add(outcome, level)

    def _add(self, outcome: Outcome, level: Level) -> None:
        self.outcome.add(outcome)
        if outcome.refused and not self.outcome.first_refused:
            self.outcome.first_refused = os.path.join(level.path, outcome.first_refused).rstrip("/")
        now = time.monotonic()
        if now >= self._next_progress:
            self._next_progress = now + self._progress_s
            counts = f"{self.outcome.seen} entries seen, {self.outcome.changed} changed"
            log.info(f"{self._path}: {counts} to {self._owner}")

    def _refuse(self, error: OSError, level: Level, name: str = "") -> None:
        outcome = Outcome()
        outcome.refuse(error, name)
        self._add(outcome, level)
        self._abort_if_always_refused()

    def _abort_if_always_refused(self) -> None:
        if not self.outcome.changed and self.outcome.refused.total() >= _REFUSALS:
            raise _AbortedError

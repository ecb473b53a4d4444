"""Decides the steps for home and data directory, and which trees change their owner. Pure."""

from __future__ import annotations

import posixpath

from labinit.facts.places import FRESH_HOME
from labinit.layout import NOBODY
from labinit.plan.ids import has_other_owner
from labinit.plan.steps import ChownTree, CopySkeleton, MakeDirectory, MoveDirectory, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from labinit.facts.files import Directory
    from labinit.facts.system import Facts
    from labinit.plan.steps import Identity
    from labinit.settings.load import Settings


def home_steps(settings: Settings, facts: Facts, identity: Identity) -> Iterable[Step]:
    """Yield what the home directory needs; the data directory in its place needs nothing."""
    path = identity.home
    if path == settings.data:
        return
    is_asked = path == settings.home_directory
    home = facts.home if is_asked else facts.usable_home_directory
    if home is None and is_asked and _can_move(settings, facts):
        former = facts.record.home if facts.record else ""
        yield Step(
            f"move {former} to {path}",
            "LABUSER or LABHOME has changed",
            MoveDirectory(former, path, identity.uid, identity.gid),
        )
        home = facts.former_home
    if home is None:
        action = MakeDirectory(path, identity.uid, identity.gid, 0o755)
        yield Step(f"make {path}", "it does not exist", action)
    # Before the copy, which is made as the user. `always` is for the data: a home that is the
    # user's is left alone.
    if home is not None:
        chown = "auto" if settings.chown == "always" and home.uid != NOBODY else settings.chown
        yield from _owner_steps(path, home, chown, settings, facts, identity)
    # Once: what the user has removed of it does not come back.
    is_new = facts.record is None or facts.record.home != path
    is_ours = not identity.is_inherited or path.startswith(FRESH_HOME)
    if home is None or (home.missing_skeleton and is_new and is_ours):
        names = ", ".join(home.missing_skeleton) if home else "everything"
        copy = CopySkeleton(path, identity.uid, identity.gid)
        yield Step(f"copy /etc/skel to {path}", f"it lacks {names}", copy)


def _can_move(settings: Settings, facts: Facts) -> bool:
    """Tell whether the last boot's home can follow: not if it is a volume, or holds the data."""
    if facts.record is None or facts.former_home is None or facts.former_home.is_mount:
        return False
    former = facts.record.home
    below = (settings.data, settings.home_directory)
    return not any(posixpath.commonpath((former, path)) == former for path in below)


def data_steps(settings: Settings, facts: Facts, identity: Identity) -> Iterable[Step]:
    """Yield what the data directory needs."""
    if facts.data is None:
        if facts.can_make_data:
            action = MakeDirectory(settings.data, identity.uid, identity.gid, 0o755)
            reason = "it does not exist: no volume is mounted there"
            yield Step(f"make {settings.data}", reason, action)
    else:
        path, chown = settings.data, settings.chown
        yield from _owner_steps(path, facts.data, chown, settings, facts, identity)


def _owner_steps(
    path: str,
    directory: Directory,
    chown: str,
    settings: Settings,
    facts: Facts,
    identity: Identity,
) -> Iterable[Step]:
    """Yield the walk through a tree, if it can be changed, and `chown` and its owner ask for it."""
    can_chown = facts.euid == 0 and "CHOWN" in facts.capabilities
    if chown == "never" or directory.is_read_only or not can_chown:
        return
    # A walk changes the root of the tree last, so its owner says whether one has come to its end.
    if has_other_owner(directory, settings, facts, identity):
        reason = f"it belongs to {directory.uid}:{directory.gid}"
    # What an administrator has copied there since.
    elif directory.root_owned_entries and directory.uid == identity.uid != 0:
        reason = f"{directory.root_owned_entries} entries in it belong to root"
    elif chown == "always":
        reason = "LABCHOWN is always"
    else:
        return
    action = ChownTree(path, identity.uid, identity.gid)
    yield Step(f"give {path} to {identity.uid}:{identity.gid}", reason, action)

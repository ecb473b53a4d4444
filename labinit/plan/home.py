"""Decides the steps for the home directory. Pure."""

from __future__ import annotations

import posixpath

from labinit.facts.places import FRESH_HOME
from labinit.layout import NOBODY
from labinit.plan.data import can_chown, owner_steps
from labinit.plan.ids import has_other_owner
from labinit.plan.steps import CopySkeleton, MakeDirectory, MoveDirectory, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

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
        yield Step(
            f"make {path}",
            "it does not exist",
            MakeDirectory(path, identity.uid, identity.gid, 0o755),
        )
    # Before the copy, which is made as the user. `always` is for the data: a home that is the
    # user's is left alone.
    if home is not None and not home.is_read_only and can_chown(facts):
        chown = "auto" if settings.chown == "always" and home.uid != NOBODY else settings.chown
        is_others = has_other_owner(home, settings, facts, identity)
        yield from owner_steps(path, home, identity, chown, is_others=is_others)
    # Once: what the user has removed of it does not come back.
    is_new = facts.record is None or facts.record.home != path
    if home is None or (
        home.missing_skeleton
        and is_new
        and (not identity.is_inherited or path.startswith(FRESH_HOME))
    ):
        names = ", ".join(home.missing_skeleton) if home else "everything"
        yield Step(
            f"copy /etc/skel to {path}",
            f"it lacks {names}",
            CopySkeleton(path, identity.uid, identity.gid),
        )


def _can_move(settings: Settings, facts: Facts) -> bool:
    """Tell whether the last boot's home can follow: not if it is a volume, or holds the data."""
    if facts.record is None or facts.former_home is None or facts.former_home.is_mount:
        return False
    former = facts.record.home
    below = (settings.data, settings.home_directory)
    return not any(posixpath.commonpath((former, path)) == former for path in below)

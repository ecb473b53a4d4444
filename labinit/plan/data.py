"""Decides the steps for the data directory, and which trees change their owner. Pure."""

from __future__ import annotations

from labinit.plan.ids import has_other_owner
from labinit.plan.steps import ChownTree, MakeDirectory, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from labinit.facts.files import Directory
    from labinit.facts.system import Facts
    from labinit.plan.steps import Identity
    from labinit.settings.load import Settings


def data_steps(settings: Settings, facts: Facts, identity: Identity) -> Iterable[Step]:
    """Yield what the data directory needs."""
    if facts.data is None:
        if facts.can_make_data:
            action = MakeDirectory(settings.data, identity.uid, identity.gid, 0o755)
            yield Step(
                f"make {settings.data}", "it does not exist: no volume is mounted there", action
            )
    elif not facts.data.is_read_only and can_chown(facts):
        is_others = has_other_owner(facts.data, settings, facts, identity)
        yield from owner_steps(
            settings.data, facts.data, identity, settings.chown, is_others=is_others
        )


def can_chown(facts: Facts) -> bool:
    """Tell whether this process may change the owner of files."""
    return facts.euid == 0 and "CHOWN" in facts.capabilities


def owner_steps(
    path: str, directory: Directory, identity: Identity, chown: str, *, is_others: bool
) -> Iterable[Step]:
    """Yield the walk through a tree, if LABCHOWN and its owner ask for one."""
    owner = f"{identity.uid}:{identity.gid}"
    if chown == "never":
        return
    # A walk changes the root of the tree last, so its owner says whether one has come to its end.
    if is_others:
        reason = f"it belongs to {directory.uid}:{directory.gid}"
    # What an administrator has copied there since.
    elif directory.root_owned_entries and directory.uid == identity.uid != 0:
        reason = f"{directory.root_owned_entries} entries in it belong to root"
    elif chown == "always":
        reason = "LABCHOWN is always"
    else:
        return
    yield Step(f"give {path} to {owner}", reason, ChownTree(path, identity.uid, identity.gid))

"""Decides which hooks run. Pure."""

from __future__ import annotations

import posixpath

from labinit.errors import ConflictError
from labinit.facts.system import FIRST_BOOT_HOOKS, HOOKS_DONE
from labinit.plan.steps import RunHook, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from labinit.facts.files import Hook
    from labinit.facts.system import Facts


def hook_steps(facts: Facts) -> Iterable[Step]:
    """Yield the hooks to run: the first boot's until each has succeeded once, others at each boot.

    Raises: ConflictError, if somebody besides root could have written one.
    """
    for hook in (*facts.first_boot_hooks, *facts.boot_hooks):
        if hook.is_executable and hook.changeable_by:
            raise ConflictError(
                f"run hook {hook.path}: {hook.changeable_by} can change it, and it would run as"
                " root",
                f"chown root:root {hook.path} and chmod go-w it and its directory, or mount it"
                " read-only (:ro)",
            )
    first = [
        (hook, "it has not succeeded yet")
        for hook in facts.first_boot_hooks
        if posixpath.basename(hook.path) not in facts.hooks_done
    ]
    for hook, reason in (*first, *((hook, "it runs at each boot") for hook in facts.boot_hooks)):
        if hook.is_executable:
            action = RunHook(hook.path, _result(facts, hook))
            yield Step(f"run hook {hook.path}", reason, action)


def hook_results(facts: Facts) -> tuple[str, ...]:
    """Return the files with the hooks' part of the server's environment, in the hooks' order."""
    hooks = (*facts.first_boot_hooks, *facts.boot_hooks)
    return tuple(_result(facts, hook) for hook in hooks if hook.is_executable)


def _result(facts: Facts, hook: Hook) -> str:
    directory, name = posixpath.split(hook.path)
    # Where the record cannot be kept, /run is as fresh as the root file system at each start.
    if directory == FIRST_BOOT_HOOKS and facts.can_keep_record:
        return f"{HOOKS_DONE}/{name}"
    return f"{facts.run_path}/{posixpath.basename(directory)}/{name}"

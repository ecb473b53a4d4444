"""The checks of a start that change nothing: user, data directory, port, server, command.

For the dry run, which ends with them. Decides no step, writes nothing.
"""

from __future__ import annotations

from labinit import boot_report
from labinit.apply.workdir import enter, require_port, require_server
from labinit.become import become
from labinit.errors import Notice
from labinit.init.program import require_command
from labinit.plan.steps import ChownTree, MakeDirectory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from labinit.init.program import Program
    from labinit.plan.steps import Plan
    from labinit.settings.load import Settings


def check_start(settings: Settings, plan: Plan, program: Program) -> list[Notice]:
    """Return the warnings that come after a start's steps; this process is the lab user then.

    Raises: LabinitError, where the start would end with it.
    """
    warnings: list[Notice] = []
    become(plan.identity)
    is_changed = any(
        isinstance(step.action, ChownTree | MakeDirectory) and step.action.path == settings.data
        for step in plan.steps
    )
    enter(settings.data, plan.identity, lambda *words: warnings.append(Notice(*words)))
    if is_changed:  # the steps come first: what holds now says nothing about then
        warnings.clear()
    if not _is_running(settings.port):
        require_port(settings.port, program)
    require_server(program)
    require_command(program)
    return warnings


def _is_running(port: int) -> bool:
    """Tell whether the server that has the port is the one that a start here would replace."""
    running = boot_report.read()
    return running is not None and running[1]["is_server"] and running[1]["port"] == port

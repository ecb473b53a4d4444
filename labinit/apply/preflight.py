"""The checks of a start that change nothing: its steps, user, data directory, port, command.

For the dry run, which ends with them. Decides no step, writes nothing.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil

from labinit import boot_report
from labinit.apply.apply import failure_of, skeleton_refusal
from labinit.apply.workdir import enter, require_port, require_server
from labinit.become import become
from labinit.errors import Notice
from labinit.facts.files import nearest
from labinit.files.directories import left_behind
from labinit.files.safe_open import closing, open_directory
from labinit.init.program import require_command
from labinit.layout import SYSTEM_PATH
from labinit.plan import steps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from labinit.init.program import Program
    from labinit.plan.steps import Plan, Step
    from labinit.settings.load import Settings


def check_start(settings: Settings, plan: Plan, program: Program) -> list[Notice]:
    """Return the warnings that a start's steps bring; this process is the lab user then.

    Raises: LabinitError, where the start would end with it.
    """
    warnings = [notice for step in plan.steps for notice in _about_step(step)]
    become(plan.identity)
    warnings += _about_directories(settings, plan)
    # In a container that runs, its own server has the port.
    if not _is_running(settings.port):
        require_port(settings.port, program)
    require_server(program)
    require_command(program)
    return warnings


def _about_step(step: Step) -> Iterable[Notice]:
    """Yield what root can tell of a step beforehand. Raises: StepError, as the step would."""
    try:
        match step.action:
            case (
                steps.Run(argv=(tool, *_))
                | steps.EditAccounts(argv=(tool, *_))
                | steps.WriteFile(check=(tool, *_))
            ):
                if not shutil.which(tool, path=SYSTEM_PATH):
                    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), tool)
            case steps.MakeDirectory(path) | steps.ChownTree(path):
                _require_way(path)
            case steps.MoveDirectory(source, path) as action:
                _require_way(os.path.dirname(path))
                # rename(2) does not cross file systems.
                if os.stat(source).st_dev != os.stat(nearest(path)).st_dev:
                    yield left_behind(action)
    except OSError as error:
        raise failure_of(step, error) from error


def _require_way(path: str) -> None:
    """Find out whether a step can go to a directory, as far as it exists. Raises: OSError."""
    with contextlib.suppress(FileNotFoundError), closing(open_directory(path)):
        pass


def _about_directories(settings: Settings, plan: Plan) -> list[Notice]:
    """Return what the lab user can tell of data and home, where he then is."""
    warnings: list[Notice] = []
    actions = [step.action for step in plan.steps]
    enter(settings.data, plan.identity, lambda *words: warnings.append(Notice(*words)))
    # The steps come first: what holds now says nothing about then, but for the way there.
    changing = (steps.ChownTree, steps.MakeDirectory)
    changed = {action.path for action in actions if isinstance(action, changing)}
    if settings.data in changed and _can_reach(settings.data):
        warnings.clear()
    # The copy is made as the user, who may not get there: a directory below /root, say.
    for action in actions:
        if isinstance(action, steps.CopySkeleton) and not _can_reach(action.home):
            error = PermissionError(errno.EACCES, os.strerror(errno.EACCES), action.home)
            warnings.append(skeleton_refusal(action, error))
    return warnings


def _can_reach(path: str) -> bool:
    return os.access(nearest(os.path.dirname(path)), os.X_OK)


def _is_running(port: int) -> bool:
    """Tell whether the server that has the port is the one that a start here would replace."""
    running = boot_report.read()
    return running is not None and running[1]["is_server"] and running[1]["port"] == port

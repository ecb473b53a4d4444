"""A plan as text or JSON, with secrets masked. Pure: returns what the caller prints."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any

from labinit import __version__
from labinit.layout import ACCOUNT_FILES, REPORT_NAME, SETTINGS_CACHE
from labinit.plan import steps
from labinit.settings.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labinit.plan.steps import Action, Plan
    from labinit.settings.load import Loaded

_MASK = "********"
# Of the password, in the record (see `facts.digest`): guesses could be tried on it.
_DIGEST = re.compile(r"scrypt\$[^\"\s]+")
REPEATED = (
    "this was a dry run, and nothing has changed; a restart policy (--restart) repeats it for ever:"
    " docker rm -f NAME"
)
_WOULD_START = 0
_WOULD_WARN = 2


def exit_code_of(loaded: Loaded, plan: Plan) -> int:
    """Return 0 if the boot would start as asked, 2 if it would start with warnings."""
    return _WOULD_WARN if loaded.warnings or plan.warnings else _WOULD_START


def to_text(loaded: Loaded, plan: Plan, argv: Sequence[str]) -> str:
    """Return the plan for people: a line a step with what, why, how; warnings with remedies."""
    identity = plan.identity
    lines = [f"labinit {__version__}: {plan.mode}"]
    lines += [f"note: {note}" for note in (*loaded.notes, *plan.notes)]
    rows = [(step.summary, step.reason, describe(step.action)) for step in plan.steps]
    lines += ["", *(_table(("what", "why", "how"), *rows) if rows else ["nothing to change"])]
    for step in plan.steps:
        if isinstance(step.action, steps.WriteFile):
            lines += ["", f"{step.action.path}:"]
            lines += [f"    {line}" for line in _content(step.action).splitlines()]
    whom = f"{identity.user} ({identity.uid}:{identity.gid})"
    lines += ["", f"then, as {whom} in {loaded.settings.data}: {shlex.join(argv)}"]
    lines += [f"and in between, it writes {' and '.join(_unplanned(loaded, plan))}"]
    warnings = (*loaded.warnings, *plan.warnings)
    lines += ["", *(f"warning: {warning}" for warning in warnings)] if warnings else []
    # With -d and a restart policy, nobody sees the above and the engine starts it for ever.
    lines += ["", REPEATED]
    return "\n".join(lines) + "\n"


def to_json(loaded: Loaded, plan: Plan, argv: Sequence[str]) -> str:
    """Return the plan for programs: the same content, one object."""
    content = {
        "version": __version__,
        "mode": plan.mode,
        "first_boot": plan.is_first_boot,
        "settings": _plain_values(loaded.settings.by_variable()),
        "identity": _plain_values(plan.identity._asdict()),
        "steps": [
            {
                "summary": step.summary,
                "reason": step.reason,
                "action": _action(step.action),
                "how": describe(step.action),
            }
            for step in plan.steps
        ],
        "also_written": _unplanned(loaded, plan),
        "command": list(argv),
        "notes": [*loaded.notes, *plan.notes],
        "warnings": [
            {"problem": w.problem, "hint": w.hint} for w in (*loaded.warnings, *plan.warnings)
        ],
        "note": REPEATED,
        "exit_code": exit_code_of(loaded, plan),
    }
    return json.dumps(content, indent=2) + "\n"


def _unplanned(loaded: Loaded, plan: Plan) -> list[str]:
    """Return the files a start writes besides its steps: what `labctl` reads, and the cache."""
    cache = [SETTINGS_CACHE] if loaded.to_cache and not plan.identity.is_inherited else []
    return [f"{plan.run_directory}/{REPORT_NAME}", *cache]


def describe(action: Action) -> str:  # noqa: C901 - a case each
    """Return how an action is done, as a line a user could follow; secrets masked."""
    match action:
        case steps.Run(argv, stdin):
            how = f"{shlex.join(argv)} <<< {_MASK}" if stdin else shlex.join(argv)
        case steps.EditAccounts(argv):
            files = f"/etc/{{{','.join(ACCOUNT_FILES)}}}"
            how = f"{shlex.join(argv)}, on copies of {files}, which then take their place"
        case steps.WriteFile(path, _, mode, uid, gid):
            how = f"install -m {mode:04o} -o {uid} -g {gid} … {path}"
        case steps.RemoveFile(path):
            how = f"rm -f {path}"
        case steps.MakeDirectory(path, uid, gid, mode):
            how = f"install -d -m {mode:04o} -o {uid} -g {gid} {path}"
        case steps.MoveDirectory(source, path):
            otherwise = f"make {path}, and copy /etc/skel to it"
            how = f"mv --no-copy -T {source} {path}; across file systems: {otherwise}"
        case steps.SetAccount(name, uid, gid, home, _):
            how = f"in /etc/passwd: {name}:x:{uid}:{gid}:…:{home}"
        case steps.CopySkeleton(home, uid, gid):
            how = f"cp -rn /etc/skel/. {home}; owner {uid}:{gid}"
        case steps.ChownTree(path, uid, gid):
            how = f"chown -Rh {uid}:{gid} {path}, links, mounts and devices left alone"
        case steps.RunHook(path, _):
            how = path
    return how


def _content(action: steps.WriteFile) -> str:
    return _MASK if isinstance(action.content, Secret) else _DIGEST.sub(_MASK, action.content)


def _table(*rows: tuple[str, str, str]) -> list[str]:
    """Return rows as lines, the first two columns as wide as they have to be."""
    what, why = (max(len(row[column]) for row in rows) for column in (0, 1))
    return [f"{row[0]:<{what}}  {row[1]:<{why}}  {row[2]}" for row in rows]


def _action(action: Action) -> dict[str, Any]:
    values = _plain_values(action._asdict())
    if isinstance(action, steps.WriteFile):
        values["content"] = _content(action)
    return {"kind": type(action).__name__, **values}


def _plain_values(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _MASK if isinstance(value, Secret) else value for name, value in values.items()}

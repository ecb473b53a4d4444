"""The story of a boot: settings, facts, plan, apply, confirm, become. Knows nothing of how any of it is done."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from labinit import __version__, log
from labinit.apply import apply
from labinit.errors import NotConvergedError
from labinit.facts import observe
from labinit.hooks import make_hook_environment, read_hook_environment
from labinit.identity import become
from labinit.plan import make_plan
from labinit.program import Program
from labinit.report import exit_code_of, to_json, to_text
from labinit.server import is_hub, is_server_command, make_argv, make_environment
from labinit.settings import Settings, load_settings
from labinit.steps import FixOwner, Run, RunHook

# Whom files seem to belong to whose owner does not exist in this user namespace. Source: user_namespaces(7).
_NOBODY = 65534

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from labinit.facts import Facts
    from labinit.steps import Action, Identity, Plan


def boot(command: Sequence[str], environ: Mapping[str, str]) -> Program:
    """Make the system as asked, become the lab user, and return what to execute.

    Raises: LabinitError, with everything done so far left for the next boot to finish.
    """
    loaded = load_settings(environ)
    settings = loaded.settings
    log.set_level(settings.log)
    plan = make_plan(settings, observe(settings))
    log.info(f"labinit {__version__}: {plan.mode}{', first boot' if plan.is_first_boot and plan.steps else ''}")
    for note in (*loaded.notes, *plan.notes):
        log.info(note)
    log.warnings((*loaded.warnings, *plan.warnings))
    apply(plan.steps, make_hook_environment(environ, settings, plan.identity))
    if plan.steps:
        _confirm(settings)
    else:
        log.info("nothing to change")
    environ = {**environ, **read_hook_environment(plan.hook_results)}
    program = _make_program(command, environ, settings, plan)
    become(plan.identity)
    _enter(settings, plan.identity)
    if program.is_server:
        _announce(settings, plan, environ)
    return program


def dry_run(command: Sequence[str], environ: Mapping[str, str], form: str, write: Callable[[str], None]) -> int:
    """Write what `boot` would do, as text or json, and return the exit code that says how it would end.

    Raises: LabinitError, where `boot` would.
    """
    loaded = load_settings(environ)
    plan = make_plan(loaded.settings, observe(loaded.settings))
    program = _make_program(command, environ, loaded.settings, plan)
    report = to_json if form == "json" else to_text
    write(report(loaded, plan, program.argv))
    return exit_code_of(loaded, plan)


def _confirm(settings: Settings) -> None:
    """Look again: what was to be done has to be there."""
    found = observe(settings)
    left = [step for step in make_plan(settings, found).steps if _can_be_seen(step.action, found)]
    if left:
        raise NotConvergedError(
            f"the set-up did not hold: {'; '.join(f'{step.summary} ({step.reason})' for step in left)}",
            "see whether another process changes the same files, and start the container again",
        )


def _can_be_seen(action: Action, facts: Facts) -> bool:
    """Tell whether the next plan shows that an action was done: walks and hooks tell it, a password only the record."""
    is_password = isinstance(action, Run) and action.stdin is not None
    return not isinstance(action, FixOwner | RunHook) and (facts.can_keep_record or not is_password)


def _make_program(command: Sequence[str], environ: Mapping[str, str], settings: Settings, plan: Plan) -> Program:
    return Program(
        make_argv(command, plan, environ),
        make_environment(environ, settings, plan),
        grace_s=settings.grace_s,
        is_server=is_server_command(command),
        log_level=settings.log,
    )


def _enter(settings: Settings, identity: Identity) -> None:
    """Go to the data directory, which is the root of the server's files, or else home."""
    try:
        os.chdir(settings.data)
    except FileNotFoundError:
        _enter_other(identity.home)  # the plan has told
    except OSError as error:
        log.warning(f"enter {settings.data}: {error.strerror}; starting in {identity.home}", _cure(settings, identity))
        _enter_other(identity.home)
    else:
        is_read_only = os.statvfs(".").f_flag & os.ST_RDONLY  # the plan has told
        if not os.access(".", os.W_OK) and not is_read_only:
            problem = f"{settings.data} cannot be written by {identity.uid}:{identity.gid}: notebooks cannot be saved"
            log.warning(problem, _cure(settings, identity))


def _enter_other(path: str) -> None:
    try:
        os.chdir(path)
    except OSError:
        os.chdir("/")


def _cure(settings: Settings, identity: Identity) -> str:
    """Return what lets the user write to the data directory, seen from where the container is started."""
    cures = [f"chown {identity.uid}:{identity.gid} it on the host"]
    try:
        found = os.stat(settings.data)
    except OSError:
        return cures[0]
    if found.st_uid == _NOBODY:
        cures = ["give it on the host to the user who runs the engine, whose ids are root's in here"]
    elif found.st_uid == 0:
        cures.append(f"mount a volume at {settings.data} that this user can write to")
    elif identity.is_inherited:
        cures.append(f"start with --user {found.st_uid}:{found.st_gid}")
    elif identity.uid != 0:
        cures.append(f"set LABUID={found.st_uid} and LABGID={found.st_gid}")
    if identity.is_inherited and found.st_mode & 0o070 == 0o070:
        cures.append(f"add --group-add {found.st_gid}")
    return ", or ".join(cures)


def _announce(settings: Settings, plan: Plan, environ: Mapping[str, str]) -> None:
    identity = plan.identity
    who = f"as {identity.user} ({identity.uid}:{identity.gid})"
    if is_hub(environ):
        log.info(f"starting jupyterhub-singleuser {who}")
        return
    url = f"http://localhost:{settings.port}/lab"
    if plan.new_token:
        log.info(f"the token is new, and told only now: {url}?token={plan.new_token.get_secret_value()}")
    how = "without authentication" if plan.token_path is None else "with the token"
    log.info(f"starting JupyterLab {who} on port {settings.port}: {url} {how}")

"""The boot, in order: settings, facts, plan, apply, confirm, become. Knows how none is done."""

from __future__ import annotations

from labinit import __version__, boot_report, log
from labinit.apply.workdir import enter, require_port, require_server
from labinit.become import become
from labinit.errors import StepError
from labinit.facts.system import observe
from labinit.init.program import Program
from labinit.layout import SETTINGS_CACHE
from labinit.plan import server
from labinit.plan.plan import make_plan, require_limits
from labinit.plan.steps import ChownTree, CopySkeleton, Run, RunHook
from labinit.settings.load import load_settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labinit.facts.system import Facts
    from labinit.plan.steps import Action, Plan
    from labinit.settings.load import Loaded, Settings


def boot(command: Sequence[str], environ: Mapping[str, str]) -> Program:
    """Make the system as asked, become the lab user, and return what to execute.

    Raises: LabinitError, with everything done so far left for the next boot to finish.
    """
    command = server.without_wrapper(command)
    loaded = load_settings(environ)
    settings = loaded.settings
    log.set_level(settings.log)
    facts = observe(settings)
    plan = make_plan(settings, facts)
    # Any other command may do with less than a server and its kernels.
    if server.is_server_command(command):
        require_limits(facts)
    _log_plan(loaded, plan)
    times_s = _change(settings, plan, environ) if plan.steps else ()
    if plan.hook_results:
        from labinit.apply.hooks import read_hook_environment  # noqa: PLC0415 - few have hooks

        # They win over the container's: a hook knows what was set, and wants another.
        environ = {**environ, **read_hook_environment(plan.hook_results)}
    if loaded.to_cache and facts.euid == 0 and facts.can_keep_record:
        from labinit.apply.apply import write_cache  # noqa: PLC0415 - most boots keep nothing new

        write_cache(SETTINGS_CACHE, loaded.to_cache)
    program = _make_program(command, environ, settings, plan)
    warnings = (*loaded.warnings, *plan.warnings)
    # As root, whose directory that is; what comes now is the user's.
    report = boot_report.describe(plan, times_s, settings, program, warnings)
    boot_report.write(plan.run_directory, report)
    become(plan.identity)
    enter(settings.data, plan.identity)
    require_port(settings.port, program)
    require_server(program)
    _log_start(settings, facts, plan, program, environ)
    return program


def dry_run(command: Sequence[str], environ: Mapping[str, str], form: str) -> tuple[str, int]:
    """Return what `boot` would do, as text or json, and the exit code it would end with.

    This process becomes the lab user for it.

    Raises: LabinitError, where `boot` would: a dry run that is refused shows no plan.
    """
    from labinit.apply.preflight import check_start  # noqa: PLC0415
    from labinit.plan.report import exit_code_of, to_json, to_text  # noqa: PLC0415

    command = server.without_wrapper(command)
    loaded = load_settings(environ)
    facts = observe(loaded.settings)
    plan = make_plan(loaded.settings, facts)
    if server.is_server_command(command):
        require_limits(facts)
    program = _make_program(command, environ, loaded.settings, plan)
    warnings = (*plan.warnings, *check_start(loaded.settings, plan, program))
    plan = plan._replace(warnings=warnings)
    report = to_json if form == "json" else to_text
    return report(loaded, plan, program.argv), exit_code_of(loaded, plan)


def _log_plan(loaded: Loaded, plan: Plan) -> None:
    """Log what there is to say before the steps."""
    first_boot = ", first boot" if plan.is_first_boot and plan.steps else ""
    log.info(f"labinit {__version__}: {plan.mode}{first_boot}")
    for note in (*loaded.notes, *plan.notes):
        log.info(note)
    for notice in (*loaded.warnings, *plan.warnings):
        log.warning(notice.problem, notice.hint)
    if not plan.steps:
        log.info("nothing to change")


def _change(settings: Settings, plan: Plan, environ: Mapping[str, str]) -> tuple[float, ...]:
    """Apply the steps, observe and plan again: that has to be empty. Return each step's seconds."""
    from labinit.apply.apply import apply  # noqa: PLC0415 - most boots have nothing to change
    from labinit.apply.hooks import make_hook_environment  # noqa: PLC0415

    times_s = apply(plan.steps, make_hook_environment(environ, settings, plan.identity))
    facts = observe(settings)
    remaining = make_plan(settings, facts).steps
    unfinished = [step for step in remaining if _is_verifiable(step.action, facts)]
    if unfinished:
        steps = "; ".join(f"{step.summary} ({step.reason})" for step in unfinished)
        raise StepError(
            f"the system does not match the settings after set-up: {steps}",
            "see whether another process changes the same files, and start the container again",
        )
    return times_s


def _is_verifiable(action: Action, facts: Facts) -> bool:
    """Tell whether the next plan shows that an action was done; a password shows by the record."""
    if isinstance(action, Run) and action.stdin is not None:
        return facts.can_keep_record
    # What a walk or the skeleton could not do was a warning.
    return not isinstance(action, CopySkeleton | ChownTree | RunHook)


def _make_program(
    command: Sequence[str], environ: Mapping[str, str], settings: Settings, plan: Plan
) -> Program:
    return Program(
        server.make_argv(command, plan, environ, settings),
        server.make_environment(environ, settings, plan),
        grace_s=settings.grace_s,
        is_server=server.is_server_command(command),
        log_level=settings.log,
    )


def _log_start(
    settings: Settings, facts: Facts, plan: Plan, program: Program, environ: Mapping[str, str]
) -> None:
    """Log what there is to say of the server, right before its own first line."""
    identity = plan.identity
    who = f"as {identity.user} ({identity.uid}:{identity.gid})"
    if not program.is_server:
        return
    if server.is_hub(environ):
        log.info(f"starting jupyterhub-singleuser {who}")
        return
    url = server.address(program.argv, settings)
    if plan.new_token:
        token = plan.new_token.get_secret_value()
        log.info(f"the token is new, and told only now: {url}?token={token}")
    how = "with the token" if plan.token_path else "with the password"
    how = "without authentication" if settings.auth == "none" else how
    if facts.data and not facts.data.is_on_volume:
        hint = f"keep it with -v DIRECTORY:{settings.data}"
        log.info(f"{settings.data} is on no volume: it goes with the container; {hint}")
    log.info(f"starting JupyterLab {who} {how}: {url}, with the port you published")

"""Decides: settings and facts in, steps out. Pure. Never touches the system."""

from __future__ import annotations

from labinit.errors import ConflictError, NotPermittedError
from labinit.plan.account import account_steps
from labinit.plan.account_choice import choose_account
from labinit.plan.modes import plan_as_root, plan_as_user, plan_in_full, plan_without_account
from labinit.plan.warnings import SUDO_CAPABILITY
from labinit.settings.parsers import is_of_the_system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from labinit.facts.system import Facts
    from labinit.plan.steps import Plan
    from labinit.settings.load import Settings

# What a full set-up cannot do without, each measured. KILL is for PID 1, which signals a child of
# another user.
_NEEDED = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID")
# What a server cannot do without. Measured with one kernel of each language beside it: with 64
# files a Python kernel fails and with 96 none does; with 24 processes Java and Scala fail and with
# 32 none does.
_FILES = 96
_PROCESSES = 32


def make_plan(settings: Settings, facts: Facts) -> Plan:
    """Return the steps that make the system as `settings` ask for, given `facts`.

    Every conflict is found here.

    Raises: ConflictError, if the settings contradict the system; NotPermittedError, if rights are
    missing.
    """
    if not facts.run_path:
        raise NotPermittedError(
            "keep what the server needs: neither /run nor /tmp can be written, or others have taken"
            " the directory of labinit's there",
            "add --tmpfs /run --tmpfs /tmp",
        )
    if facts.euid != 0:
        return plan_as_user(settings, facts)
    _require_users_own(settings, facts)
    if settings.uid == 0:
        return plan_as_root(settings, facts)
    _require_capabilities(settings, facts)
    account = choose_account(settings, facts)
    in_etc = tuple(account_steps(settings, facts, account))
    if in_etc and not facts.can_edit_accounts:
        return plan_without_account(settings, facts)
    return plan_in_full(settings, facts, account, in_etc)


def _require_users_own(settings: Settings, facts: Facts) -> None:
    """Refuse to give away labinit, or by another path the system. Raises: ConflictError."""
    # Also the usual home, which may be a link; but root's is the system's.
    home = settings.home if settings.uid == 0 else settings.home_directory
    for name, path, real in (
        ("LABDATA", settings.data, facts.real_data),
        ("LABHOME", home, facts.real_home),
    ):
        is_own = path and any(f"{code}/".startswith(f"{real}/") for code in facts.own_code)
        if path and (is_of_the_system(real) or is_own):
            what = "labinit itself lies there" if is_own else "it is a directory of the system"
            raise ConflictError(
                f"give {name}={path} to the user: it leads to {real}, and {what}",
                "choose one that holds nothing but the user's files, such as /data",
            )


def _require_capabilities(settings: Settings, facts: Facts) -> None:
    missing = [name for name in _NEEDED if name not in facts.capabilities]
    if missing:
        if settings.sudo_kind != "none" and SUDO_CAPABILITY not in facts.capabilities:
            missing.append(SUDO_CAPABILITY)
        raise NotPermittedError(
            f"set up the account: root lacks the capabilities {', '.join(missing)}",
            f"add {' '.join(f'--cap-add {name}' for name in missing)},"
            " or start with --user UID:GID, or with LABUID=0",
        )


def require_limits(facts: Facts) -> None:
    """Refuse limits under which the server or a kernel would die. Raises: NotPermittedError."""
    if not facts.can_make_threads:
        raise NotPermittedError(
            'start threads: the engine answers the call clone3 with "not permitted", which glibc'
            " 2.34 and later take for an answer",
            "update the engine (Docker 20.10.10, containerd 1.5.7, libseccomp 2.5.2 or later),"
            " or add --security-opt seccomp=unconfined",
        )
    if facts.open_files < _FILES:
        raise NotPermittedError(
            f"start the server: a process may have {facts.open_files} files open, and a kernel"
            " needs more",
            "start the container with --ulimit nofile=1024:524288",
        )
    if 0 < facts.processes < _PROCESSES:
        raise NotPermittedError(
            f"start the server: the container may have {facts.processes} processes and threads,"
            " and a kernel needs more",
            "start it with --pids-limit 1024, or without that option",
        )

"""Runs the maintainer's hooks as root, and reads what they have for the server's environment.

Decides nothing. A hook is a trusted program in an untrusted environment: it gets the container's
variables less secrets, and less those that make programs load code, because they are meant for the
user.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from typing import TYPE_CHECKING

from labinit import log
from labinit.errors import StepError
from labinit.files.safe_open import NEW_FILE, closing
from labinit.layout import LAB_PATH
from labinit.settings.sources import secret_variables
from labinit.trust import UntrustedError, open_trusted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from labinit.plan.steps import Identity
    from labinit.settings.load import Settings

HOOK_TIMEOUT_S = 600
ENV_VARIABLE = "LABINIT_ENV"
# A script that is executed by descriptor cannot tell by $0 where it lies.
PATH_VARIABLE = "LABINIT_HOOK"
# Source: sudoers(5) and sudo's env.c, the variables that sudo removes even with env_reset off;
# glibc's unsecvars.h, those that it removes for setuid programs; openssl-env(7), java(1), and the
# manuals of the others.
_LOADS_CODE = re.compile(
    r"(_RLD|BASH_FUNC_|BUNDLE_|GEM_|GIT_|JULIA_|LD_|LUA_|NODE_|OPENSSL_|PERL|PYTHON|RUBY).*"
    r"|BASHOPTS|BASH_ENV|CDPATH|CLASSPATH|ENV|FPATH|GCONV_PATH|GETCONF_DIR|GLIBC_TUNABLES"
    r"|HOSTALIASES|IFS|_JAVA_OPTIONS|JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|LOCALDOMAIN|LOCPATH"
    r"|MALLOC_TRACE|NIS_PATH|NLSPATH|NULLCMD|PATH_LOCALE|PROMPT_COMMAND|PS4|READNULLCMD"
    r"|RESOLV_HOST_CONF|RES_OPTIONS|R_(ENVIRON|LIBS|PROFILE).*|SHELLOPTS|SHLIB_PATH|TCLLIBPATH"
    r"|TERMCAP|TERMINFO(_DIRS)?|TMPDIR|TMPPREFIX|TZDIR|ZDOTDIR"
)
_LINE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)


def make_hook_environment(
    environ: Mapping[str, str], settings: Settings, identity: Identity
) -> dict[str, str]:
    """Return what hooks may know: the container's variables less secrets, and settings in force."""
    secrets = secret_variables(settings.known)
    kept = (name for name in environ if name not in secrets and not _LOADS_CODE.fullmatch(name))
    return {
        **{name: environ[name] for name in kept},
        "LABUSER": identity.user,
        "LABUID": str(identity.uid),
        "LABGID": str(identity.gid),
        "LABHOME": identity.home,
        "LABDATA": settings.data,
        "PATH": LAB_PATH,
        "SHELL": "/bin/sh",
        "HOME": "/root",
        "USER": "root",
        "LOGNAME": "root",
    }


def run_hook(
    path: str, result: str, environ: Mapping[str, str], timeout_s: float = HOOK_TIMEOUT_S
) -> None:
    """Run one hook to its end; its output goes to the log, `result` is there only if it succeeded.

    Killed half-way, it runs again at the next boot.

    Raises: StepError, if it fails or takes too long; OSError.
    """
    os.makedirs(os.path.dirname(result), mode=0o700, exist_ok=True)
    unfinished = os.path.join(os.path.dirname(result), f".{os.path.basename(result)}.new")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(unfinished)
    os.close(os.open(unfinished, NEW_FILE, 0o600))
    variables = {ENV_VARIABLE: unfinished, PATH_VARIABLE: path}
    exit_code = _run(path, {**environ, **variables}, timeout_s)
    if exit_code != 0:
        how = f"exit code {exit_code}" if exit_code > 0 else f"signal {-exit_code}"
        raise StepError(
            f"hook {path} ended with {how}", "its output is above; correct it, or chmod -x it"
        )
    os.rename(unfinished, result)


def _run(path: str, environ: Mapping[str, str], timeout_s: float) -> int:
    try:
        # What is executed is what was looked at, and not what stands there a moment later. Its
        # standard output too goes to the log: that of the container belongs to the command.
        with closing(open_trusted(path)) as descriptor:
            process = subprocess.Popen(
                (path,),
                executable=f"/proc/self/fd/{descriptor}",
                pass_fds=(descriptor,),  # a script's interpreter opens it once more
                stdin=subprocess.DEVNULL,
                stdout=2,
                env=environ,
                cwd="/",
                process_group=0,  # so that what it has started ends with it
            )
    except UntrustedError as error:
        raise StepError(
            f"hook {path}: {error.who} can change {error.where} by now",
            "see who does that, and start the container again",
        ) from error
    except OSError as error:
        raise StepError(
            f"hook {path} cannot be run: {error.strerror}",
            "begin a script with a line such as #!/bin/sh",
        ) from error
    try:
        return process.wait(timeout_s)
    except subprocess.TimeoutExpired as error:
        raise StepError(
            f"hook {path} did not end within {timeout_s:.0f} s",
            "do in the background what takes longer",
        ) from error
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def read_hook_environment(results: Iterable[str]) -> dict[str, str]:
    """Return the variables that hooks have for the server. Raises: OSError."""
    variables = {}
    for result in results:
        try:
            with open(result, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
                lines = file.read().split("\n")
        except FileNotFoundError:
            continue
        for number, line in enumerate(lines, 1):
            match = _LINE.fullmatch(line)
            if match and "\0" not in line:
                variables[match[1]] = match[2]
            # Told by number only: it may hold a secret.
            elif line and not line.startswith("#"):
                log.warning(
                    f"hook {os.path.basename(result)}: line {number} of ${ENV_VARIABLE} is no"
                    " variable and is left out",
                    "write KEY=VALUE, without quotes and without export",
                )
    return variables

"""The boot with the real tools of the system: what it makes of the accounts there are, what it
leaves when it fails."""

from tests.system.machines import Machine

PASSWORD = "open, sesame"
SETTINGS = {"LABUID": "1234", "LABGID": "2345", "LABPASSWD": PASSWORD, "JUPYTER_TOKEN": "fixed"}
SUDOERS = "/etc/sudoers.d/labinit"


def sudo(machine: Machine, password: str, env: dict[str, str]) -> bool:
    """Tell whether the user becomes root with a password."""
    done = machine.boot(
        {**env, "TRIED": password}, "sh", "-c", 'echo "$TRIED" | sudo -k -S -p "" id -u'
    )
    assert done.stdout in {"0\n", ""}, done
    return done.stdout == "0\n"


def has_nothing_to_do(machine: Machine, env: dict[str, str]) -> bool:
    """Boot once more, and tell whether there was nothing to change."""
    done = machine.boot(env)
    assert done.exit_code == 0, done
    return "labinit: nothing to change" in done.stderr.splitlines()

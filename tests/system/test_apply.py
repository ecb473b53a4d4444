"""A step that fails says which, why and what to do; the next boot finishes what this one began."""

import pytest

from tests.system.machines import Machine

SETTINGS = {"LABUID": "1234", "LABPASSWD": "a-password"}


def error(machine: Machine, settings: dict[str, str] = SETTINGS) -> str:
    """Boot, and return the one line that says why it ended."""
    done = machine.boot(settings)
    assert done.exit_code == 71, done
    errors = [line for line in done.stderr.splitlines() if line.startswith("labinit: error: ")]
    assert (len(errors), "Traceback" in done.stderr) == (1, False), done
    return errors[0]


@pytest.mark.parametrize("tool", ["groupadd", "useradd", "usermod", "chpasswd", "visudo"])
def test_a_tool_that_fails_is_named_with_what_it_said_and_the_next_boot_goes_on(
    machine: Machine, tool: str
) -> None:
    if tool == "usermod":  # for who is there already
        machine.output("useradd --uid 1234 --no-create-home lab")
    machine.output(
        f"mv $(command -v {tool}) /{tool} && printf '#!/bin/sh\necho no luck >&2\nexit 3' "
        f">/usr/sbin/{tool}"
    )
    machine.output(f"chmod +x /usr/sbin/{tool}")

    assert f"{tool} ended with exit code 3: no luck; start the container again" in error(machine)
    assert not machine.exists("/etc/.labinit")
    assert not machine.exists("/etc/sudoers.d/labinit")
    assert not machine.exists("/etc/sudoers.d/labinit.labinit")

    machine.output(f"mv /{tool} /usr/sbin/{tool}")
    done = machine.boot(SETTINGS, "id", "-Gn")
    assert (done.exit_code, done.stdout) == (0, "lab wheel\n"), done


def test_a_tool_that_is_missing_is_named_with_where_to_get_it(machine: Machine) -> None:
    machine.output("rm $(command -v chpasswd)")

    assert error(machine).endswith("; use the labinit image, or install chpasswd in yours")


def test_a_tool_that_does_nothing_and_says_that_all_went_well_is_found_out(
    machine: Machine,
) -> None:
    machine.output("cp /bin/true $(command -v useradd)")

    assert "create user lab (uid 1234" in error(machine, {"LABUID": "1234"})


def test_a_tool_gets_nothing_of_the_containers_environment_and_no_secret_in_its_arguments(
    machine: Machine,
) -> None:
    tool = machine.output("command -v chpasswd").strip()
    machine.output(f"mv {tool} /real && mkdir /seen")
    machine.write(
        tool,
        '#!/bin/sh\n(env; echo "argv: $*"; ls -l /proc/self/fd) >/seen/chpasswd\nexec /real "$@"\n',
        0o755,
    )
    done = machine.boot(
        {**SETTINGS, "JUPYTER_TOKEN": "a-token", "LD_LIBRARY_PATH": "/data", "MINE": "x"}
    )

    assert done.exit_code == 0, done
    seen = machine.read("/seen/chpasswd")
    assert "argv: \n" in seen
    assert not [
        word for word in ("a-password", "a-token", "MINE", "LD_LIBRARY", "LAB") if word in seen
    ], seen

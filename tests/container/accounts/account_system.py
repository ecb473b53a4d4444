"""Account rules with the image's own tools: what `id`, `su`, `sudo` and files say after a boot."""

from tests.container.running_container import Container

PASSWORD = "correct-horse"


def boot(system: Container, *command: str, **env: str) -> list[str]:
    """Boot in it once; return what the command prints."""
    done = system.exec(["labinit", *(command or ("true",))], env=env)
    assert done.exit_code == 0, done
    return done.stdout.split()

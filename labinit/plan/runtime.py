"""Decides the steps for what the server needs in /run: directory, token, password, names. Pure."""

from __future__ import annotations

import posixpath

from labinit.layout import PAGE_CONFIGURATION, TOKEN_NAME
from labinit.plan.steps import MakeDirectory, RemoveFile, Step, WriteFile
from labinit.quick import dumps
from labinit.settings.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from labinit.facts.system import Facts
    from labinit.plan.steps import Identity, Names
    from labinit.settings.load import Settings


def uses_token(settings: Settings) -> bool:
    """Tell whether a token opens the page: a password replaces it, and LABAUTH=none both."""
    return settings.auth == "token" and settings.page_password is None


def is_token_new(settings: Settings, facts: Facts) -> bool:
    """Tell whether a token has to be made up: there is none, or this container is a copy."""
    is_own = facts.token is not None and facts.token_container == facts.container
    return uses_token(settings) and settings.token is None and not is_own


def choose_token(settings: Settings, facts: Facts) -> Secret:
    """Return the token asked for, else the one an earlier boot here made up, else a new one."""
    if settings.token:
        return settings.token
    is_new = is_token_new(settings, facts) or facts.token is None
    return Secret(facts.entropy[16:].hex() if is_new else str(facts.token))


def runtime_steps(
    settings: Settings, facts: Facts, identity: Identity, names: Names | None
) -> Iterable[Step]:
    """Yield what the server needs under /run: a place off the user's volumes, the token."""
    # Root's, or with --user that user's own.
    run, own = facts.run_directory, (facts.euid, facts.egid)
    if run is None or (facts.euid == 0 and (run.uid, run.mode) != (0, 0o755)):
        reason = "it is not there as it should be"
        yield Step(f"make {facts.run_path}", reason, MakeDirectory(facts.run_path, *own, 0o755))
    path, directory = f"{facts.run_path}/jupyter", facts.runtime_directory
    # Jupyter sets the sticky bit with the first kernel, against those who clean up there.
    expected = (identity.uid, identity.gid, 0o700)
    if directory is None or (directory.uid, directory.gid, directory.mode & 0o777) != expected:
        reason = "the server keeps its own files there"
        yield Step(f"make {path}", reason, MakeDirectory(path, identity.uid, identity.gid, 0o700))
    yield from _token_steps(settings, facts, identity)
    yield from _page_steps(settings, facts, identity)
    if names and (names.passwd, names.group) != facts.names:
        for name, content in (("passwd", names.passwd), ("group", names.group)):
            path = f"{facts.run_path}/{name}"
            write = WriteFile(path, content, 0o644, *own)
            yield Step(f"write {path}", f"uid {identity.uid} has no account", write)


def _token_steps(settings: Settings, facts: Facts, identity: Identity) -> Iterable[Step]:
    path, token = f"{facts.run_path}/{TOKEN_NAME}", choose_token(settings, facts)
    if not uses_token(settings):
        if facts.token is not None:
            why = "LABAUTH is none" if settings.auth == "none" else "a password opens the page"
            yield Step(f"remove {path}", why, RemoveFile(path))
        return
    if facts.token != token.get_secret_value() or facts.token_owner != (identity.uid, 0o400):
        how = "set" if settings.token else "not set: a new token is made"
        write = WriteFile(path, token, 0o400, identity.uid, identity.gid)
        yield Step(f"write {path}", f"JUPYTER_TOKEN is {how}", write)
    # After the token: killed in between, the next boot makes another one, and never takes a copy's.
    if settings.token is None and facts.token_container != facts.container:
        path = f"{facts.run_path}/container"
        write = WriteFile(path, facts.container, 0o644, facts.euid, facts.egid)
        yield Step(f"write {path}", "the token belongs to this container", write)


def _page_steps(settings: Settings, facts: Facts, identity: Identity) -> Iterable[Step]:
    """Yield what tells the server the password of the page: a file of its own configuration."""
    path, password = f"{facts.run_path}/{PAGE_CONFIGURATION}", settings.page_password
    if password is None or settings.auth == "none":
        if facts.page_password is not None:
            yield Step(f"remove {path}", "JUPYTER_PASSWORD is not set", RemoveFile(path))
        return
    if not is_page_password(facts.page_password or "", password):
        content = Secret(page_configuration(password, facts.entropy[16:28].hex()))
        directory = posixpath.dirname(path)
        make = MakeDirectory(directory, facts.euid, facts.egid, 0o755)
        write = WriteFile(path, content, 0o400, identity.uid, identity.gid)
        yield Step(f"make {directory}", "the server looks there for the password", make)
        yield Step(f"write {path}", "JUPYTER_PASSWORD is set", write)


def page_configuration(password: Secret, salt: str) -> str:
    """Return the server's configuration with the hash of a password, which replaces the token.

    Source: `passwd_check` of jupyter_server.auth.security, ALGORITHM:SALT:DIGEST. Slow ones it has
    only with a library; the file is the user's own, as the token's is.
    """
    import hashlib  # noqa: PLC0415 - with OpenSSL 4 ms, and few set a password

    text = password.get_secret_value().encode(errors="surrogateescape") + salt.encode()
    digest = hashlib.sha256(text).hexdigest()
    return dumps(
        {
            "IdentityProvider": {"token": ""},
            "PasswordIdentityProvider": {"hashed_password": f"sha256:{salt}:{digest}"},
        }
    )


def is_page_password(configuration: str, password: Secret) -> bool:
    """Tell whether a configuration is what `page_configuration` makes of this password."""
    salt = configuration.partition("sha256:")[2].partition(":")[0]
    return bool(salt) and configuration == page_configuration(password, salt)

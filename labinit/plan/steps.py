"""The vocabulary of a plan: what can be done, why, and as whom the server runs. Values only."""

from __future__ import annotations

from labinit.layout import ACCOUNT_COPIES
from labinit.quick import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from labinit.errors import Notice
    from labinit.settings.secret import Secret


class Run(NamedTuple):
    """Run a program to its end. Its standard input may be a secret; its arguments never are."""

    argv: tuple[str, ...]
    stdin: Secret | None = None


class EditAccounts(NamedTuple):
    """Run an account tool on copies of the account files; what it has changed replaces the files.

    Shape: `argv` is what is executed: see `edit_accounts`.
    """

    argv: tuple[str, ...]


def edit_accounts(tool: str, *arguments: str) -> EditAccounts:
    """Return the action that runs `tool`, which is one of those with the option --prefix."""
    return EditAccounts((tool, "--prefix", ACCOUNT_COPIES, *arguments))


class WriteFile(NamedTuple):
    """Write a whole file atomically; `check` is a command that has to accept the new file first."""

    path: str
    content: str | Secret
    mode: int
    uid: int = 0
    gid: int = 0
    check: tuple[str, ...] = ()


class RemoveFile(NamedTuple):
    """Remove one file; that it has gone already is fine."""

    path: str


class MakeDirectory(NamedTuple):
    """Make a directory and the parents it lacks, or give an existing one this owner and mode."""

    path: str
    uid: int
    gid: int
    mode: int


class MoveDirectory(NamedTuple):
    """Move a directory within its file system; where that means a copy, make an empty one."""

    # A copy takes its time, and a boot that is killed over it leaves half a home.
    source: str
    path: str
    uid: int
    gid: int


class SetAccount(NamedTuple):
    """Set ids, home and shell in the line of an existing account, and touch nothing else."""

    # `usermod -u` and `usermod -g` would walk the home directory. Source: usermod(8).
    name: str
    uid: int
    gid: int
    home: str
    shell: str


class CopySkeleton(NamedTuple):
    """Copy into a home directory what it lacks of /etc/skel; what it has is never touched."""

    home: str
    uid: int
    gid: int


class ChownTree(NamedTuple):
    """Change the owner of a tree (see `files.chown_walk`); a refusal does not end the boot."""

    path: str
    uid: int
    gid: int


class RunHook(NamedTuple):
    """Run a program of the image's maintainer as root, for a limited time (see `apply.hooks`).

    Shape: the lines it appends to $LABINIT_ENV become the file `result`, which is there only if it
    has succeeded.
    """

    path: str
    result: str


Action = (
    Run
    | EditAccounts
    | WriteFile
    | RemoveFile
    | MakeDirectory
    | MoveDirectory
    | SetAccount
    | CopySkeleton
    | ChownTree
    | RunHook
)


class Step(NamedTuple):
    """One change: what, why, and exactly how."""

    summary: str
    reason: str
    action: Action


class Identity(NamedTuple):
    """Who the server runs as."""

    user: str
    uid: int
    gid: int
    groups: tuple[int, ...]  # supplementary, primary first, each once
    home: str
    umask: int
    may_gain_privileges: bool
    # Not started as root, labinit already is this user, and can change nothing about it.
    is_inherited: bool = False


class Names(NamedTuple):
    """How programs learn the name of a user without an account: nss_wrapper, and its files."""

    library: str
    passwd: str
    group: str


class Plan(NamedTuple):
    """What one boot will do."""

    mode: str
    is_first_boot: bool
    identity: Identity
    steps: tuple[Step, ...]  # in their order, none if the system is as asked
    warnings: tuple[Notice, ...]
    notes: tuple[str, ...]
    run_directory: str
    server_commands: str
    token_path: str | None  # None: no token opens the page
    names: Names | None = None
    # Files with what hooks have for the server's environment, of which later ones win.
    hook_results: tuple[str, ...] = ()
    new_token: Secret | None = None  # made up by labinit: the user has to be told

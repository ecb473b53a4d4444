"""Whatever a setting holds: it is taken exactly as it is, or refused by its name.

Never a traceback, never half.
"""

import os
import string
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from labinit.errors import ConflictError, LabinitError, SettingsError
from labinit.facts.accounts import Group, User
from labinit.facts.files import Directory
from labinit.facts.system import Facts, IdRange
from labinit.plan.account_choice import choose_account
from labinit.plan.plan import make_plan
from labinit.plan.report import to_json, to_text
from labinit.plan.steps import Run, SetAccount
from labinit.settings import parsers
from labinit.settings.load import Settings, load_settings
from labinit.settings.model import make_schema
from tests.unit.values import FRESH, NO_SECRETS, NOBODY, ROOT, UBUNTU, WWW_DATA, replace

# What a process can be handed in its environment: any bytes but NUL, as Python shows them.
anything = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40),
    st.binary(max_size=40).filter(lambda content: b"\0" not in content).map(os.fsdecode),
)
SPECIAL = [
    *(
        "root",
        "-rf",
        "--help",
        "wheel",
        "www-data",
        "lab\nroot:x:0:0::/:",
        "lab\r",
        "a:b",
        "$(id)",
        "`id`",
        "; id",
        "a b",
    ),
    *(
        "0",
        "00",
        "-1",
        "+1",
        "1e3",
        "0x10",
        "١٢٣",
        "1_000",
        " 1000",
        "1000\n",
        "4294967295",
        "4294967296",
        "9" * 4000,
    ),
    *(
        "/",
        "//",
        "/..",
        "/etc",
        "/data/../etc",
        "/data\n",
        "/data:ro",
        "data",
        "/\udcff",
        "\udcff",
        "x" * 5000,
        "é",
    ),
]
values = st.one_of(anything, st.sampled_from(SPECIAL))
SCHEMA = make_schema()
# Hypothesis also tries words that stand in the code, such as "password": refusals are made of them.
OWN_WORDS = "".join(path.read_text() for path in Path(parsers.__file__).parent.glob("*.py"))
SETTABLE = tuple(name for name in SCHEMA.names if name != "HOME")


def refusal(environ: dict[str, str]) -> SettingsError | None:
    try:
        load_settings(environ, NO_SECRETS)
    except SettingsError as error:
        return error
    return None


@pytest.mark.parametrize("name", SETTABLE)
@given(value=values)
@example(value="root")
@example(value="\udcff")
@example(value="password")
def test_a_setting_is_taken_as_it_is_or_refused_by_its_name(name: str, value: str) -> None:
    assume(value)
    error = refusal({name: value})
    if error:
        assert [notice.problem for notice in error.notices if name not in notice.problem] == []
        assert all(notice.hint for notice in error.notices)
        is_short_or_labinits_own = len(value) < 8 or value in OWN_WORDS
        assert name not in SCHEMA.secrets or is_short_or_labinits_own or value not in str(error)
    else:
        assert is_exact(name, value)


def is_exact(name: str, value: str) -> bool:
    """Tell whether the setting holds just what was written."""
    settings = load_settings({name: value}, NO_SECRETS).settings
    taken = settings.by_variable()[name]
    if name in SCHEMA.secrets:
        return bool(taken.get_secret_value() == value)
    if name == "LABUMASK":
        return bool(taken == int(value, 8)) and set(value) <= set("01234567")
    if name in {"LABDATA", "LABHOME"}:
        return bool(taken == os.path.normpath("/" + value.lstrip("/")))
    return str(taken) == value


@pytest.mark.parametrize("alias", sorted(SCHEMA.aliases))
@given(value=values)
def test_an_alias_is_as_strict_as_the_name_it_stands_for(alias: str, value: str) -> None:
    assume(value)
    error = refusal({alias: value})
    assert error is None or all(alias in notice.problem for notice in error.notices)


@given(st.dictionaries(st.sampled_from(SETTABLE), values.filter(bool)))
def test_of_several_wrong_settings_each_is_named(environ: dict[str, str]) -> None:
    alone = {name for name, value in environ.items() if refusal({name: value})}
    together = refusal(environ)
    told = str(together) if together else ""
    assert all(name in told for name in alone)


# --- plans

passwords = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=8, max_size=100).filter(
    lambda text: text[0] not in "\"'" and len(text.encode()) <= 511
)
tokens = st.text(string.ascii_letters + string.digits + "-_.!$%&;", min_size=8, max_size=60)


@given(passwords, tokens)
def test_no_secret_stands_in_a_plan_a_report_or_an_argument(password: str, token: str) -> None:
    assume(not refusal({"LABPASSWD": f"<{password}>", "JUPYTER_TOKEN": f"<{token}>"}))
    loaded = load_settings(
        {"LABPASSWD": f"<{password}>", "JUPYTER_TOKEN": f"<{token}>"}, NO_SECRETS
    )
    plan = make_plan(loaded.settings, FRESH)
    shown = repr(plan) + to_text(loaded, plan, ()) + to_json(loaded, plan, ())
    assert f"<{password}>" not in shown
    assert f"<{token}>" not in shown


names = st.sampled_from(["lab", "ann", "ubuntu", "www-data", "root", "nobody", "wheel", "users"])
ids = st.sampled_from([0, 33, 100, 999, 1000, 1001, 65534])
homes = st.sampled_from(["/home/lab", "/home/ubuntu", "/root"])
users = st.lists(
    st.builds(User, names, ids, ids, homes, st.just("/bin/bash"), st.booleans()),
    unique_by=lambda u: u.name,
)
groups = st.lists(
    st.builds(Group, names, ids, st.lists(names, unique=True).map(tuple)),
    unique_by=lambda group: group.name,
)
systems = st.builds(
    lambda users, groups, data, busy, first: replace(
        FRESH,
        users=tuple(users),
        account_groups=tuple(groups),
        data=data,
        busy_uids=busy,
        uid_map=(IdRange(0, first),),
    ),
    users,
    groups,
    st.one_of(st.none(), st.builds(Directory, ids, ids, st.just(0o755))),
    st.frozensets(ids),
    st.sampled_from([1, 1001, 2**32 - 1]),
)
settable = st.fixed_dictionaries(
    {},
    optional={"LABUID": ids.map(str), "LABGID": ids.map(str), "LABUSER": names, "LABGROUP": names},
)


def plan_refusal(settings: Settings, system: Facts) -> LabinitError | None:
    try:
        make_plan(settings, system)
    except LabinitError as error:
        return error
    return None


@given(settable, systems)
@example({"LABUSER": "lab"}, replace(FRESH, users=(ROOT, WWW_DATA, NOBODY, UBUNTU)))
@example({}, replace(FRESH, users=(ROOT._replace(uid=1000), WWW_DATA, NOBODY)))
def test_a_plan_is_refused_or_changes_the_account_it_is_about_and_no_other(
    environ: dict[str, str], system: Facts
) -> None:
    settings = load_settings(environ, NO_SECRETS).settings
    if refused := plan_refusal(settings, system):
        assert refused.exit_code in {77, 78}
        assert all(notice.hint for notice in refused.notices)
        return
    plan = make_plan(settings, system)
    if plan.identity.uid == 0:
        assert not [step for step in plan.steps if isinstance(step.action, Run | SetAccount)]
        return
    assert make_plan(settings, system) == plan, "the same values in, the same plan out"
    account = choose_account(settings, system)
    own = {account.user.name, account.existing.name if account.existing else account.user.name}
    assert (plan.identity.uid, plan.identity.user) == (account.user.uid, settings.user)
    assert environ.get("LABUID", str(account.user.uid)) == str(account.user.uid)
    assert environ.get("LABGID", str(account.user.gid)) == str(account.user.gid)
    if account.existing:
        is_busy = account.existing.uid in system.busy_uids and system.can_edit_accounts
        assert not is_busy or account.existing.name == settings.user, "somebody's who runs"
        assert account.existing.name != "root"
    for step in plan.steps:
        match step.action:
            case Run(("useradd" | "usermod", *_, name), _):
                assert name in own
            case SetAccount(name):
                assert name in own
            case Run((tool, *_), stdin) if tool == "chpasswd" and stdin:
                assert stdin.get_secret_value().partition(":")[0] in own


@given(names, ids)
def test_an_account_that_something_runs_under_is_never_taken_over(name: str, uid: int) -> None:
    system = replace(
        FRESH,
        users=(ROOT, WWW_DATA, NOBODY, User("daemon", uid, uid, "/", "/bin/sh")),
        busy_uids=frozenset({0, uid}),
    )
    settings = load_settings({"LABUSER": name, "LABUID": str(uid)}, NO_SECRETS).settings
    assume(uid != 0)
    with pytest.raises(ConflictError):
        make_plan(settings, system)

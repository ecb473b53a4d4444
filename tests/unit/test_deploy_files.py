"""The files of deploy/ and the CI workflow, as far as they can be judged without running them."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE = sorted((ROOT / "deploy").rglob("compose*.yaml"))
LABS = [path for path in COMPOSE if "hub" not in path.parts]
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"


class Loader(yaml.SafeLoader):
    """Compose's own tag takes back what a file before this one has said."""


Loader.add_constructor("!reset", lambda _loader, _node: ())


@pytest.mark.parametrize("path", LABS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_lab_restarts_has_limits_and_time_to_stop(path: Path) -> None:
    lab = yaml.safe_load(path.read_text())["services"]["jupyter"]
    assert lab["restart"] == "unless-stopped"
    assert {"mem_limit", "stop_grace_period", "volumes", "secrets"} <= lab.keys()
    assert not any("TOKEN" in name or "PASSWD" in name for name in lab["environment"])


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_published_to_the_network_unless_asked(path: Path) -> None:
    services = yaml.load(path.read_text(), Loader)["services"].values()
    assert all(
        port.startswith("${LISTEN:-127.0.0.1}:")
        for service in services
        for port in service.get("ports", ())
    )


def test_the_hardened_lab_gets_the_capabilities_that_the_plan_needs_and_no_other() -> None:
    from labinit.plan.plan import _NEEDED

    lab = yaml.safe_load((ROOT / "deploy/compose.hardened.yaml").read_text())["services"]["jupyter"]
    assert lab["cap_drop"] == ["ALL"]
    assert sorted(lab["cap_add"]) == sorted(_NEEDED)
    assert lab["read_only"]
    assert lab["security_opt"] == ["no-new-privileges:true"]


def test_the_workflow_calls_make_targets_that_exist() -> None:
    workflow = yaml.safe_load(WORKFLOW.read_text())
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    called = {
        target for step in steps for target in re.findall(r"\bmake ([a-z]+)", step.get("run", ""))
    }
    assert {"test", "image", "push"} <= called <= targets


def test_actions_are_pinned_to_commits_and_say_which_release_that_is() -> None:
    """A tag can be moved to anything, and has been."""
    lines = [line for line in WORKFLOW.read_text().splitlines() if "uses:" in line]
    assert lines
    assert all(re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line) for line in lines), lines


def test_only_a_tag_that_was_tested_and_scanned_is_published() -> None:
    publish = yaml.safe_load(WORKFLOW.read_text())["jobs"]["publish"]
    assert publish["if"] == "github.ref_type == 'tag'"
    assert sorted(publish["needs"]) == ["scan", "test"]

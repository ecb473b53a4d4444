"""deploy/kubernetes/values.yaml against the schema of the chart, which refuses unknown keys."""

from pathlib import Path
from typing import Any

import pytest
import yaml

VALUES = Path(__file__).parents[2] / "deploy/kubernetes/values.yaml"

# The part of the chart's schema that the file uses. A dict has these keys and no other; `FREE` is
# passed on to KubeSpawner or to the cluster as it is. Source: jupyterhub/values.schema.yaml of
# jupyterhub/zero-to-jupyterhub-k8s at commit 02dd73df01bdbb6d602fed21b0be12565ab38080.
FREE = object()
ID, SIZE = (int, type(None)), (int, float, str, type(None))
SCHEMA = {
    "hub": {"config": FREE},
    "singleuser": {
        "image": {"name": str, "tag": str},
        "cmd": (list, str, type(None)),
        "uid": ID,
        "fsGid": ID,
        "allowPrivilegeEscalation": (bool, type(None)),
        "storage": {
            "capacity": (str, type(None)),
            "homeMountPath": str,
            "extraVolumes": list,
            "extraVolumeMounts": list,
        },
        "memory": {"guarantee": SIZE, "limit": SIZE},
        "cpu": {"guarantee": (int, float, type(None)), "limit": (int, float, type(None))},
        "startTimeout": ID,
        "cloudMetadata": {"blockWithIptables": bool, "ip": str},
        "extraPodConfig": FREE,
        "extraEnv": FREE,
    },
}


def sudo_variant() -> str:
    """Return the variant that stands commented out at the end of the file."""
    _, found, rest = VALUES.read_text().partition("Instead of the above:\n#\n")
    assert found
    return "\n".join(line.removeprefix("# ") for line in rest.splitlines())


def mismatches(values: Any, schema: Any, path: str = "") -> list[str]:
    if schema is FREE:
        return []
    if not isinstance(schema, dict):
        return [] if isinstance(values, schema) else [f"{path}: {values!r}"]
    if not isinstance(values, dict):
        return [f"{path}: {values!r}"]
    return [
        problem
        for key, value in values.items()
        for problem in (
            mismatches(value, schema[key], f"{path}.{key}")
            if key in schema
            else [f"{path}.{key}: unknown"]
        )
    ]


@pytest.mark.parametrize("text", [VALUES.read_text(), sudo_variant()], ids=["restricted", "sudo"])
def test_every_key_is_one_of_the_charts_and_has_its_type(text: str) -> None:
    values = yaml.safe_load(text)
    assert values["singleuser"]
    assert mismatches(values, SCHEMA) == []


def test_an_unknown_key_and_a_wrong_type_would_be_noticed() -> None:
    wrong = {"singleuser": {"uid": "root", "startTimeOut": 1}}
    assert len(mismatches(wrong, SCHEMA)) == 2


def test_the_sudo_variant_gives_what_sudo_needs() -> None:
    user = yaml.safe_load(sudo_variant())["singleuser"]
    assert user["uid"] == 0
    assert user["allowPrivilegeEscalation"] is True
    assert user["fsGid"] is None

"""What the Dockerfile promises to root, whatever stage or kernel is added."""

import json
import re
from pathlib import Path

import pytest

DOCKERFILE = (Path(__file__).parents[2] / "Dockerfile").read_text()


def test_whatever_is_copied_becomes_roots() -> None:
    copies = re.findall(r"^(?:COPY|ADD) .*$", DOCKERFILE, re.MULTILINE)
    assert copies
    # Debian's packages know whose each file is: /etc/shadow is the group's that may read it.
    others = [line for line in copies if not line.startswith("COPY --from=debian /layers/")]
    assert [line for line in others if "--chown=0:0 " not in line] == []


def test_what_root_runs_is_not_looked_up() -> None:
    # Either of them, on one line or continued on the next.
    pattern = r"^(?:ENTRYPOINT|HEALTHCHECK .*(?:\\\n *)?CMD) (\[.*\])$"
    commands = re.findall(pattern, DOCKERFILE, re.MULTILINE)
    assert len(commands) == 2
    assert all(json.loads(command)[0].startswith("/usr/local/bin/lab") for command in commands)


def test_the_working_directory_is_none_of_the_users() -> None:
    assert re.findall(r"^WORKDIR (.*)$", DOCKERFILE, re.MULTILINE)[-1] == "/"


KERNELS = sorted(path.parent.name for path in Path(__file__).parents[2].glob("kernels/*/install"))


def stage(name: str) -> str:
    text = re.search(
        rf"^FROM \w+ AS {name}\n(.*?)^(?:FROM|# ---)", DOCKERFILE, re.MULTILINE | re.DOTALL
    )
    assert text, f"the Dockerfile has no stage {name}"
    return text[1]


@pytest.mark.parametrize("name", KERNELS)
def test_every_kernel_has_a_stage_of_the_one_pattern(name: str) -> None:
    text = stage(name)
    assert f"COPY --chown=0:0 --from=chosen /chosen/kernels/{name} /kernel\n" in text
    commands = re.findall(r"^(?! +--mount) +(.*)$", text, re.MULTILINE)
    # Python needs no tools: it is in the stage that all of them come from.
    assert commands == (["/mnt/kernel tools"] if name != "python" else []) + ["/mnt/kernel build"]


@pytest.mark.parametrize("name", KERNELS)
def test_what_a_kernel_has_built_is_in_the_image(name: str) -> None:
    assert f"\nCOPY --chown=0:0 --from={name} /out /\n" in DOCKERFILE


def test_of_each_language_the_packages_are_a_layer_of_their_own() -> None:
    laid_out = re.findall(r"for kernel in (.*?); do", DOCKERFILE)
    copied = re.findall(r"^COPY --from=debian /layers/(\w+) /$", DOCKERFILE, re.MULTILINE)
    # What several languages need goes to the first; what none does comes last.
    assert copied == [*laid_out[0].split(), "rest"]
    packages = [name for name in KERNELS if name != "python"]
    assert sorted(copied[:-1]) == packages

"""Kernels beyond the notebooks: `labctl kernels`, odd users, and what is missing."""

import json
import re
from typing import Any

import pytest

from tests.container import kernels_table
from tests.container.containers import Containers
from tests.container.engine import CHECKOUT, Volumes
from tests.container.running_container import Container

# A client that asks often and leaves before the answers, so that the kernel still answers when
# nobody is there.
LEAVE = """
import sys
from jupyter_client.manager import KernelManager
from jupyter_client.session import Session
manager = KernelManager(kernel_name=sys.argv[1])
manager.start_kernel()
# Each with a name of its own, as the server's connections have: of two with one name, kernels
# answer the newer.
first, second = manager.client(), manager.client(session=Session(key=manager.session.key))
first.start_channels()
first.wait_for_ready(timeout=60)
second.start_channels(shell=True, iopub=False, stdin=False, hb=False, control=False)
second.kernel_info(reply=True, timeout=60)
for _ in range(1000):
    second.kernel_info()
second.stop_channels()
first.execute_interactive("6 * 7", timeout=60, allow_stdin=False, output_hook=lambda message: None)
print("alive" if manager.is_alive() else "ended")
manager.shutdown_kernel(now=True)
"""
BROKEN = {"argv": ["/bin/false"], "display_name": "Broken", "language": "none"}
SYSTEM_PREFIXES = ("/usr/local/share/jupyter/kernels", "/opt/lab/share/jupyter/kernels")

# Where the version of a kernel is pinned. Those of C++ and Racket are Debian's and the catalog's.
PINS = {
    "python3": ("image/requirements.lock", r"^ipykernel==(\S+)"),
    "tslab": ("kernels/typescript/package.json", r'"tslab": "([\d.]+)"'),
    "jslab": ("kernels/typescript/package.json", r'"tslab": "([\d.]+)"'),
    "java": ("kernels/java/requirements.lock", r"^jjava==(\S+)"),
    "scala": ("kernels/scala/pom.xml", r"<version>(\d+\.\S+)</version>"),
    "gophernotes": ("kernels/go/go.mod", r"goplus/ixgo (v\S+)"),
}


@pytest.fixture(scope="module")
def lab(module_container: Containers, module_volume: Volumes) -> Container:
    return module_container(volumes={module_volume(1234, 1234): "/data"}).wait_ready()


def kernels(container: Container, *options: str, user: str = "") -> dict[str, Any]:
    return dict(json.loads(container.output("labctl", "kernels", "--json", *options, user=user)))


def offered(lab: Container) -> list[str]:
    """Return the server's kernels, without the further names that some have for old notebooks."""
    found = lab.client().api("GET", "/api/kernelspecs")["kernelspecs"]
    return sorted(
        name
        for name, one in found.items()
        if "alias_of" not in one["spec"]["metadata"].get("labinit", {})
    )


def test_the_kernels_are_listed_with_their_versions(lab: Container) -> None:
    listed = kernels(lab)["kernels"]
    assert [one["name"] for one in listed] == offered(lab)
    assert all(one["version"] for one in listed), listed


def test_every_kernel_is_in_a_system_prefix_and_starts_by_an_absolute_path(lab: Container) -> None:
    """A home on a volume would hide them, and hubs and sudo drop PATH."""
    found = json.loads(lab.output("jupyter", "kernelspec", "list", "--json"))["kernelspecs"]
    assert {
        name for name, one in found.items() if not one["resource_dir"].startswith(SYSTEM_PREFIXES)
    } == set()
    assert {
        name for name, one in found.items() if not one["spec"]["argv"][0].startswith("/")
    } == set()


def test_the_versions_are_the_pinned_ones(lab: Container) -> None:
    versions = {
        one["name"]: one["version"] for one in kernels(lab)["kernels"] if one["name"] in PINS
    }
    assert versions
    for name, version in versions.items():
        file, pattern = PINS[name]
        pinned = re.search(pattern, (CHECKOUT / file).read_text(), re.MULTILINE)
        assert pinned, (file, pattern)
        assert pinned[1] in version, (name, version)


def test_a_kernel_that_the_image_lacks_is_listed_with_the_reason(container: Containers) -> None:
    started = container().wait_ready()
    started.output("mkdir", "--parents", "/usr/local/share/labinit/missing-kernels")
    started.output("sh", "-c", "echo because >/usr/local/share/labinit/missing-kernels/cobol")
    assert kernels(started)["missing"]["cobol"] == "because"
    assert "cobol is missing: because" in started.output("labctl", "kernels")


def test_only_what_the_server_offers_is_listed(container: Containers) -> None:
    started = container().wait_ready()
    started.output("rm", "--recursive", "/opt/lab/share/jupyter/kernels/python3")
    listed = [kernel["name"] for kernel in kernels(started)["kernels"]]
    assert sorted(listed) == offered(started)


@pytest.mark.timeout(600)
def test_a_check_starts_every_kernel_as_the_lab_user(lab: Container) -> None:
    checks = kernels(lab, "--check")["checks"]
    assert {one["kernel"]: one["problem"] for one in checks} == {
        one["kernel"]: "" for one in checks
    }
    assert len(checks) == len(kernels(lab)["kernels"])
    assert all(one["memory"] > 1 << 20 and one["seconds"] > 0 for one in checks), checks


def test_a_check_fails_if_one_kernel_does(container: Containers) -> None:
    started = container().wait_ready()
    started.output(
        "sh",
        "-c",
        (
            "rm --recursive /usr/local/share/jupyter/kernels && mkdir --parents "
            "/usr/local/share/jupyter"
        ),
    )
    directory = "/home/lab/.local/share/jupyter/kernels/broken"
    started.output(
        "sh",
        "-c",
        (
            f"mkdir --parents {directory} && cat >{directory}/kernel.json "
            f"<<'END'\n{json.dumps(BROKEN)}\nEND"
        ),
    )
    done = started.exec(["labctl", "kernels", "--check"])
    assert done.exit_code == 1, done
    rows = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert rows["python3"].rstrip().endswith(" ok")
    assert "died" in rows["broken"]
    as_json = started.exec(["labctl", "kernels", "--check", "--json"])
    problems = {one["kernel"]: one["problem"] for one in json.loads(as_json.stdout)["checks"]}
    assert as_json.exit_code == 1
    assert problems["broken"]
    assert problems["python3"] == ""


def test_an_unknown_option_is_an_error_that_names_the_known_ones(lab: Container) -> None:
    done = lab.exec(["labctl", "kernels", "--chekc"])
    assert done.exit_code == 64
    assert "--chekc; labctl kernels --help lists" in done.stderr
    assert "--check" in lab.output("labctl", "kernels", "--help")


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("args", "user"),
    [
        pytest.param(
            ("--user", "54321:0", "--read-only", "--tmpfs", "/tmp:exec"),
            "54321:0",
            id="an arbitrary uid on a read-only root with a fresh HOME",
        ),
        pytest.param(
            ("--tmpfs", "/home/lab:mode=555"),
            "",
            id="an ordinary user with a HOME that cannot be written",
        ),
    ],
)
def test_every_kernel_works_for(
    container: Containers, volume: Volumes, args: tuple[str, ...], user: str
) -> None:
    mounts = {volume(54321, 0): "/data"}
    started = container(volumes=mounts, args=args, expect_warnings=[".*"]).wait_ready()
    checks = kernels(started, "--check", user=user)["checks"]
    assert {one["kernel"]: one["problem"] for one in checks} == {
        one["kernel"]: "" for one in checks
    }


def test_clients_that_leave_before_the_answer_do_not_end_the_go_kernel(lab: Container) -> None:
    """Jupyter's server is one, at the start of each kernel."""
    lab.client().require_kernel("gophernotes")
    assert lab.output("python", "-c", LEAVE, "gophernotes", user="1234").splitlines()[-1] == "alive"


@pytest.mark.parametrize("name", ["java", "scala"])
def test_the_archive_that_a_jvm_starts_from_fits(lab: Container, name: str) -> None:
    """Else it is silently left aside. It is made for one build of Java, and one class path."""
    lab.client().require_kernel(name)
    engine = json.loads(lab.output("cat", f"/usr/local/lib/{name}-kernel/engine.json"))
    java, *options = engine["argv"]
    # Its class path alone, without what would start the engine.
    options = ["-cp" if option == "-jar" else option for option in options]
    options = [one for one in options if one != "-Xlog:disable" and not one.startswith("labinit.")]
    done = lab.exec([java, "-Xshare:on", *options, "-version"])
    assert done.exit_code == 0, done


def test_the_table_in_the_docs_is_what_was_measured() -> None:
    """By the tests before this one: those of each kernel's rows."""
    if not kernels_table.is_complete():
        pytest.skip("not every row was run for every kernel: `make kernels` runs them")
    assert kernels_table.TARGET.read_text() == kernels_table.render(), "run make kernels"

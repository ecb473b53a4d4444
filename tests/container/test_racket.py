"""The Racket kernel's own tests, in the image, and its other source: a package catalog.

The installer of iracket is tried with a catalog, and with one that has not what it needs, both
without a network, so that no default catalog answers. What the catalog serves is not iracket, but a
stand-in that is installed and called in the same way: what is looked at is the installer.
"""

import json
from pathlib import Path

import pytest

from tests.commands import Finished
from tests.container.containers import Containers
from tests.container.engine import CHECKOUT, Engine

OWN_TESTS = CHECKOUT / "kernels/racket/tests"
DRIVER = CHECKOUT / "kernels/front/tests/driver.py"
OWN = "usr/local/lib/racket-kernel"
SPEC = "usr/local/share/jupyter/kernels/racket/kernel.json"
MISSING = "usr/local/share/labinit/missing-kernels/racket"
ENTRY = """#hash((name . "iracket") (source . "/catalog/source")
       (checksum . "0123456789abcdef") (author . "")
(description . "") (tags . ()) (dependencies . ()) (modules . ()))"""
INFO = """#lang info
(define collection "iracket")
(define raco-commands '(("iracket" (submod iracket/install raco) "register the kernel" #f)))
"""
INSTALL = r"""#lang racket/base
(module raco racket/base
  (require racket/file racket/system)
  (define arguments (vector->list (current-command-line-arguments)))
  (define (after option) (cadr (member option arguments)))
  (define spec (build-path (make-temporary-file "~a" 'directory) "racket"))
  (make-directory* spec)
  (with-output-to-file (build-path spec "kernel.json")
    (lambda ()
      (printf "{\"argv\": [~s], \"display_name\": \"Racket\", \"language\": \"racket\"}"
              (after "--racket-exe"))))
  (define install (list "kernelspec" "install" "--user" (path->string spec)))
  (exit (if (apply system* (after "--jupyter-exe") install) 0 1)))
"""


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "path", sorted(OWN_TESTS.glob("test_*.py")), ids=lambda path: path.stem.removeprefix("test_")
)
def test_the_kernels_own_tests_pass_for_an_unknown_user_on_a_read_only_root(
    container: Containers, installed_pytest: Path, path: Path
) -> None:
    options = ["--user=54321:0", "--read-only", "--tmpfs=/tmp:exec", "--cap-drop=ALL"]
    if container.run(["test", "-e", f"/{OWN}"], args=options, expect_warnings=[".*"]).exit_code:
        pytest.skip(
            "this image has no Racket kernel of ours: it was not chosen, or RACKET_KERNEL was"
        )
    done = container.run(
        [
            "/opt/lab/bin/python",
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            f"/tests/{path.name}",
        ],
        env={"PYTHONPATH": "/needed:/driver", "PYTHONDONTWRITEBYTECODE": "1"},
        volumes={
            installed_pytest: "/needed:ro",
            OWN_TESTS: "/tests:ro",
            DRIVER: "/driver/driver.py:ro",
        },
        args=options,
        expect_warnings=[".*"],
        timeout_s=600,
    )
    assert done.exit_code == 0, done


def test_an_unknown_racket_kernel_ends_the_build_and_the_known_ones_are_named(
    docker: Engine, image: str
) -> None:
    done = docker.try_(
        *("run", "--rm", f"--volume={CHECKOUT}/kernels:/installers:ro", "--entrypoint=sh"),
        *("--env=RACKET_KERNEL=drracket", image, "-c", "/installers/racket/install packages"),
    )
    assert done.exit_code == 1, done
    assert 'unknown kernel "drracket"; known are: iracket' in done.stderr


# --- RACKET_KERNEL
# ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stage(docker: Engine) -> str:
    """The stage of the build, which has Racket."""
    tag = "labinit-test-racket"
    docker.environ["DOCKER_BUILDKIT"] = "1"
    arguments = ("--build-arg", "RACKET_KERNEL=iracket", "--target", "racket", "--tag", tag)
    docker("build", "--quiet", *arguments, str(CHECKOUT), timeout=600)
    return tag


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """An empty catalog."""
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkgs").write_text("()")
    return tmp_path


def install(docker: Engine, stage: str, catalog: Path, show: str) -> Finished:
    script = f"mkdir /again && cd /again && /kernel/install build >&2 && cat {show}"
    mounts = [f"--volume={catalog}:/catalog:ro", f"--volume={CHECKOUT}/image/build:/mnt:ro"]
    mounts += [f"--volume={CHECKOUT}/kernels/racket:/kernel:ro"]
    options = ["--rm", "--network=none", "--env=RACKET_CATALOG=file:///catalog", *mounts]
    options += ["--env=RACKET_KERNEL=iracket"]
    return docker.try_("run", *options, stage, "sh", "-c", script, timeout=300)


@pytest.mark.timeout(900)
def test_without_iracket_in_any_catalog_the_build_goes_on_and_says_why(
    docker: Engine, stage: str, catalog: Path
) -> None:
    done = install(docker, stage, catalog, MISSING)
    assert done.exit_code == 0, done
    assert "RACKET_CATALOG" in done.stdout
    assert done.stderr.count("racket: try ") == 3, done


@pytest.mark.timeout(900)
def test_what_a_catalog_offers_is_installed_and_says_what_it_is(
    docker: Engine, stage: str, catalog: Path
) -> None:
    source = catalog / "source"
    source.mkdir()
    (source / "info.rkt").write_text(INFO)
    (source / "install.rkt").write_text(INSTALL)
    (catalog / "pkg" / "iracket").write_text(ENTRY)
    (catalog / "pkgs").write_text('("iracket")')
    done = install(docker, stage, catalog, f"{SPEC} /packages/racket")
    assert done.exit_code == 0, done
    spec, end = json.JSONDecoder().raw_decode(done.stdout)
    assert spec["argv"][0] == "/usr/bin/racket"
    assert spec["metadata"]["labinit"]["version"].startswith("iracket")
    assert "Racket v8" in spec["metadata"]["labinit"]["version"]
    assert done.stdout[end:].split() == ["racket", "libzmq5"]

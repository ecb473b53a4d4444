"""What is in the image, and what is not: nothing that only the build needed."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.container.containers import Containers
from tests.container.engine import CHECKOUT, Engine
from tests.container.running_container import Container

# Where package managers and build tools keep what they need only once.
SCRATCH = ["/root", "/run", "/tmp", "/var/tmp", "/var/cache/apt", "/var/lib/apt/lists", "/var/log"]
# Debian's skeleton for root's home.
EXPECTED = {"/root/.bashrc", "/root/.profile"}
BUILD_PACKAGES = {
    "maven",
    "npm",
    "musl-tools",
    "locales",
    "make",
    "cmake",
    "g++",
    "clang",
    "python3-pip",
}


@pytest.fixture(scope="module")
def lab(module_container: Containers) -> Container:
    return module_container(command=["sleep", "infinity"])


@pytest.fixture(scope="module")
def kernels(lab: Container) -> set[str]:
    return set(json.loads(lab.output("jupyter", "kernelspec", "list", "--json"))["kernelspecs"])


def test_the_build_leaves_no_lists_caches_and_temporary_files(docker: Engine, image: str) -> None:
    found = docker(
        "run", "--rm", "--entrypoint=find", image, *SCRATCH, "-xdev", "-type", "f", "-size", "+0"
    )
    assert set(found.split()) - EXPECTED == set()


def test_what_only_the_build_needs_is_not_installed(lab: Container) -> None:
    installed = lab.output("dpkg-query", "--show", "--showformat", "${Package}\n").split()
    assert BUILD_PACKAGES & set(installed) == set()


def test_no_kernel_needs_a_toolchain(lab: Container) -> None:
    """370 MB. Who wants one in a terminal: EXTRA_PACKAGES."""
    assert [lab.exec(["which", tool]).exit_code for tool in ("gcc", "go")] == [1, 1]


def test_the_image_is_as_small_as_promised(docker: Engine, image: str, kernels: set[str]) -> None:
    megabytes = int(docker("image", "inspect", "--format", "{{.Size}}", image)) / 1e6
    assert megabytes < (400 if kernels == {"python3"} else 1400)


def test_git_works_and_brings_no_perl(lab: Container) -> None:
    script = (
        "cd /tmp && git init -q tree && cd tree && touch file && git add file "
        "&& git -c user.name=a -c user.email=a@b commit -qm first && git request-pull HEAD . "
        "&& git submodule status && git stash list && git gc -q && git log --format=%s"
    )
    assert lab.output("sh", "-c", script).splitlines()[-1] == "first"
    packages = lab.output("dpkg-query", "--show", "--showformat", "${Package} ").split()
    assert [name for name in packages if "perl" in name] == ["perl-base"]


def test_every_package_has_what_it_needs(lab: Container) -> None:
    done = lab.exec(["apt-get", "check"], user="root")
    assert (done.exit_code, done.stderr) == (0, "")


# --- what a user of any country finds


@pytest.mark.parametrize("zone", ["US/Eastern", "Japan", "PRC", "Asia/Shanghai"])
def test_zones_are_known_by_their_old_names_too(lab: Container, zone: str) -> None:
    assert lab.exec(["test", "-s", f"/usr/share/zoneinfo/{zone}"]).exit_code == 0


@pytest.mark.parametrize("language", ["en", "zh-cn", "zh-tw", "ja", "ko"])
def test_there_is_a_font_for_each_script(lab: Container, language: str) -> None:
    assert lab.output("fc-list", f":lang={language}", "family") != ""


def test_git_shows_names_in_chinese_as_they_are(lab: Container) -> None:
    script = "cd /tmp && git init -q names && cd names && touch 数据.csv && git status --short"
    assert lab.output("sh", "-c", script).endswith("?? 数据.csv")


def test_there_is_an_editor_besides_nano(lab: Container) -> None:
    assert lab.output("sh", "-c", "command -v vi; command -v nano").split() == [
        "/usr/bin/vi",
        "/usr/bin/nano",
    ]


def test_pip_is_the_one_of_the_lock(lab: Container) -> None:
    pinned = re.search(
        r"^pip==(\S+)", (CHECKOUT / "image/requirements.lock").read_text(), re.MULTILINE
    )
    assert pinned
    assert lab.output("pip", "--version").split()[1] == pinned[1]


def test_matplotlib_falls_back_to_the_font_that_has_the_glyph(lab: Container) -> None:
    settings = lab.output("cat", "/etc/skel/.config/matplotlib/matplotlibrc")
    (families,) = re.findall(r"^font\.family: (.*)$", settings, re.MULTILINE)
    # The generic name first, so that a user's own font.sans-serif still counts.
    assert families.split(", ")[0] == "sans-serif"
    assert "WenQuanYi Micro Hei" in lab.output("fc-list", ":lang=zh-cn", "family")
    assert families.split(", ")[1] == "WenQuanYi Micro Hei"


@pytest.mark.parametrize("label", ["title", "licenses", "version"])
def test_the_image_has_its_labels(docker: Engine, image: str, label: str) -> None:
    name = f'{{{{index .Config.Labels "org.opencontainers.image.{label}"}}}}'
    assert docker("image", "inspect", "--format", name, image).strip()


def test_languages_that_jupyterlab_can_have_are_known(lab: Container) -> None:
    code = (
        "from jupyterlab.extensions.pypi import LANGUAGE_PACKS as packs\n"
        "from jupyterlab_server.translation_utils import is_valid_locale as known\n"
        "names = [pack.removeprefix('jupyterlab-language-pack-').replace('-', "
        "'_') for pack in packs]\n"
        "print([name for name in names if not known(name)])"
    )
    assert lab.output("python", "-c", code) == "[]"


# --- the build's own installer of packages


@pytest.mark.parametrize("name", ["java", "scala"])
def test_the_archive_of_classes_is_good_for_the_kernels_jars(
    lab: Container, kernels: set[str], name: str
) -> None:
    """Where it is not, the JVM says nothing, and starts in twice the time."""
    if name not in kernels:
        pytest.skip(f"this image has no kernel {name}")
    engine = lab.output("cat", f"/usr/local/lib/{name}-kernel/engine.json")
    java, *options = json.loads(engine)["argv"]
    place = next(place for place, word in enumerate(options) if word in ("-jar", "-cp"))
    lab.output(java, "-Xshare:on", *options[:place], "-cp", options[place + 1], "-version")


def test_java_trusts_whom_the_system_trusts(lab: Container, kernels: set[str]) -> None:
    if "java" not in kernels:
        pytest.skip("this image has no kernel java")
    listed = lab.output("keytool", "-list", "-cacerts", "-storepass", "changeit")
    system = lab.output("grep", "--count", "BEGIN CERT", "/etc/ssl/certs/ca-certificates.crt")
    assert listed.count("trustedCertEntry") == int(system)


@pytest.fixture
def builder(container: Containers, tmp_path: Path) -> Container:
    """A container with `image/build`, whose `retry` does not."""
    shutil.copytree(CHECKOUT / "image/build", tmp_path / "build")
    (tmp_path / "build/retry").write_text('#!/bin/sh\nexec "$@"\n')
    tmp_path.chmod(0o755)
    return container(volumes={str(tmp_path / "build"): "/mnt:ro"}, command=["sleep", "infinity"])


def test_packages_are_installed_without_a_word(builder: Container) -> None:
    done = builder.exec(["/mnt/apt-install", "tree"])
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
    assert builder.exec(["which", "tree"]).exit_code == 0


def test_what_cannot_be_installed_is_told(builder: Container) -> None:
    done = builder.exec(["/mnt/apt-install", "no-such-package"])
    assert done.exit_code != 0
    assert "Unable to locate package no-such-package" in done.stderr


STALE = """
import importlib.util, os, struct
for directory, below, names in os.walk("/"):
    if directory == "/":
        below[:] = [name for name in below if name not in ("proc", "sys", "dev", "tmp", "data")]
    for path in (os.path.join(directory, name) for name in names if name.endswith(".pyc")):
        with open(path, "rb") as file:
            _, flags, time = struct.unpack("<III", file.read(12))
        source = importlib.util.source_from_cache(path) if "__pycache__" in path else ""
        if not flags and os.path.exists(source) and int(os.stat(source).st_mtime) != time:
            print(path)
"""


def test_no_byte_code_of_the_image_is_older_than_its_source(lab: Container) -> None:
    assert lab.output("python3", "-I", "-c", STALE) == ""

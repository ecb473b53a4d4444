import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
DOCS = runpy.run_path(str(ROOT / "tools/docs.py"))


@pytest.mark.parametrize("path", sorted(DOCS["BLOCKS"]))
def test_generated_tables_say_what_the_code_says(path: str) -> None:
    assert (ROOT / path).read_text() == DOCS["render"](path), "run make docs"


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")), ids=str
)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
        assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_every_make_target_that_the_readme_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert named
    assert named <= targets


def test_every_exit_code_of_the_code_stands_in_the_readme() -> None:
    from labinit import errors

    codes = {
        error.exit_code
        for error in vars(errors).values()
        if isinstance(error, type) and hasattr(error, "exit_code")
    }
    table = (ROOT / "README.md").read_text().partition("## Exit codes")[2]
    assert {str(code) for code in codes} <= set(re.findall(r"\d+", table))


def test_every_setting_and_every_alias_is_named_in_each_language() -> None:
    from labinit.settings.model import make_schema

    schema = make_schema()

    for path in ("docs/settings.md", "README.md", "README.zh-CN.md"):
        text = (ROOT / path).read_text()
        missing = {
            name
            for name in {*schema.names, *schema.aliases} - {"HOME", "PATH"}
            if f"`{name}" not in text
        }
        assert not missing, f"{path} does not name {missing}"


def test_every_build_argument_for_a_mirror_stands_in_the_chinese_readme() -> None:
    names = re.search(r"^MIRRORS := ((?:.*\\\n)*.*)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert names
    mirrors = {"BASE", *re.findall(r"\w+", names[1])}
    assert {"APT_MIRROR", "CONDA_CHANNEL"} < mirrors
    text = (ROOT / "README.zh-CN.md").read_text()
    assert not {name for name in mirrors if f"`{name}`" not in text}

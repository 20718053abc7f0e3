"""Pages of the documentation are short, and their links lead somewhere."""

import re
from pathlib import Path

import pytest
from repository import ROOT

PAGES = {
    *("results", "architecture", "data", "experiments", "serving", "operations", "security", "privacy", "robustness"),
    *("benchmarks", "performance", "log"),
}
MAX_README_LINES = 220
FILES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")


def anchors(file: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub derives them."""
    headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_exists_and_is_linked_from_the_readme():
    assert {page.stem for page in ROOT.glob("docs/*.md")} == PAGES
    for name in ("README.md", "README.zh-CN.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not [page for page in PAGES if f"(docs/{page}.md" not in text]


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readme_is_short(name):
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= MAX_README_LINES


@pytest.mark.parametrize("file", sorted(FILES), ids=lambda file: file.relative_to(ROOT).as_posix())
def test_links_lead_to_files_and_headings_that_exist(file):
    for path, anchor in LINK.findall(file.read_text(encoding="utf-8")):
        if not path.startswith("http"):
            target = file.parent / path if path else file
            assert target.exists(), path
            assert not anchor or anchor in anchors(target), f"{path}#{anchor}"


@pytest.mark.parametrize("file", sorted(set(FILES) - {ROOT / "docs/log.md"}), ids=lambda file: file.name)
def test_committed_data_that_a_page_names_exists(file):
    names = re.findall(
        r"`(data/(?:probe|reports|summary|privacy|out_of_distribution)/[\w./-]+)`", file.read_text("utf-8")
    )
    assert not [name for name in names if not (ROOT / name).exists()]


def test_the_protocols_of_a_modality_are_documented():
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8").split("## Add a modality")[1]
    code = (ROOT / "crossfer/protocols.py").read_text(encoding="utf-8")
    protocols = set(re.findall(r"^\| `(\w+)` \| `crossfer/", text, re.MULTILINE))
    loaders = set(re.findall(r"^def load_\w+\(name: str\) -> (\w+):", code, re.MULTILINE))
    assert protocols == loaders != set()


def test_names_of_code_are_in_the_file_named_after_them():
    """A page writes `SOURCES` in `crossfer/sources/registry.py`, for instance."""
    texts = [file.read_text(encoding="utf-8") for file in set(FILES) - {ROOT / "docs/log.md"}]
    names = [pair for text in texts for pair in re.findall(r"`(\w+)`\s+(?:\(|in\s+)`(crossfer/[\w/]+\.py)`", text)]
    assert len(names) >= 5
    for name, path in names:
        assert re.search(rf"\b{name}\b", (ROOT / path).read_text(encoding="utf-8")), f"{name} is not in {path}"

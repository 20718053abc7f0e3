"""Paths of the repository that code and documentation name exist."""

import re

import pytest
from repository import ROOT

FOLDERS = ("crossfer", "stages", "tests", "benchmarks", "docs")
PATH = re.compile(rf"(?<![\w/.-])(?:{'|'.join(FOLDERS)})/[\w./*<>{{}}$-]*", re.ASCII)
PLACEHOLDER = re.compile(r"[^/]*[*<{$]")  # the first part of a path that stands for several
# History: these may name paths that no longer exist.
DATED_SECTION = re.compile(r"^## [^\n]*\b20\d\d\b.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
LOG = ROOT / "docs/log.md"
THIS_FILE = ROOT / "tests/unit/test_named_paths.py"  # names paths that do not exist
EXAMPLES = {"benchmarks/sib200/en.tsv", "crossfer/notes.txt"}  # below temporary folders of tests
FILES = [
    *(
        file
        for folder in FOLDERS
        for suffix in ("py", "md", "j2", "yaml")
        for file in ROOT.glob(f"{folder}/**/*.{suffix}")
    ),
    *ROOT.glob("*.md"),
    *(ROOT / name for name in ("dvc.yaml", "params.yaml", "pyproject.toml", "Makefile")),
    *ROOT.glob("data/*/README.md"),
]


def paths_in(text: str) -> set[str]:
    """Return the paths that a text names, each up to its first placeholder."""
    return {PLACEHOLDER.split(path, maxsplit=1)[0].rstrip(".-") for path in PATH.findall(DATED_SECTION.sub("", text))}


def test_paths_are_found():
    text = "See `docs/log.md`, crossfer/config/domains.py.\n见docs/security.md crossfer/modalities/<n>/data a/tests/b\n"
    dated = "## Profiles, November 2026\nstages/old.py\n## Now\nstages/new.py"
    expected = {
        "docs/log.md",
        "docs/security.md",
        "stages/new.py",
        "crossfer/config/domains.py",
        "crossfer/modalities/",
    }
    assert paths_in(text + dated) == expected


@pytest.mark.parametrize(
    "file", sorted({*FILES} - {LOG, THIS_FILE}), ids=lambda file: file.relative_to(ROOT).as_posix()
)
def test_paths_that_a_file_names_exist(file):
    named = paths_in(file.read_text(encoding="utf-8")) - EXAMPLES
    assert not [path for path in named if not (ROOT / path).exists()]

"""Names, prose and messages use the project's standard terms."""

import ast
import re
import subprocess
from collections.abc import Iterator

import pytest
from repository import ROOT

# Words and phrases that have a standard term (baseline for floor), in prose and inside names.
BANNED_WORDS = re.compile(
    r"\b(floors?|ladders?|rungs?|climb\w*|disturb\w*|(un)?disguis\w*|look-alikes?|strengths?|guess(es|ed)?|truths?"
    r"|surest|sparing|spared|taught|faithful(ly)?|anew|noughts?|mend(s|ed|ing)?|beside|pictures?|held against|at home"
    r"|out[ -]of[ -]scope|(8|eight) bits|single precision|small model|whole model|the door|(be|been) told|told apart"
    r"|cannot be told|cut short|gone on|so many|thrown away|what is left|some at a time)\b",
    re.IGNORECASE,
)
# Complete names: pronouns, participles and adjectives that describe no value.
BANNED_NAMES = re.compile(
    r"found|kept|told|given|small|whole|those|some|made|done|said|this|that|these|seen|asked|left|right|gone"
)
SUFFIXES = (".py", ".md", ".yaml", ".j2", ".toml", "Makefile", ".ci/run")
# Data, history, another language, and the lists above.
EXCLUDED = ("data/", "docs/log.md", "README.zh-CN.md", "tests/unit/test_plain_language.py")


def list_files() -> list[str]:
    """Return the tracked files that people read."""
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for path in listing.splitlines() if path.endswith(SUFFIXES) and not path.startswith(EXCLUDED)]


def defined_names(code: str) -> Iterator[tuple[int, str]]:
    """Yield line number and name of each definition in Python code."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr


def banned_words(text: str) -> list[str]:
    """Return line number and word of each banned word in a text."""
    lines = enumerate(text.splitlines(), 1)
    return [f"line {number}: {match[0]}" for number, line in lines for match in BANNED_WORDS.finditer(line)]


def banned_names(code: str) -> list[str]:
    """Return line number and name of each banned name that Python code defines."""

    def is_banned(name: str) -> bool:
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).replace("_", " ")
        return bool(BANNED_NAMES.fullmatch(name) or BANNED_WORDS.search(words))

    return [f"line {number}: {name}" for number, name in sorted(defined_names(code)) if is_banned(name)]


@pytest.mark.parametrize("path", list_files())
def test_file_uses_standard_terms(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    assert banned_words(text) == []
    if path.endswith(".py"):
        assert banned_names(text) == []


def test_banned_words_are_detected():
    assert banned_words("fine\nA Guess on the floor") == ["line 2: Guess", "line 2: floor"]
    assert banned_words("flooring, rounding, foundation") == []


def test_banned_names_are_detected():
    code = "class PictureModel:\n    def load(self, found):\n        self.floor_accuracy = found.kept"
    assert banned_names(code) == ["line 1: PictureModel", "line 2: found", "line 3: floor_accuracy"]
    assert banned_names("import math\nrounded = math.floor(given)") == []

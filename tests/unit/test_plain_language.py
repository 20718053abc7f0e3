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
    r"|cannot be told|cut short|gone|so many|thrown away|what is left|some at a time"
    r"|teach(es|ing)?|pieces?|signs?|sure|[0-9]+ points?|kinds?|ways?)\b",
    re.IGNORECASE,
)
# Complete names: pronouns, participles and adjectives that describe no value.
BANNED_NAMES = re.compile(
    r"found|kept|told|given|small|whole|those|some|made|done|said|this|that|these|seen|asked|left|right|gone"
)
# Terms of mathematics, and an argument of numpy.
ALLOWED = r'(minus|gradient)[ _]signs?|gradients\.sign\(|kind="stable"'
# The former name of a parameter: a message tells the new one, and tests check the message.
ALLOWED += r'|"kind": \("language",\)|key == "kind"|[. ]kind: '
# The committed ablation was measured before the rename; its experiments and commits have these names.
ALLOWED += r"|\bladder-(news|digits)-[a-z]+-\d+-\d\b"
ALLOWED += r'|"data:image/[^"]+"'  # images inside HTML
ALLOWED_WORDS = re.compile(ALLOWED, re.IGNORECASE)
SUFFIXES = (".py", ".md", ".html", ".yaml", ".j2", ".toml", "Makefile", ".ci/run")
# History, another language, and the lists above. Raw texts of data sets are tables, which have none of the suffixes.
EXCLUDED = ("docs/log.md", "README.zh-CN.md", "tests/unit/test_plain_language.py")


def git(*arguments: str) -> str:
    """Return the output of git."""
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def list_files() -> list[str]:
    """Return the tracked files that people read."""
    paths = git("ls-files").splitlines()
    return [path for path in paths if path.endswith(SUFFIXES) and not path.startswith(EXCLUDED)]


def read_tracked(path: str) -> str:
    """Return the content of a tracked file; of a page in data/, as git has it.

    A user's own runs may have changed the page in the working tree.
    """
    return git("show", f":{path}") if path.startswith("data/") else (ROOT / path).read_text(encoding="utf-8")


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
    lines = enumerate(ALLOWED_WORDS.sub("", text).splitlines(), 1)
    return [f"line {number}: {match[0]}" for number, line in lines for match in BANNED_WORDS.finditer(line)]


def banned_names(code: str) -> list[str]:
    """Return line number and name of each banned name that Python code defines."""

    def is_banned(name: str) -> bool:
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).replace("_", " ")
        return bool(BANNED_NAMES.fullmatch(name) or banned_words(words))

    return [f"line {number}: {name}" for number, name in sorted(defined_names(code)) if is_banned(name)]


@pytest.mark.parametrize("path", list_files())
def test_file_uses_standard_terms(path):
    text = read_tracked(path)
    assert banned_words(text) == []
    if path.endswith(".py"):
        assert banned_names(text) == []


def test_banned_words_are_detected():
    assert banned_words("fine\nA Guess on the floor") == ["line 2: Guess", "line 2: floor"]
    assert banned_words("1.5 points, every kind\nto be sure") == ["line 1: 5 points", "line 1: kind", "line 2: sure"]
    assert banned_words("flooring, rounding, foundation, endpoints, percentage points, always, teacher") == []


def test_allowed_words_are_not_detected():
    assert banned_words("a minus sign; `dvc exp run --name ladder-news-all-10-2`") == []
    assert banned_words("a ladder, ladder-mine-1") == ["line 1: ladder", "line 1: ladder"]


def test_banned_names_are_detected():
    code = "class PictureModel:\n    def load(self, found):\n        self.floor_accuracy = found.kept"
    assert banned_names(code) == ["line 1: PictureModel", "line 2: found", "line 3: floor_accuracy"]
    assert banned_names("import math\nrounded = math.floor(given)\nminus_sign = 1") == []

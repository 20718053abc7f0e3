"""Every docstring begins with one short, complete sentence."""

import ast
from pathlib import Path

import pytest
from repository import ROOT

MAX_LENGTH = 80  # of the first line
FILES = [file for name in ("crossfer", "stages", "benchmarks", "tests") for file in sorted((ROOT / name).rglob("*.py"))]


def faulty_docstrings(code: str) -> list[str]:
    """Return the line number and the first line of each docstring that breaks a rule."""
    lines = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node)
            first = docstring.partition("\n")[0] if docstring else ""
            if docstring is not None and (len(first) > MAX_LENGTH or not first.endswith(".")):
                lines.append(f"line {node.body[0].lineno}: {first}")
    return lines


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_docstring_begins_with_one_short_sentence(file: Path):
    assert faulty_docstrings(file.read_text(encoding="utf-8")) == []


def test_faulty_docstrings_are_detected():
    long = "x" * MAX_LENGTH + "."
    code = f'"""{long}"""\nclass A:\n    """Ends\n    later."""\n\n    async def f():\n        """"""\n'
    assert faulty_docstrings(code) == [f"line 1: {long}", "line 3: Ends", "line 7: "]
    assert faulty_docstrings('"""A sentence.\n\n    Details without period\n    """\n\ndef f():\n    return 1') == []

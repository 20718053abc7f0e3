"""Pages from templates: escaped in HTML, complete, and part of the installed package."""

import tomllib

import pytest
from jinja2 import UndefinedError
from repository import ROOT

from crossfer.reporting.render import render

SUMMARY = {"title": "<a> & b", "names": {}, "measures_header": [], "measures": [], "method": []}


def test_markdown_is_escaped_where_the_template_asks_for_it():
    page = render("crossfer.comparison", "summary.md.j2", comparison={"sentences": ["a | b"]}, **SUMMARY)
    assert page.startswith("# \\<a\\> \\& b\n\na \\| b\n\n## Measures\n")


def test_html_is_always_escaped():
    empty = {"sentences": [], "rows": []}
    page = render("crossfer.comparison", "summary.html.j2", comparison=empty, charts=[], **SUMMARY)
    assert "<h1>&lt;a&gt; &amp; b</h1>" in page


def test_a_missing_value_is_an_error():
    with pytest.raises(UndefinedError, match="comparison"):
        render("crossfer.comparison", "summary.md.j2", **SUMMARY)


def test_templates_are_part_of_the_package():
    """setuptools adds files of these names, next to the modules of a package, to the installed package."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (pattern,) = project["tool"]["setuptools"]["package-data"]["*"]
    templates = [*(ROOT / "crossfer").rglob("*.j2")]
    assert templates and all(path.match(pattern) for path in templates)
    assert all((path.parent.parent / "__init__.py").exists() for path in templates)

"""Pages from templates are escaped, complete and part of the installed package."""

import tomllib

import pytest
from jinja2 import UndefinedError
from repository import ROOT

from crossfer.reporting.render import render_template

SUMMARY = {
    "title": "<a> & b",
    "names": {"news": "a | b"},
    "tasks": {"news": {"zero_shot": {}, "ablation_status": "used"}},
    "tables": {"news": []},
}


def test_markdown_is_escaped_by_a_filter():
    page = render_template("crossfer.comparison", "summary.md.j2", measures=[], **SUMMARY)
    assert page.startswith("# \\<a\\> \\& b\n\n## Measures\n\n| measure | a \\| b | compared |\n")


def test_html_is_always_escaped():
    page = render_template("crossfer.comparison", "summary.html.j2", measures=[], images={}, **SUMMARY)
    assert "<h1>&lt;a&gt; &amp; b</h1>" in page


def test_a_missing_value_is_an_error():
    with pytest.raises(UndefinedError, match="measures"):
        render_template("crossfer.comparison", "summary.md.j2", **SUMMARY)


def test_templates_are_part_of_the_package():
    """setuptools includes templates next to the modules of a package."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (pattern,) = project["tool"]["setuptools"]["package-data"]["*"]
    templates = [*(ROOT / "crossfer").rglob("*.j2")]
    assert templates and all(path.match(pattern) for path in templates)
    assert all((path.parent.parent / "__init__.py").exists() for path in templates)

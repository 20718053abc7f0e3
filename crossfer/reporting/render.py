"""Render Jinja2 templates from the folder templates/ of a package."""

from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from crossfer.reporting import formatting, markdown

FILTERS = {
    "percent": formatting.percent,
    "whole_percent": formatting.whole_percent,
    "count": formatting.count,
    "plain": markdown.escape,
}


def render_template(package: str, template: str, **values: Any) -> str:
    """Return the text of a template; a name in .html.j2 escapes its values.

    Args:
        package: the package that contains the folder templates/.
        template: file name of the template.
        values: names that the template uses. A missing one is an error.
    """
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=template.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= FILTERS
    environment.globals["plain_table"] = _plain_table
    return environment.get_template(template).render(values)


def _plain_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table of plain text."""
    return markdown.table([*map(markdown.escape, header)], [[*map(markdown.escape, row)] for row in rows])

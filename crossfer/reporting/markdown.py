"""Pieces of Markdown."""

import re
from collections.abc import Sequence


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table whose cells are Markdown already; apply `escape` to text from data."""
    return "\n".join(f"| {' | '.join(line)} |" for line in [header, ["---"] * len(header), *rows])


def escape(text: str) -> str:
    """Return text that Markdown shows as it is, on one line, also inside a table cell."""
    return re.sub(r"([\\`*_\[\]|<>#&~])", r"\\\1", " ".join(text.split()))

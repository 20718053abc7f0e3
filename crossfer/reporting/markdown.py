"""Write Markdown."""

import re
from collections.abc import Sequence


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table. Cells are Markdown: apply `escape` to text from data."""
    return "\n".join(f"| {' | '.join(line)} |" for line in [header, ["---"] * len(header), *rows])


def escape(text: str) -> str:
    """Escape text for Markdown, on one line; safe in a table cell."""
    return re.sub(r"([\\`*_\[\]|<>#&~])", r"\\\1", " ".join(text.split()))

"""Lay out a table for the terminal."""

import unicodedata
from collections.abc import Sequence

GAP = "  "
MAX_WIDTH = 64  # of a cell


def layout_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table with aligned columns; columns without any value are left out."""
    used = [number for number in range(len(header)) if any(row[number] for row in rows)]
    lines = [[_shorten(row[number]) for number in used] for row in [header, *rows]]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        GAP.join(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _shorten(text: str) -> str:
    return text if len(text) <= MAX_WIDTH else f"{text[: MAX_WIDTH - 4].rstrip(' ,')} ..."


def _width(text: str) -> int:
    """Return the columns that a text takes in a terminal."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(bool(unicodedata.combining(character)) for character in text)

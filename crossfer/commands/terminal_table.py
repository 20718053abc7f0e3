"""Lay out a table for the terminal."""

import unicodedata
from collections.abc import Sequence

GAP = "  "
MAX_WIDTH = 64  # of a cell


def layout_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table with aligned columns; columns without any value are left out.

    Long cells are shortened, except in the last column.
    """
    used = [number for number in range(len(header)) if any(row[number] for row in rows)]
    lines = [[*(_shorten(row[number]) for number in used[:-1]), row[used[-1]]] for row in [header, *rows]]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        GAP.join(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _shorten(text: str) -> str:
    """Return a text without its end if it is long, cut after a comma if it has one."""
    if len(text) <= MAX_WIDTH:
        return text
    beginning = text[: MAX_WIDTH - 5]
    items, comma, _ = beginning.rpartition(", ")
    return f"{items}, ..." if comma else f"{beginning.rstrip()} ..."


def _width(text: str) -> int:
    """Return the columns that a text takes in a terminal."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(bool(unicodedata.combining(character)) for character in text)

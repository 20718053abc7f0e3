"""Read the rows of a CSV or TSV file; nothing is skipped or repaired."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

from crossfer.artifacts.text_lines import read_lines
from crossfer.errors import UserError
from crossfer.sources.table_format import TableFormat

LINE_END = re.compile(r"\r\n|\r|\n")
ID = re.compile(r"\S*\d\S*")
THOUSANDS = re.compile(r"\d,\d{3}(?!\d)")  # 1,000


def read_rows(path: Path, table_format: TableFormat, notes: Counter[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the first line's number and the fields of each row, the header first.

    Count cells with line breaks in `notes`.

    Raises:
        UserError: a row has more or fewer fields than the header, a quote is not closed, or a quoted cell contains
            complete rows.
    """
    row_lines: list[str] = []

    def recorded(lines: Iterator[str]) -> Iterator[str]:
        for line in lines:
            row_lines.append(line)
            yield line

    header: list[str] = []
    last_line = table_format.skipped_lines
    with closing(read_lines(path, table_format.encoding)) as lines:  # close the file even if the error is kept
        rows = table_format.parse(recorded(islice(lines, last_line, None)), strict=True)
        while True:
            row_lines.clear()
            number = last_line + 1
            try:
                fields = next(rows, None)
            except csv.Error as error:
                raise UserError(
                    f"{path}, row that begins in line {number}: {error}; close each quote, and double quotes inside a"
                    " field. If quotes are text in this file, set `quotes: none`."
                ) from error
            if fields is None:
                return
            last_line += len(row_lines)
            if not fields:  # an empty line
                continue
            header = header or fields
            _check_row(path, number, fields, row_lines, header, table_format)
            if len(row_lines) > 1:
                notes["cells_with_line_breaks"] += sum("\n" in field or "\r" in field for field in fields)
            yield number, fields


def _check_row(
    path: Path, number: int, fields: list[str], lines: list[str], header: list[str], table_format: TableFormat
) -> None:
    if len(lines) > 1 and (
        _contains_rows(fields, lines, table_format.delimiter, len(header))
        or any(_begins_row(line, fields[0], table_format, len(header)) for line in lines[1:])
    ):
        raise UserError(
            f"{path}, line {number}, begins a quoted cell that contains complete rows, up to line"
            f" {number + len(lines) - 1}. Set `quotes: none` if quotes are text in this file, else close the quote;"
            " save correct cells as JSONL."
        )
    if len(fields) != len(header):
        fix = (
            "remove delimiters and line ends from the fields, or set `quotes: standard`"
            if table_format.quotes == "none"
            else f"put fields with {table_format.delimiter!r} or line ends in double quotes"
        )
        raise UserError(f"{path}, line {number}, has {len(fields)} fields, the header has {len(header)}; {fix}.")


def _contains_rows(fields: Sequence[str], lines: Sequence[str], delimiter: str, columns: int) -> bool:
    """Return whether the lines of a row are rows themselves if quotes mean nothing.

    A delimiter before white space is punctuation, unless it is a tab, and so is the comma of 1,000. Prose has no tabs:
    one complete line inside a cell is enough.
    """
    if columns == 1:
        return False
    if delimiter == "\t" and any(
        line.count("\t") == columns - 1 for field in fields for line in LINE_END.split(field)[1:-1]
    ):
        return True
    for line in filter(str.strip, lines):
        cells = line.rstrip("\r\n").split(delimiter)
        is_prose = delimiter != "\t" and any(not cell or cell[0].isspace() for cell in cells[1:])
        is_prose |= delimiter == "," and bool(THOUSANDS.search(line))
        if len(cells) != columns or is_prose:
            return False
    return True


def _begins_row(line: str, first_field: str, table_format: TableFormat, columns: int) -> bool:
    """Return whether a line of a row is a row that begins with an id like the row's.

    Ids differ in their digits only. A comma before white space or a digit is punctuation.
    """
    if columns == 1 or not ID.fullmatch(first_field):
        return False
    try:
        first_cell, *cells = next(table_format.parse([line], strict=False), None) or [""]
    except csv.Error:  # a carriage return inside the line
        return False
    if len(cells) + 1 != columns or _pattern(first_cell) != _pattern(first_field):
        return False
    return not any(not cell or cell[0].isspace() for cell in cells) and not cells[0][0].isdigit()


def _pattern(cell: str) -> str:
    return re.sub(r"\d+", "0", cell)

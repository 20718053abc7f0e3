"""Detect delimiter, encoding and Excel's `sep=` line of a CSV or TSV file."""

import csv
import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from crossfer.artifacts.text_lines import MAX_LINE_BYTES, UTF_8, detect_encoding, read_lines

Quotes = Literal["standard", "none"]

DELIMITERS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "pipes"}
USUAL_DELIMITERS = {".csv": ",", ".tsv": "\t"}
SEPARATOR_LINE = re.compile(r'"?sep=([^\w\s"]|\t)"?\s*', re.IGNORECASE)  # Excel writes it before the header
MAX_SAMPLE_LINES = 200
MAX_SAMPLE_CHARACTERS = 1_000_000


@dataclass(frozen=True)
class TableFormat:
    """How a CSV or TSV file is written.

    Attributes:
        delimiter: the character between two fields.
        encoding: UTF_8, or the fallback.
        quotes: `standard`: double quotes enclose fields with delimiters or line ends; `none`: quotes are text.
        skipped_lines: number of lines before the header.
    """

    delimiter: str
    encoding: str
    quotes: Quotes
    skipped_lines: int

    def describe(self) -> str:
        """Return the format in words, without what is usual."""
        details = [f"separated by {DELIMITERS.get(self.delimiter, repr(self.delimiter))}"]
        details += [self.encoding] if self.encoding != UTF_8 else []
        details += ["quotes are text"] if self.quotes == "none" else []
        details += [f"{self.skipped_lines} skipped before the header"] if self.skipped_lines else []
        return ", ".join(details)

    def parse(self, lines: Iterable[str], *, strict: bool) -> Any:
        """Return a `csv.reader` of lines; `strict` raises an error for stray quotes."""
        csv.field_size_limit(MAX_LINE_BYTES)
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quoting=csv.QUOTE_NONE if self.quotes == "none" else csv.QUOTE_MINIMAL,
            strict=strict,
        )


def detect_format(path: Path, quotes: Quotes, fallback: str) -> TableFormat:
    """Detect the format of a CSV or TSV file from its first lines.

    Of the DELIMITERS in the header, the one that most rows have as often wins, then the usual one of the suffix.

    Args:
        path: the file.
        quotes: see `TableFormat`; cannot be detected.
        fallback: encoding of a file that is not UTF-8; `none` if all files are UTF-8.

    Raises:
        UserError: the file is empty, has another encoding, or has a line that is too long.
    """
    encoding = detect_encoding(path, fallback)
    with closing(read_lines(path, encoding)) as lines:
        sample, is_complete = _take_sample(lines)
    skipped_lines = next((number for number, line in enumerate(sample) if line.strip()), 0)
    if separator := SEPARATOR_LINE.fullmatch(sample[skipped_lines].rstrip("\r\n")):
        return TableFormat(separator[1], encoding, quotes, skipped_lines + 1)
    usual_delimiter = USUAL_DELIMITERS.get(path.suffix.lower(), ",")
    formats = [TableFormat(delimiter, encoding, quotes, skipped_lines) for delimiter in DELIMITERS]
    return max(
        formats,
        key=lambda table_format: (
            _rate(table_format, sample, is_complete),
            table_format.delimiter == usual_delimiter,
        ),
    )


def _take_sample(lines: Iterator[str]) -> tuple[list[str], bool]:
    """Return the first lines, and whether they are all."""
    sample: list[str] = []
    characters = 0
    for line in lines:
        if len(sample) == MAX_SAMPLE_LINES or characters > MAX_SAMPLE_CHARACTERS:
            return sample, False
        sample.append(line)
        characters += len(line)
    return sample, True


def _rate(table_format: TableFormat, sample: list[str], is_complete: bool) -> float:
    """Return the fraction of rows with as many fields as the header; -1 if it has one.

    Half if a quote in the header encloses nothing: it does with another delimiter.
    """
    try:
        rows = [row for row in table_format.parse(sample, strict=False) if row]
    except csv.Error:  # a field is too long
        return -1
    header, *others = rows or [[]]
    if not is_complete:
        others = others[:-1]  # the last row may continue after the sample
    if len(header) < 2:
        return -1
    fraction = sum(len(row) == len(header) for row in others) / max(len(others), 1)
    is_split_in_quotes = table_format.quotes == "standard" and any('"' in name for name in header)
    return fraction / 2 if is_split_in_quotes else fraction

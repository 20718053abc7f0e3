"""The user's own tables: CSV, TSV, JSONL, JSON or Parquet, in one file or several.

Tables are read in chunks. A malformed row is an error that names its line: nothing is skipped or repaired.
"""

import glob
from collections.abc import Iterator, Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any

from crossfer.artifacts.package_files import sha256
from crossfer.errors import UserError, shorten
from crossfer.sources.base import Dataset, chunk_rows
from crossfer.sources.checks import check_file, path_holds
from crossfer.sources.records import LocatedRecord, RecordReader
from crossfer.sources.table_format import Quotes
from crossfer.sources.table_reader import SUFFIXES, TableReader


def read(
    path: str | Mapping[str, str],
    columns: Mapping[str, Any],
    labels: Mapping[str, str | None],
    where: Mapping[str, str],
    quotes: Quotes = "standard",
    fallback: str = "none",
) -> Dataset:
    """Read tables; `RecordReader` documents `columns`, `labels` and `where`.

    Args:
        path: a file, a pattern of files, or a mapping from official splits to these.
        columns: see `RecordReader`.
        labels: see `RecordReader`.
        where: see `RecordReader`.
        quotes: of CSV and TSV files, see `TableFormat`.
        fallback: encoding of files that are not UTF-8; `none` refuses them. Files read with it are counted.

    Raises:
        UserError: a file does not exist, has an unknown suffix, or is malformed.
    """
    reader = RecordReader(**columns, labels=labels, where=where)
    patterns = path.items() if isinstance(path, Mapping) else [(None, path)]
    files = [(split, file) for split, pattern in patterns for file in _find_files(pattern)]
    table_reader = TableReader(reader, quotes, fallback)
    return Dataset(
        chunks=chunk_rows(reader.rows(_read_records(files, table_reader), table_reader.notes)),
        origin=f"tables {', '.join(dict.fromkeys(file.name for _, file in files))}",
        licence="not stated",
        sha256=sha256(file for _, file in files),
        ids_are_row_numbers=reader.id is None,
        label_keys=reader.label_keys,
        notes=table_reader.notes,
        formats=table_reader.formats,
    )


def _find_files(pattern: str) -> list[Path]:
    """Return the sorted files of a path or pattern.

    Raises:
        UserError: there is none, or one is not a table or is refused by `check_file`.
    """
    is_path = path_holds(Path(pattern).is_file)
    matches = [pattern] if is_path else glob.glob(pattern, recursive=True)  # noqa: PTH207 - it may be absolute
    files = [Path(name) for name in sorted(matches) if not Path(name).is_dir()]
    root = Path("/") if is_path else Path(*takewhile(lambda part: not set(part) & set("*?["), Path(pattern).parts))
    if path_holds(Path(pattern).is_dir):
        raise UserError(f"{pattern} is a folder, not a table; name a file, or several as {pattern}/*.csv.")
    if not files:
        raise UserError(f"{pattern} does not exist; correct the path in params.yaml.")
    for file in files:
        check_file(file, root)
        if file.suffix.lower() not in SUFFIXES:
            raise UserError(f"{file} ends in {shorten(file.suffix)}; use a table that ends in {', '.join(SUFFIXES)}.")
    return files


def _read_records(files: list[tuple[str | None, Path]], reader: TableReader) -> Iterator[LocatedRecord]:
    for split, file in files:
        count = 0
        for location, record in reader.read(file):
            count += 1
            yield location, split, record
        if not count:
            raise UserError(f"{file} has no rows{f' for split {split}' if split else ''}; add rows, or leave it out.")

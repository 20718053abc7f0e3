"""The user's own tables: CSV, TSV, JSONL or Parquet, one file or several, a domain each or told apart by a column.

Files are read one chunk at a time. What a lenient reader would swallow (a row with too many fields, a quote that is not
closed) is a mistake with a line number here.
"""

import csv
import glob
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any

from crossfer.artifacts.package_files import sha256
from crossfer.artifacts.text_lines import MAX_LINE_BYTES, read_lines
from crossfer.errors import UserError
from crossfer.sources.base import MAX_CHUNK_ROWS, Dataset, chunk_rows
from crossfer.sources.records import LocatedRecord, Record, RecordReader

Numbered = Iterator[tuple[str, Record]]  # where a record stands, and the record


def read(
    kind: str,
    path: str | Mapping[str, str],
    columns: Mapping[str, Any],
    labels: Mapping[str, str | None],
    where: Mapping[str, str],
) -> Dataset:
    """Read tables.

    Args:
        kind: what is told of the domain; tables of any kind are read.
        path: of one file, or a pattern of several; or of each official split its own.
        columns: text (a list), label and id, as `RecordReader` has them.
        labels: other names for labels, as `RecordReader` has them.
        where: values that columns must have, as `RecordReader` has them.

    Raises:
        UserError: there is no such file, its name ends as no table's does, or it cannot be read; lines are named.
    """
    reading = RecordReader(**columns, labels=labels, where=where)
    places = path.items() if isinstance(path, Mapping) else [(None, path)]
    files = [(split, file) for split, pattern in places for file in _files(pattern)]
    notes: Counter[str] = Counter()
    return Dataset(
        chunks=chunk_rows(reading.rows(_records(files, reading), notes)),
        origin=f"tables {', '.join(dict.fromkeys(file.name for _, file in files))}",
        licence="not stated",
        sha256=sha256(file for _, file in files),
        numbered=reading.id is None,
        notes=notes,
    )


def _files(pattern: str) -> list[Path]:
    """The files of a path or pattern, sorted.

    Raises:
        UserError: there is none, one that is no table, or a link out of where a pattern looks.
    """
    literal = Path(pattern).is_file()
    matching = [pattern] if literal else glob.glob(pattern, recursive=True)  # noqa: PTH207 - it may be absolute
    files = [Path(name) for name in sorted(matching) if not Path(name).is_dir()]
    if Path(pattern).is_dir():
        raise UserError(f"{pattern} is a folder, a table is a file; name it, or several as {pattern}/*.csv.")
    if not files:
        raise UserError(f"{pattern} is not there; mend the path in params.yaml.")
    for file in files:
        if not file.is_file():
            raise UserError(f"{file} is no file, or a link that leads nowhere; take it away, or mend it.")
        if not literal and not file.resolve().is_relative_to(_fixed(pattern).resolve()):
            raise UserError(
                f"{file} is a link that leads out of {_fixed(pattern)}, where {pattern} looks; put the file itself"
                " there, or name it without a pattern."
            )
        if not os.access(file, os.R_OK):
            raise UserError(f"{file} may not be read; change its permissions.")
        if file.suffix not in READERS:
            raise UserError(f"{file} ends in {file.suffix!r}; tables that can be read end in: {', '.join(READERS)}.")
    return files


def _fixed(pattern: str) -> Path:
    """The folder that a pattern looks in: what stands before its first wild card."""
    return Path(*takewhile(lambda part: not set(part) & set("*?["), Path(pattern).parts))


def _records(files: list[tuple[str | None, Path]], reading: RecordReader) -> Iterator[LocatedRecord]:
    """All records of the files."""
    for split, file in files:
        count = 0
        for place, record in READERS[file.suffix](file, reading):
            count += 1
            yield place, split, record
        if not count:
            raise UserError(f"{file} has no rows{f' for split {split}' if split else ''}.")


def _separated(path: Path, reading: RecordReader, delimiter: str) -> Numbered:
    """Records of CSV or TSV: fields may stand in double quotes, in which a quote is doubled."""
    csv.field_size_limit(MAX_LINE_BYTES)
    begun = 1
    with closing(read_lines(path)) as read:  # the file, whoever keeps the error
        reader = csv.reader(read, delimiter=delimiter, strict=True)
        try:
            header = next(reader)
            reading.check(header, str(path))
            while True:
                begun = reader.line_num + 1
                fields = next(reader)
                if not fields:  # an empty line
                    continue
                if len(fields) != len(header):
                    raise UserError(
                        f"{path}, line {begun}, has {len(fields)} fields, its header has {len(header)}; put a text with"
                        f" {delimiter!r} or a line's end between double quotes."
                    )
                yield f"{path}, line {begun},", dict(zip(header, fields, strict=True))
        except csv.Error as error:
            raise UserError(
                f"{path}, in the row that begins in line {begun}, breaks off: {error}; close each quote, and double"
                " those inside a text."
            ) from None
        except StopIteration:
            return


def _json_lines(path: Path, reading: RecordReader) -> Numbered:
    """Records of JSONL: a JSON object a line."""
    with closing(read_lines(path)) as read:  # as above
        for number, line in enumerate(read, start=1):
            if not line.strip():
                continue
            try:
                record = json.loads(line, object_pairs_hook=_object)
            except (ValueError, RecursionError) as error:
                raise UserError(f"{path}, line {number}, is no JSON: {error}.") from error
            if not isinstance(record, dict):
                raise UserError(f"{path}, line {number}, is no JSON object.")
            reading.check(list(record), f"{path}, line {number},")
            yield f"{path}, line {number},", record


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object.

    Raises:
        ValueError: a key stands in it twice, of which the first would be lost.
    """
    keys = Counter(key for key, _ in pairs)
    if twice := [key for key, count in keys.items() if count > 1]:
        raise ValueError(f"key {twice[0]!r} stands in it twice")
    return dict(pairs)


def _parquet(path: Path, reading: RecordReader) -> Numbered:
    """Records of Parquet."""
    import pyarrow as pa  # where no Parquet is read, as mostly by predict, it would be memory for nothing
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        reading.check(file.schema_arrow.names, str(path))
        number = 0
        for batch in file.iter_batches(batch_size=MAX_CHUNK_ROWS, columns=reading.columns):
            for record in batch.to_pylist():
                number += 1
                yield f"{path}, row {number},", record
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise UserError(f"{path} is no Parquet, or broken: {str(error).splitlines()[0]}") from error


READERS: dict[str, Callable[[Path, RecordReader], Numbered]] = {
    ".csv": partial(_separated, delimiter=","),
    ".tsv": partial(_separated, delimiter="\t"),
    ".jsonl": _json_lines,
    ".parquet": _parquet,
}

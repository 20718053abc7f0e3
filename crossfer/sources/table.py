"""The user's own tables: CSV, TSV, JSONL or Parquet, in one file or several.

Tables are read in chunks. A malformed row is an error that names its line: nothing is skipped or repaired.
"""

import csv
import glob
import json
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
from crossfer.sources.checks import check_file
from crossfer.sources.records import LocatedRecord, Record, RecordReader

Records = Iterator[tuple[str, Record]]  # file and line for error messages; record


def read(
    path: str | Mapping[str, str],
    columns: Mapping[str, Any],
    labels: Mapping[str, str | None],
    where: Mapping[str, str],
) -> Dataset:
    """Read tables; `RecordReader` documents `columns`, `labels` and `where`.

    `path` is a file, a pattern of files, or a mapping from official splits to these.

    Raises:
        UserError: a file does not exist, has an unknown suffix, or is malformed.
    """
    reader = RecordReader(**columns, labels=labels, where=where)
    patterns = path.items() if isinstance(path, Mapping) else [(None, path)]
    files = [(split, file) for split, pattern in patterns for file in _find_files(pattern)]
    notes: Counter[str] = Counter()
    return Dataset(
        chunks=chunk_rows(reader.rows(_read_records(files, reader), notes)),
        origin=f"tables {', '.join(dict.fromkeys(file.name for _, file in files))}",
        licence="not stated",
        sha256=sha256(file for _, file in files),
        ids_are_row_numbers=reader.id is None,
        notes=notes,
    )


def _find_files(pattern: str) -> list[Path]:
    """Return the sorted files of a path or pattern.

    Raises:
        UserError: there is none, or one is not a table or is refused by `check_file`.
    """
    is_path = Path(pattern).is_file()
    matches = [pattern] if is_path else glob.glob(pattern, recursive=True)  # noqa: PTH207 - it may be absolute
    files = [Path(name) for name in sorted(matches) if not Path(name).is_dir()]
    root = Path("/") if is_path else Path(*takewhile(lambda part: not set(part) & set("*?["), Path(pattern).parts))
    if Path(pattern).is_dir():
        raise UserError(f"{pattern} is a folder, not a table; name a file, or several as {pattern}/*.csv.")
    if not files:
        raise UserError(f"{pattern} does not exist; correct the path in params.yaml.")
    for file in files:
        check_file(file, root)
        if file.suffix not in READERS:
            raise UserError(f"{file} ends in {file.suffix!r}; use a table that ends in {', '.join(READERS)}.")
    return files


def _read_records(files: list[tuple[str | None, Path]], reader: RecordReader) -> Iterator[LocatedRecord]:
    for split, file in files:
        count = 0
        for location, record in READERS[file.suffix](file, reader):
            count += 1
            yield location, split, record
        if not count:
            raise UserError(f"{file} has no rows{f' for split {split}' if split else ''}; add rows, or leave it out.")


def _read_separated(path: Path, reader: RecordReader, delimiter: str) -> Records:
    """Yield the records of a CSV or TSV file."""
    csv.field_size_limit(MAX_LINE_BYTES)
    first_line = 1
    with closing(read_lines(path)) as lines:  # close the file even if the error is kept
        rows = csv.reader(lines, delimiter=delimiter, strict=True)
        try:
            header = next(rows)
            reader.check_columns(header, str(path))
            while True:
                first_line = rows.line_num + 1
                fields = next(rows)
                if not fields:  # an empty line
                    continue
                if len(fields) != len(header):
                    raise UserError(
                        f"{path}, line {first_line}, has {len(fields)} fields, the header has {len(header)}; put"
                        f" fields with {delimiter!r} or line ends in double quotes."
                    )
                yield f"{path}, line {first_line},", dict(zip(header, fields, strict=True))
        except csv.Error as error:
            raise UserError(
                f"{path}, row that begins in line {first_line}: {error}; close each quote, and double quotes inside a"
                " field."
            ) from error
        except StopIteration:
            return


def _read_json_lines(path: Path, reader: RecordReader) -> Records:
    """Yield the records of a JSONL file: one JSON object per line."""
    with closing(read_lines(path)) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                record = json.loads(line, object_pairs_hook=_check_unique_keys)
            except (ValueError, RecursionError) as error:
                raise UserError(f"{path}, line {number}, is not valid JSON: {error}; correct the line.") from error
            if not isinstance(record, dict):
                raise UserError(f"{path}, line {number}, is not a JSON object; write one object per line.")
            reader.check_columns(list(record), f"{path}, line {number},")
            yield f"{path}, line {number},", record


def _check_unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object, or raise a `ValueError` if it has a key twice."""
    for key, count in Counter(key for key, _ in pairs).items():
        if count > 1:
            raise ValueError(f"it has the key {key!r} twice")
    return dict(pairs)


def _read_parquet(path: Path, reader: RecordReader) -> Records:
    """Yield the records of a Parquet file."""
    import pyarrow as pa  # takes memory that predict rarely needs
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        reader.check_columns(file.schema_arrow.names, str(path))
        number = 0
        for batch in file.iter_batches(batch_size=MAX_CHUNK_ROWS, columns=reader.columns):
            for record in batch.to_pylist():
                number += 1
                yield f"{path}, row {number},", record
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise UserError(f"{path} is not Parquet, or damaged ({str(error).splitlines()[0]}); write it again.") from error


READERS: dict[str, Callable[[Path, RecordReader], Records]] = {
    ".csv": partial(_read_separated, delimiter=","),
    ".tsv": partial(_read_separated, delimiter="\t"),
    ".jsonl": _read_json_lines,
    ".parquet": _read_parquet,
}

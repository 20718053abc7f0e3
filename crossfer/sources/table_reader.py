"""Read the records of a table, whatever its format."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from crossfer.artifacts.text_lines import UTF_8, detect_encoding
from crossfer.errors import UserError
from crossfer.sources.base import MAX_CHUNK_ROWS
from crossfer.sources.delimited_rows import read_rows
from crossfer.sources.json_records import read_json, read_json_lines
from crossfer.sources.records import Record, RecordReader
from crossfer.sources.table_format import Quotes, detect_format

Records = Iterator[tuple[str, Record]]  # file and line for error messages; record

SUFFIXES = (".csv", ".tsv", ".jsonl", ".json", ".parquet")


@dataclass(frozen=True)
class TableReader:
    """Reads the records of tables, which have all columns of a `RecordReader`.

    Attributes:
        record_reader: has the names of the columns.
        quotes: of CSV and TSV files, see `TableFormat`.
        fallback: encoding of files that are not UTF-8; `none` refuses them.
        notes: counts what was treated specially.
        formats: how the CSV and TSV files are written, without repetitions.
    """

    record_reader: RecordReader
    quotes: Quotes = "standard"
    fallback: str = "none"
    notes: Counter[str] = field(default_factory=Counter)
    formats: list[str] = field(default_factory=list)

    def read(self, path: Path) -> Records:
        """Yield the records of a table with one of SUFFIXES, in upper or lower case.

        Raises:
            UserError: the table is malformed or lacks a column.
        """
        match path.suffix.lower():
            case ".parquet":
                yield from self._read_parquet(path)
            case ".json" | ".jsonl":
                yield from self._read_json(path)
            case _:
                yield from self._read_delimited(path)

    def _read_delimited(self, path: Path) -> Records:
        table_format = detect_format(path, self.quotes, self.fallback)
        self._count_fallback(table_format.encoding)
        if (description := table_format.describe()) not in self.formats:
            self.formats.append(description)
        header: list[str] = []
        for number, fields in read_rows(path, table_format, self.notes):
            if header:
                yield f"{path}, line {number},", dict(zip(header, fields, strict=True))
            else:
                header = fields
                self.record_reader.check_columns(header, str(path))

    def _read_json(self, path: Path) -> Records:
        encoding = detect_encoding(path, self.fallback)
        self._count_fallback(encoding)
        columns, keys = self.record_reader, set[str]()
        texts = set(columns.text) - {columns.label, columns.id, columns.group, *columns.where}
        read = read_json if path.suffix.lower() == ".json" else read_json_lines
        for location, record in read(path, encoding):
            keys.update(record)
            columns.check_columns(list(record), location, optional=texts)
            absent = texts - set(record)
            if absent:
                self.notes["absent_text_keys"] += len(absent)
            yield location, record | dict.fromkeys(absent)
        if keys:
            columns.check_columns(sorted(keys), str(path))

    def _read_parquet(self, path: Path) -> Records:
        import pyarrow as pa  # takes memory that predict rarely needs
        import pyarrow.parquet as pq

        try:
            file = pq.ParquetFile(path)
            self.record_reader.check_columns(file.schema_arrow.names, str(path))
            number = 0
            for batch in file.iter_batches(batch_size=MAX_CHUNK_ROWS, columns=self.record_reader.columns):
                for record in batch.to_pylist():
                    number += 1
                    yield f"{path}, row {number},", record
        except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise UserError(f"{path} is not Parquet, or damaged ({reason}); write it again.") from error

    def _count_fallback(self, encoding: str) -> None:
        if encoding != UTF_8:
            self.notes[f"read_as_{encoding}"] += 1

"""Read tables of unknown columns and format, and say how they are written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from crossfer.errors import UserError
from crossfer.inspection.columns import ColumnSummary, RowSummary
from crossfer.inspection.encodings import find_fallback
from crossfer.sources.records import Record, RecordReader, normalize_value
from crossfer.sources.table_reader import TableReader

PARQUET = ".parquet"
MAX_ENCLOSED_FRACTION = 0.1  # of the cells of a column, in a file whose quotes are text


@dataclass(frozen=True)
class TableReport:
    """How tables are written.

    Attributes:
        columns: a summary of each column.
        rows: number of rows.
        options: keys of params.yaml that differ from their defaults: quotes, fallback.
        formats: descriptions of the formats.
    """

    columns: list[ColumnSummary]
    rows: int
    options: dict[str, str]
    formats: list[str]


@dataclass(frozen=True)
class AllColumns(RecordReader):
    """Reads every column of a table."""

    names: Sequence[str] = ()

    @property
    def columns(self) -> list[str]:
        """The names of all columns that are read."""
        return list(self.names)


def inspect_tables(
    files: Sequence[Path], fallback: str | None, are_domains: bool, where: Mapping[str, str] | None = None
) -> TableReport:
    """Read all rows of tables; decide whether quotes are text.

    Args:
        files: the tables of one domain.
        fallback: encoding of files that are not UTF-8; None to detect it.
        are_domains: each file is a domain of its own.
        where: normalized values that columns must have; other rows do not count.

    Raises:
        UserError: a table cannot be read.
    """
    options = {}
    if (encoding := fallback or _find_fallback(files)) != "none":
        options["fallback"] = encoding
    try:
        return _inspect(files, options, are_domains, where or {})
    except UserError as error:
        try:
            report = _inspect(files, {"quotes": "none", **options}, are_domains, where or {})
        except UserError:
            raise error from None
        if any('"' in column.name or _is_enclosed(column) for column in report.columns):
            raise  # quotes enclose cells: a stray one is a mistake in its row
        return report


def inspect_values(files: Sequence[Path], report: TableReport, column: str) -> dict[str, TableReport]:
    """Read tables once; return a report on the rows of each value of a column.

    Args:
        files: the tables.
        report: on all rows.
        column: its name.
    """
    summaries: dict[str, RowSummary] = {}
    for _, record in _read(files, report.options, False, []):
        if value := normalize_value(record.get(column)):
            summaries.setdefault(value, RowSummary()).add(record)
    return {
        value: replace(report, columns=list(summary.columns.values()), rows=summary.rows)
        for value, summary in summaries.items()
    }


def _is_enclosed(column: ColumnSummary) -> bool:
    """Return whether many values of a column begin and end with a quote."""
    enclosed = sum(count for value, count in column.values.items() if len(value) > 1 and value[0] == value[-1] == '"')
    return enclosed > MAX_ENCLOSED_FRACTION * column.values.total()


def _find_fallback(files: Sequence[Path]) -> str:
    return find_fallback(file for file in files if file.suffix.lower() != PARQUET)


def _inspect(
    files: Sequence[Path], options: dict[str, str], are_domains: bool, where: Mapping[str, str]
) -> TableReport:
    formats: list[str] = []
    records = _read(files, options, are_domains, formats)
    summary = RowSummary()
    for number, record in records:
        if _is_selected(record, where):
            summary.add(record, number)
    formats = list(dict.fromkeys(formats)) or sorted({file.suffix.lower().removeprefix(".") for file in files})
    return TableReport(list(summary.columns.values()), summary.rows, options, formats)


def _read(
    files: Sequence[Path], options: dict[str, str], are_domains: bool, formats: list[str]
) -> Iterator[tuple[int, Record]]:
    """Yield each record with its domain's number, and collect the formats."""
    for number, file in enumerate(files):
        reader = TableReader(_all_columns(file), **options)  # type: ignore[arg-type]  # the schema has checked quotes
        yield from ((number if are_domains else 0, record) for _, record in reader.read(file))
        formats += reader.formats


def _is_selected(record: Record, where: Mapping[str, str]) -> bool:
    return all(normalize_value(record.get(column)) == value for column, value in where.items())


def _all_columns(file: Path) -> AllColumns:
    """Return a reader of all columns; only Parquet needs their names in advance."""
    names: list[str] = []
    if file.suffix.lower() == PARQUET:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            names = pq.read_schema(file).names
        except (pa.ArrowException, OSError, ValueError):
            names = []  # the reader explains what is wrong
    return AllColumns(text=[], label="", id=None, labels={}, where={}, names=names)

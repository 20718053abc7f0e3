"""Data sets of the Hugging Face Hub at a revision; their code is never run."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from crossfer.errors import UserError
from crossfer.sources.base import Dataset, chunk_rows
from crossfer.sources.records import LocatedRecord, RecordReader


def read(
    name: str,
    configuration: str | None,
    split: str | Mapping[str, str],
    revision: str | None,
    columns: Mapping[str, Any],
    labels: Mapping[str, str | None],
    where: Mapping[str, str],
) -> Dataset:
    """Read a data set with `datasets.load_dataset`.

    `split` is a split of the data set, or a mapping from official splits to its splits. `RecordReader` documents
    `columns`, `labels` and `where`.

    Raises:
        UserError: the data set, configuration, split, revision or a column does not exist.
    """
    reader = RecordReader(**columns, labels=labels, where=where)
    names: list[tuple[str | None, str]] = [(None, split)] if isinstance(split, str) else [*split.items()]
    parts = [(official_split, part, load_split(name, configuration, part, revision)) for official_split, part in names]
    for _, part, data in parts:
        reader.check_columns(data.column_names, f"data set {name}, split {part},")
    selected_parts = [
        (official_split, part, data.select_columns(reader.columns)) for official_split, part, data in parts
    ]
    notes: Counter[str] = Counter()
    return Dataset(
        chunks=chunk_rows(reader.rows(_read_records(name, selected_parts), notes)),
        origin=f"data set {name}, {configuration or 'default'}, at {revision or 'its newest revision'}",
        licence=parts[0][2].info.license or "not stated",
        sha256=None,
        ids_are_row_numbers=reader.id is None,
        label_keys=reader.label_keys,
        notes=notes,
    )


def load_split(name: str, configuration: str | None, split: str, revision: str | None) -> Any:
    """Load a split of a data set, or raise a `UserError`."""
    from datasets import load_dataset

    try:
        return load_dataset(name, configuration, split=split, revision=revision)
    except (OSError, ValueError, RuntimeError) as error:  # include ConnectionError and the errors of `datasets`
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UserError(
            f"data set {name}, configuration {configuration or 'default'}, split {split}, revision"
            f" {revision or 'newest'} cannot be loaded: {reason.rstrip('.')}; correct params.yaml, or check the"
            " connection."
        ) from error


def _read_records(name: str, parts: list[tuple[str | None, str, Any]]) -> Iterator[LocatedRecord]:
    """Yield all records, with names for class numbers, and None for -1."""
    for official_split, part, data in parts:
        names = {column: feature.names for column, feature in data.features.items() if hasattr(feature, "int2str")}
        if not len(data):
            raise UserError(f"data set {name} has no rows in split {part}; choose another split.")
        for number, record in enumerate(data, start=1):
            numbers = {column: record[column] for column in names}
            classes = {column: None if n is None or n < 0 else names[column][n] for column, n in numbers.items()}
            yield f"data set {name}, split {part}, row {number},", official_split, {**record, **classes}

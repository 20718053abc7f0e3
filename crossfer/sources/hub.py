"""Data sets of the Hugging Face Hub, pinned to a revision; no code that comes with them is run."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from crossfer.errors import UserError
from crossfer.sources.base import Dataset, chunk_rows
from crossfer.sources.records import LocatedRecord, RecordReader


def read(
    kind: str,
    name: str,
    configuration: str | None,
    split: str | Mapping[str, str],
    revision: str | None,
    columns: Mapping[str, Any],
    labels: Mapping[str, str | None],
    where: Mapping[str, str],
) -> Dataset:
    """Read a data set with `datasets.load_dataset`.

    Args:
        kind: what is told of the domain; data sets of any kind are read.
        name: of the data set, `owner/name`.
        configuration: of the data set; None if it has but one.
        split: of the data set; or of each official split its own.
        revision: a commit of its repository; None for whatever is the newest.
        columns: text (a list), label and id, as `RecordReader` has them.
        labels: other names for labels, as `RecordReader` has them.
        where: values that columns must have, as `RecordReader` has them.

    Raises:
        UserError: the data set, its configuration, split, revision or a column is not there.
    """
    reading = RecordReader(**columns, labels=labels, where=where)
    parts: list[tuple[str | None, str]] = [(None, split)] if isinstance(split, str) else [*split.items()]
    loaded = [(official, part, _loaded(name, configuration, part, revision)) for official, part in parts]
    for _, part, data in loaded:
        reading.check(data.column_names, f"data set {name}, split {part},")
    notes: Counter[str] = Counter()
    read = [(official, part, data.select_columns(reading.columns)) for official, part, data in loaded]
    return Dataset(
        chunks=chunk_rows(reading.rows(_records(name, read), notes)),
        origin=f"data set {name}, {configuration or 'default'}, at {revision or 'its newest revision'}",
        licence=loaded[0][2].info.license or "not stated",
        sha256=None,
        numbered=reading.id is None,
        notes=notes,
    )


def _loaded(name: str, configuration: str | None, split: str, revision: str | None) -> Any:
    """A split of a data set.

    Raises:
        UserError: it cannot be had.
    """
    from datasets import load_dataset

    try:
        return load_dataset(name, configuration, split=split, revision=revision)
    except (OSError, ValueError, RuntimeError) as error:  # ConnectionError and what `datasets` raises are among them
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UserError(
            f"data set {name}, configuration {configuration or 'default'}, split {split}, revision"
            f" {revision or 'newest'} cannot be loaded: {first}"
        ) from None


def _records(name: str, loaded: list[tuple[str | None, str, Any]]) -> Iterator[LocatedRecord]:
    """All records; where a column holds a class's number, its name stands instead, and nothing for -1, no class."""
    for official, part, data in loaded:
        names = {column: feature.names for column, feature in data.features.items() if hasattr(feature, "int2str")}
        if not len(data):
            raise UserError(f"data set {name} has no rows in split {part}.")
        for number, record in enumerate(data, start=1):
            classes = {column: record[column] for column in names}
            known = {column: None if n is None or n < 0 else names[column][n] for column, n in classes.items()}
            yield f"data set {name}, split {part}, row {number},", official, {**record, **known}

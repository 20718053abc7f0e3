"""Write the predictions one by one, as JSON lines or to a Parquet table."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from crossfer.errors import UserError
from crossfer.serving.content_classifier import Prediction
from crossfer.sources.checks import path_holds

Write = Callable[[str | int, Prediction], None]

PARQUET_SUFFIX, JSON_LINES_SUFFIX = ".parquet", ".jsonl"
MAX_ROWS = 4096  # rows that are in memory until they are written to a Parquet file


@contextmanager
def open_output(path: Path | None, labels: list[str] | None) -> Iterator[Write]:
    """Yield a function that writes a prediction; an old file survives an error.

    Args:
        path: file that ends in PARQUET_SUFFIX or JSON_LINES_SUFFIX; None for JSON lines on standard output.
        labels: labels whose probabilities are written; None for the probability of the predicted label only.
    """
    if path is None:
        yield _json_lines_writer(sys.stdout, labels is not None)
        return
    if path.suffix not in (PARQUET_SUFFIX, JSON_LINES_SUFFIX) or path_holds(path.is_dir):
        raise UserError(
            f"--out {path} is a folder or does not end in {JSON_LINES_SUFFIX} or {PARQUET_SUFFIX}; name such a file."
        )
    new_path = path.with_name(f".{path.name}.new")
    try:
        new_path.touch()
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}; name another file.") from error
    try:
        if path.suffix == PARQUET_SUFFIX:
            with _parquet_writer(new_path, labels or []) as write:
                yield write
        else:
            with new_path.open("w", encoding="utf-8") as file:
                yield _json_lines_writer(file, labels is not None)
        new_path.replace(path)
    finally:
        new_path.unlink(missing_ok=True)


def _json_lines_writer(file: TextIO, all_probabilities: bool) -> Write:
    """Return a function that writes a prediction as a line of JSON."""

    def write(name: str | int, prediction: Prediction) -> None:
        fields = {key: value for key, value in asdict(prediction).items() if value is not None}
        if not all_probabilities:
            fields.pop("probabilities", None)
        print(_printable(json.dumps({"content": name, **fields}, ensure_ascii=False)), file=file)

    return write


@contextmanager
def _parquet_writer(path: Path, labels: list[str]) -> Iterator[Write]:
    """Yield a function that adds a prediction to a Parquet table."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    numbers = ["probability", *(f"probability_{label}" for label in labels)]
    columns = [("content", pa.string()), ("label", pa.string()), *((name, pa.float64()) for name in numbers)]
    schema = pa.schema([*columns, ("error", pa.string())])
    rows: list[dict[str, str | float | None]] = []
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:

        def flush() -> None:
            writer.write_table(pa.Table.from_pylist(rows, schema))
            rows.clear()

        def write(name: str | int, prediction: Prediction) -> None:
            row = {"content": _printable(str(name)), **asdict(prediction)}
            probabilities = row.pop("probabilities") or {}
            rows.append(row | {f"probability_{label}": value for label, value in probabilities.items()})
            if len(rows) == MAX_ROWS:
                flush()

        yield write
        flush()


def _printable(text: str) -> str:
    """Escape what is not UTF-8: names of files may have any bytes."""
    return text.encode("utf-8", "backslashreplace").decode()

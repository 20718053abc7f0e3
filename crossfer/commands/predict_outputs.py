"""Where predict's answers go, one by one: JSON lines, or a Parquet table."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from crossfer.errors import UserError
from crossfer.serving.classifier import Answer

Write = Callable[[str | int, Answer], None]

PARQUET, JSON_LINES = ".parquet", ".jsonl"
PIECE = 4096  # answers that a Parquet file is given at a time


@contextmanager
def open_output(path: Path | None, labels: list[str] | None) -> Iterator[Write]:
    """Yield a function that writes an answer, to the file or, for None, to the standard output.

    Where the block raises, a file that was there before is left as it was.

    Args:
        path: of a file that ends in PARQUET or JSON_LINES.
        labels: for a probability of every label; None for that of the answer alone.

    Raises:
        UserError: the name ends otherwise, or the file cannot be written.
    """
    if path is None:
        yield _lines(sys.stdout, labels is not None)
        return
    if path.suffix not in (PARQUET, JSON_LINES) or path.is_dir():
        raise UserError(f"--out is {path}; it has to be a file that ends in {JSON_LINES} or {PARQUET}.")
    new = path.with_name(f".{path.name}.new")
    try:
        new.touch()
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.") from error
    try:
        with _parquet(new, labels) if path.suffix == PARQUET else _json_lines(new, labels) as write:
            yield write
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _lines(file: TextIO, every: bool) -> Write:
    """Writes a line of JSON an answer; without what it has not."""

    def write(name: str | int, answer: Answer) -> None:
        known = {key: value for key, value in asdict(answer).items() if value is not None}
        if not every:
            known.pop("probabilities", None)
        line = json.dumps({"content": name, **known}, ensure_ascii=False)
        print(line.encode("utf-8", "backslashreplace").decode(), file=file)  # names of files need not be UTF-8

    return write


@contextmanager
def _json_lines(path: Path, labels: list[str] | None) -> Iterator[Write]:
    """A file of JSON lines."""
    with path.open("w", encoding="utf-8") as file:
        yield _lines(file, labels is not None)


@contextmanager
def _parquet(path: Path, labels: list[str] | None) -> Iterator[Write]:
    """A Parquet table: content, label, probability, maybe one of each label, error."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    shares = [(f"probability_{label}", pa.float64()) for label in labels or []]
    names = [("content", pa.string()), ("label", pa.string()), ("probability", pa.float64()), *shares]
    schema = pa.schema([*names, ("error", pa.string())])
    rows: list[dict[str, str | float | None]] = []
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:

        def flush() -> None:
            writer.write_table(pa.Table.from_pylist(rows, schema))
            rows.clear()

        def write(name: str | int, answer: Answer) -> None:
            by_label = {f"probability_{label}": share for label, share in (answer.probabilities or {}).items()}
            known = {"label": answer.label, "probability": answer.probability, "error": answer.error}
            shown = str(name).encode("utf-8", "backslashreplace").decode()
            rows.append({"content": shown, **known, **by_label})
            if len(rows) == PIECE:
                flush()

        yield write
        flush()

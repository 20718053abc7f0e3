"""Read and write the files that pass between stages.

The bytes of a file depend on its content alone: not on the time, run, machine or library versions.
"""

import json
import re
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from crossfer.artifacts.paths import DOMAINS_FILE, SPLIT, require_path
from crossfer.errors import UserError

FORMULA = re.compile(r"[=@]|[+-](?!\d+(?:[.,]\d+)?\Z)")  # -1 is a number in spreadsheets too


@dataclass(frozen=True)
class Domain:
    """A domain as stages pass it on.

    Attributes:
        name: unique within the task.
        language: of its texts; None for images, whose entry in domains.json has no such key.
        is_source: it is used for training.
        shots: number of labelled rows per label that adapt trains on; None except for few-shot targets.
    """

    name: str
    language: str | None
    is_source: bool
    shots: int | None = None


def write_domains(folder: Path, domains: list[Domain]) -> None:
    """Write domains.json, the source first, then the targets as in params.yaml."""
    entries = [asdict(domain) for domain in domains]
    for entry in entries:
        if entry["language"] is None:
            del entry["language"]
    write_json(folder / DOMAINS_FILE, entries)


def read_domains(folder: Path) -> list[Domain]:
    """Read domains.json from the folder of a stage."""
    return [Domain(**{"language": None, **entry}) for entry in read_json(folder / DOMAINS_FILE)]


def create_empty_folder(folder: Path) -> Path:
    """Create a folder after removing what was there, and return its path."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path, whose file replaces `path` when the block ends.

    Never write to `path` itself: it may be a link into DVC's cache.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    yield temporary
    temporary.replace(path)


@contextmanager
def replace_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder that replaces `folder` unless the block raises."""
    temporary = create_empty_folder(folder.with_name(f"{folder.name}.new"))
    try:
        yield temporary
    except BaseException:
        shutil.rmtree(temporary)
        raise
    if folder.exists():
        shutil.rmtree(folder)
    temporary.rename(folder)


def write_chunks(path: Path, chunks: Iterable[pd.DataFrame]) -> None:
    """Write a Parquet table, one row group per chunk; no file without rows."""
    writer = None
    try:
        for chunk in chunks:
            if chunk.empty:  # Arrow cannot infer the type of its bytes columns
                continue
            arrow = _to_arrow(chunk)
            writer = writer or pq.ParquetWriter(path, arrow.schema, compression="zstd")
            writer.write_table(arrow)
    finally:
        if writer:
            writer.close()


def write_table(path: Path, frame: pd.DataFrame) -> None:
    """Write a Parquet table."""
    with replace_file(path) as temporary:
        pq.write_table(_to_arrow(frame), temporary, compression="zstd")


def _to_arrow(frame: pd.DataFrame) -> pa.Table:
    """Convert a table, without pandas' metadata, which contain library versions."""
    return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)


def read_table(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """Read a Parquet table, or some of its columns."""
    return pd.read_parquet(require_path(path), columns=columns)


def column_names(path: Path) -> list[str]:
    """Return the names of the columns of a Parquet table."""
    return list(pq.read_schema(require_path(path)).names)


def read_chunks(path: Path, columns: Collection[str] | None = None) -> Iterator[pd.DataFrame]:
    """Yield a Parquet table, or some of its columns, one row group at a time."""
    with pq.ParquetFile(require_path(path)) as file:
        for group in range(file.num_row_groups):
            if file.metadata.row_group(group).num_rows:
                yield file.read_row_group(group, columns).to_pandas()


def read_split(path: Path, split: str, columns: Collection[str] | None = None) -> Iterator[pd.DataFrame]:
    """Yield the rows of one split of a Parquet table, one row group at a time."""
    for rows in read_chunks(path, None if columns is None else [*columns, SPLIT]):
        rows_of_split = rows[rows[SPLIT] == split]
        if len(rows_of_split):
            yield rows_of_split if columns is None else rows_of_split[list(columns)]


def write_csv(path: Path, frame: pd.DataFrame, label_columns: Iterable[str]) -> None:
    """Write a CSV file, with an apostrophe before labels that look like formulas.

    Spreadsheets would run them. JSON and Parquet files have such labels unchanged.
    """
    escaped = {
        name: frame[name].map(lambda text: f"'{text}" if FORMULA.match(text) else text) for name in label_columns
    }
    frame.assign(**escaped).to_csv(path, index=False)


def write_json(path: Path, content: Any) -> None:
    """Write indented JSON in UTF-8, with keys in the order given."""
    with replace_file(path) as temporary:
        temporary.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read a JSON file that a stage or `crossfer ablation` wrote.

    Raises:
        UserError: the file does not exist, or is not JSON.
    """
    try:
        return json.loads(require_path(path).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # not JSON, not UTF-8, or nested too deeply
        raise UserError(f"{path} is not JSON ({error}); restore it from git, or delete it and run again.") from error


def weights_size(folder: Path) -> int:
    """Return the number of bytes of the weights in a model folder."""
    return sum(file.stat().st_size for file in folder.glob("*.safetensors"))

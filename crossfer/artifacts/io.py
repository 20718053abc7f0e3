"""Reading and writing of what passes between stages.

Every file written here is a function of its contents alone: no clock, no run id, no absolute path, no library version.
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

from crossfer.artifacts.paths import DOMAINS, SPLIT, require
from crossfer.errors import UserError

FORMULA = re.compile(r"[=@]|[+-](?!\d+(?:[.,]\d+)?\Z)")  # -1 is a number in spreadsheets too


@dataclass(frozen=True)
class Domain:
    """A domain as it passes from stage to stage.

    Attributes:
        name: unique in its task.
        kind: its language, or its kind of picture.
        is_source: it is the one that is trained on.
        shots: of a target, how many labelled rows of each label adapt may learn from; None for none.
    """

    name: str
    kind: str
    is_source: bool
    shots: int | None = None


def write_domains(folder: Path, domains: list[Domain]) -> None:
    """Write which domains a stage's folder holds, in the order of params.yaml, the source first."""
    write_json(folder / DOMAINS, [asdict(domain) for domain in domains])


def read_domains(folder: Path) -> list[Domain]:
    """The domains of a stage's folder, the source first."""
    return [Domain(**entry) for entry in read_json(folder / DOMAINS)]


def create_empty_folder(folder: Path) -> Path:
    """Make `folder` anew and empty: a stage owns its output folder whole."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """Yield where to write what takes the place of `path` when the block ends: at no time is there half a file.

    The old one may be a link into DVC's cache, which is not to be written to.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    yield new
    new.replace(path)


@contextmanager
def replace_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of `folder` when the block ends; if it raises, `folder` stays."""
    new = create_empty_folder(folder.with_name(f"{folder.name}.new"))
    try:
        yield new
    except BaseException:
        shutil.rmtree(new)
        raise
    if folder.exists():
        shutil.rmtree(folder)
    new.rename(folder)


def write_chunks(path: Path, chunks: Iterable[pd.DataFrame]) -> None:
    """Write a table of which one chunk at a time is in memory, as one row group per chunk; no file without rows."""
    writer = None
    try:
        for chunk in chunks:
            if chunk.empty:  # its columns of bytes would have no type
                continue
            arrow = pa.Table.from_pandas(chunk, preserve_index=False).replace_schema_metadata(None)
            writer = writer or pq.ParquetWriter(path, arrow.schema, compression="zstd")
            writer.write_table(arrow)
    finally:
        if writer:
            writer.close()


def write_table(path: Path, frame: pd.DataFrame) -> None:
    """Write `frame` as Parquet without pandas' metadata, which would name library versions."""
    arrow = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    with replace_file(path) as new:
        pq.write_table(arrow, new, compression="zstd")


def read_table(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """Read a table that an earlier stage wrote, or some columns of it.

    Raises:
        UserError: the file is not there.
    """
    return pd.read_parquet(require(path), columns=columns)


def column_names(path: Path) -> list[str]:
    """The names of the columns of a table that an earlier stage wrote.

    Raises:
        UserError: the file is not there.
    """
    return list(pq.read_schema(require(path)).names)


def read_chunks(path: Path, columns: Collection[str] | None = None) -> Iterator[pd.DataFrame]:
    """Yield a table that an earlier stage wrote, one row group at a time, so that it need not fit into memory.

    Raises:
        UserError: the file is missing.
    """
    with pq.ParquetFile(require(path)) as file:
        for group in range(file.num_row_groups):
            if file.metadata.row_group(group).num_rows:
                yield file.read_row_group(group, columns).to_pandas()


def read_split(path: Path, split: str, columns: Collection[str] | None = None) -> Iterator[pd.DataFrame]:
    """Yield the rows of one split, one chunk of the table at a time; chunks without such rows are left out.

    Args:
        path: of the table.
        split: name of the split.
        columns: the columns to read; None for all.

    Raises:
        UserError: the file is missing.
    """
    for rows in read_chunks(path, None if columns is None else [*columns, SPLIT]):
        chosen = rows[rows[SPLIT] == split]
        if len(chosen):
            yield chosen if columns is None else chosen[list(columns)]


def write_csv(path: Path, frame: pd.DataFrame, names: Iterable[str]) -> None:
    """Write a table that people open in spreadsheets, which run what begins like a formula: an apostrophe goes before.

    `dvc plots` then shows the apostrophe too, alike for truths and guesses, so that its matrices stay right; what
    programs read, JSON and Parquet, has every label as it is. Refusing such labels would refuse -1, or @user.

    Args:
        path: of the CSV file.
        frame: the table.
        names: its columns that hold names from data, such as labels.
    """
    marked = {name: frame[name].map(lambda text: f"'{text}" if FORMULA.match(text) else text) for name in names}
    frame.assign(**marked).to_csv(path, index=False)


def write_json(path: Path, content: Any) -> None:
    """Write JSON as people and `git diff` read it: indented, UTF-8, in the order given; whole or not at all."""
    with replace_file(path) as new:
        new.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read JSON that an earlier stage, or the ladder, wrote.

    Raises:
        UserError: the file is not there, or was changed into something else.
    """
    try:
        return json.loads(require(path).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, or nested without end
        raise UserError(f"{path} is no JSON ({error}); restore it from git, or remove it and make it anew.") from error


def weights_size(folder: Path) -> int:
    """Bytes of the weights in a model's folder."""
    return sum(file.stat().st_size for file in folder.glob("*.safetensors"))

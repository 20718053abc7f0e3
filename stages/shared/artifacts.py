"""The only place that spells the paths, columns and encodings of what passes between stages.

Every file written here is a function of its contents alone: no clock, no run id, no absolute path, no library version.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from stages.shared.errors import UserError

ID, CONTENT, LABEL, SPLIT, INPUT = "id", "content", "label", "split", "input"
TRAIN, VALIDATION, TEST = "train", "validation", "test"

DOMAINS = "domains.json"
MANIFEST = "manifest.json"
QUALITY = "quality.json"
ENCODER = "encoder"
HISTORY = "history.csv"
TRAINING = "training.json"
ADAPTED = "adapted.json"
MISTAKES = "mistakes.html"
METRICS = "metrics.json"
GRAPH = "model.onnx"
CARD = "README.md"
DESCRIPTION = "classifier.json"

PIECE = 4096  # rows whose contents are in memory at a time


def raw(task: str) -> Path:
    """Folder that ingest writes: one table a domain (id, content, label, maybe split), domains.json, manifest.json."""
    return Path("data/raw") / task


def clean(task: str) -> Path:
    """Folder that preprocess writes: one table a domain (id, content, label, split), domains.json and quality.json."""
    return Path("data/clean") / task


def tokens(task: str) -> Path:
    """Folder that tokenize writes: one table a domain (the clean columns and `input`), domains.json and the encoder."""
    return Path("data/tokens") / task


def model(task: str) -> Path:
    """Folder that finetune writes: a Hugging Face model with its encoder files, and history.csv."""
    return Path("data/models") / task


def adapted(task: str) -> Path:
    """Folder that adapt writes: adapted.json, and of each target with shots the weights that they changed."""
    return Path("data/adapted") / task


def adapter(folder: Path, domain: str) -> Path:
    """Path, in the folder that adapt writes, of the weights that a domain's shots changed."""
    return folder / f"{domain}.safetensors"


def reports(task: str) -> Path:
    """Folder that evaluate writes: metrics, tables and pictures."""
    return Path("data/reports") / task


def predictions(task: str) -> Path:
    """Table that evaluate writes: a row a test row (id, domain, truth, guess, probabilities, floor, maybe few_shot)."""
    return Path("data/predictions") / f"{task}.parquet"


def onnx(task: str) -> Path:
    """Folder that compress writes: the model as a graph in 8 bits, and all that it needs to serve."""
    return Path("data/onnx") / task


def compressed(task: str) -> Path:
    """Report that compress writes: what 8 bits change in each domain, and how small the model is."""
    return reports(task) / "compress.json"


def ladder(task: str) -> Path:
    """What `python -m stages.ladder` writes, a row an experiment; a task may have none."""
    return Path("data/ladder") / f"{task}.json"


def stock(task: str) -> Path:
    """What `python -m stages.stock` writes: the stock recipe's time and scores on a task's rows."""
    return Path("data/stock") / f"{task}.json"


def bench(task: str) -> Path:
    """What `python -m stages.bench` writes: the seconds of finetune and of the stock recipe, run in turn."""
    return Path("data/bench") / f"{task}.json"


def forms(task: str) -> Path:
    """What `python -m stages.forms` writes: time and memory of the three forms of a model."""
    return Path("data/bench") / f"{task}-forms.md"


def summary(suffix: str) -> Path:
    """Report of all tasks that compare writes, in the format of that suffix: json, md or html."""
    return Path("data/reports") / f"summary.{suffix}"


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


def table(folder: Path, domain: str) -> Path:
    """Path of a domain's table in a stage's folder."""
    return folder / f"{domain}.parquet"


def new_folder(folder: Path) -> Path:
    """Make `folder` anew and empty: a stage owns its output folder whole."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


@contextmanager
def replaced_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of `folder` when the block ends; if it raises, `folder` stays."""
    new = new_folder(folder.with_name(f"{folder.name}.new"))
    try:
        yield new
    except BaseException:
        shutil.rmtree(new)
        raise
    if folder.exists():
        shutil.rmtree(folder)
    new.rename(folder)


def write_pieces(path: Path, pieces: Iterable[pd.DataFrame]) -> None:
    """Write a table of which a piece at a time is in memory; a row group a piece. Nothing is written of no pieces."""
    writer = None
    try:
        for piece in pieces:
            arrow = pa.Table.from_pandas(piece, preserve_index=False).replace_schema_metadata(None)
            writer = writer or pq.ParquetWriter(path, arrow.schema, compression="zstd")
            writer.write_table(arrow)
    finally:
        if writer:
            writer.close()


def write_table(path: Path, frame: pd.DataFrame, schema: pa.Schema | None = None) -> None:
    """Write `frame` as Parquet without pandas' metadata, which would name library versions."""
    arrow = pa.Table.from_pandas(frame, schema=schema, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(arrow, path, compression="zstd")


def write_new_table(path: Path, frame: pd.DataFrame) -> None:
    """Write a table that is an output by itself; the old one may be a link into DVC's cache, so it is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    write_table(path, frame)


def read_table(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """Read a table that an earlier stage wrote, or some columns of it.

    Raises:
        UserError: the file is not there.
    """
    return pd.read_parquet(existing(path), columns=columns)


def columns(path: Path) -> list[str]:
    """The names of the columns of a table that an earlier stage wrote.

    Raises:
        UserError: the file is not there.
    """
    return list(pq.read_schema(existing(path)).names)


def read_pieces(path: Path) -> Iterator[pd.DataFrame]:
    """Read a table that an earlier stage wrote, PIECE rows at a time, so that it need not fit into memory.

    Raises:
        UserError: the file is not there.
    """
    with pq.ParquetFile(existing(path)) as file:
        for batch in file.iter_batches(PIECE):
            yield batch.to_pandas()


def write_json(path: Path, content: Any) -> None:
    """Write JSON as people and `git diff` read it: indented, UTF-8, in the order given."""
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read JSON that an earlier stage, or the ladder, wrote.

    Raises:
        UserError: the file is not there, or was changed into something else.
    """
    try:
        return json.loads(existing(path).read_text(encoding="utf-8"))
    except ValueError as error:  # no JSON, or no UTF-8
        raise UserError(f"{path} is no JSON ({error}); restore it from git, or remove it and make it anew.") from None


def existing(path: Path) -> Path:
    """Return `path`, which an earlier stage should have written.

    Raises:
        UserError: it is not there.
    """
    if not path.exists():
        raise UserError(f"{path} is not there; an earlier stage writes it: run `dvc repro`.")
    return path


def weights_size(folder: Path) -> int:
    """Bytes of the weights in a model's folder."""
    return sum(file.stat().st_size for file in folder.glob("*.safetensors"))


def items_digest(ids: Iterable[str]) -> str:
    """MD5 of test rows' ids in their order: equal where two results are of the same rows."""
    return hashlib.md5("\n".join(ids).encode()).hexdigest()


def digest(path: Path) -> str:
    """MD5 of a file or folder, as it stands in dvc.lock, so that a tracked run and dvc.lock lead to each other.

    A folder's is the MD5 of DVC's listing of it (JSON, sorted by relative path) with the suffix `.dir`. It names
    content, it does not protect it: what must be trusted is checked by SHA-256.
    """
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "md5").hexdigest()
    files = sorted(file for file in path.rglob("*") if file.is_file())
    listing = [{"md5": digest(file), "relpath": file.relative_to(path).as_posix()} for file in files]
    listing.sort(key=lambda entry: entry["relpath"])
    return hashlib.md5(json.dumps(listing).encode()).hexdigest() + ".dir"

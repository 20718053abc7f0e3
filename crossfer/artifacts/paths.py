"""The only place that spells the paths, file names and columns of what passes between stages."""

import os
from dataclasses import dataclass
from pathlib import Path

from crossfer.errors import UserError

ID, CONTENT, LABEL, SPLIT, INPUT = "id", "content", "label", "split", "input"
TRAIN, VALIDATION, TEST = "train", "validation", "test"

DOMAINS = "domains.json"
MANIFEST = "manifest.json"
QUALITY = "quality.json"
SCRUBBED_PREFIX = "scrubbed_"  # in quality.json, before the kind of personal data
ENCODER = "encoder"
HISTORY = "history.csv"
TRAINING = "training.json"
ADAPTED = "adapted.json"
MISTAKES = "mistakes.html"
METRICS = "metrics.json"
GRAPH = "model.onnx"
MODEL_CARD = "README.md"
DESCRIPTION = "classifier.json"


def repository_root() -> Path:
    """The repository's top folder: DVC names it, since its experiments may run in a copy of the repository."""
    return Path(os.environ.get("DVC_ROOT", ".")).resolve()


def outbox_folder() -> Path:
    """Folder of the records that the tracking store does not have yet; of all copies of the repository."""
    return repository_root() / ".crossfer" / "outbox"


def rejected_folder() -> Path:
    """Folder of the records that the tracking store rejects; of all copies of the repository."""
    return repository_root() / ".crossfer" / "rejected"


def checkpoints_folder() -> Path:
    """Folder of the trainings that were begun and have not ended; of all copies of the repository."""
    return repository_root() / ".crossfer" / "checkpoints"


@dataclass(frozen=True)
class TaskPaths:
    """Paths of the files and folders that the stages write for one task."""

    task: str

    @property
    def raw(self) -> Path:
        """Folder that ingest writes: domains.json, manifest.json, and a table per domain: id, content, label, split."""
        return Path("data/raw") / self.task

    @property
    def clean(self) -> Path:
        """Folder that preprocess writes: domains.json, quality.json, and a table per domain, with the same columns."""
        return Path("data/clean") / self.task

    @property
    def tokens(self) -> Path:
        """Folder that tokenize writes: domains.json, the encoder, and a table per domain, with the column input."""
        return Path("data/tokens") / self.task

    @property
    def model(self) -> Path:
        """Folder that finetune writes: a Hugging Face model with the encoder's files, history.csv, training.json."""
        return Path("data/models") / self.task

    @property
    def adapted(self) -> Path:
        """Folder that adapt writes: adapted.json, and the changed weights of each target with shots."""
        return Path("data/adapted") / self.task

    @property
    def reports(self) -> Path:
        """Folder of the reports in git: metrics, tables and charts."""
        return Path("data/reports") / self.task

    @property
    def predictions(self) -> Path:
        """Table of evaluate, one row per test row: id, domain, label, prediction, probabilities, baseline, few_shot."""
        return Path("data/predictions") / f"{self.task}.parquet"

    @property
    def onnx(self) -> Path:
        """Folder that compress writes: the model as a graph in 8 bits, and all that it needs to serve."""
        return Path("data/onnx") / self.task

    @property
    def compression_report(self) -> Path:
        """Report that compress writes: what 8 bits change in each domain, and how small the model is."""
        return self.reports / "compress.json"

    @property
    def ablation(self) -> Path:
        """What `crossfer ablation` writes, one row per experiment; a task may have none."""
        return Path("data/ablation") / f"{self.task}.json"


def weight_delta(folder: Path, domain: str) -> Path:
    """Path, in the folder that adapt writes, of the weights that a domain's shots changed."""
    return folder / f"{domain}.safetensors"


def benchmark(task: str, name: str, suffix: str) -> Path:
    """Return the path of what `python -m benchmarks.<name>` writes, in the format of that suffix: json or md."""
    return Path("data/measurements") / f"{task}-{name}.{suffix}"


def summary(suffix: str) -> Path:
    """Report of all tasks that compare writes, in the format of that suffix: json, md or html."""
    return Path("data/summary") / f"summary.{suffix}"


def table(folder: Path, domain: str) -> Path:
    """Path of a domain's table in a stage's folder."""
    return folder / f"{domain}.parquet"


def require(path: Path) -> Path:
    """Return `path`, which an earlier stage should have written.

    Raises:
        UserError: it is not there.
    """
    if not path.exists():
        raise UserError(f"{path} is not there; an earlier stage writes it: run `dvc repro`.")
    return path

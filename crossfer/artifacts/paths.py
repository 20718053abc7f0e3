"""The paths, files and columns of everything that passes between stages."""

import os
from pathlib import Path

from crossfer.errors import UserError

ID, CONTENT, LABEL, SPLIT, GROUP, INPUT = "id", "content", "label", "split", "group", "input"
TRAIN, VALIDATION, TEST = "train", "validation", "test"

DOMAINS_FILE = "domains.json"
MANIFEST_FILE = "manifest.json"
QUALITY_FILE = "quality.json"
TRUNCATED_FILE = "truncated.json"
SCRUBBED_PREFIX = "scrubbed_"  # in quality.json, before the type of personal data
ENCODER_FOLDER = "encoder"
HISTORY_FILE = "history.csv"
TRAINING_FILE = "training.json"
ADAPTED_FILE = "adapted.json"
MISTAKES_FILE = "mistakes.html"
METRICS_FILE = "metrics.json"
GRAPH_FILE = "model.onnx"
MODEL_CARD_FILE = "README.md"
CLASSIFIER_FILE = "classifier.json"


def repository_root() -> Path:
    """Return the repository's root; DVC sets it if an experiment runs in a copy."""
    return Path(os.environ.get("DVC_ROOT", ".")).resolve()


def outbox_folder() -> Path:
    """Return the folder of records that the tracking store has not received yet."""
    return repository_root() / ".crossfer" / "outbox"


def rejected_folder() -> Path:
    """Return the folder of records that the tracking store rejected."""
    return repository_root() / ".crossfer" / "rejected"


def checkpoints_folder() -> Path:
    """Return the folder of the checkpoints of unfinished trainings."""
    return repository_root() / ".crossfer" / "checkpoints"


def locks_folder(root: Path) -> Path:
    """Return the folder of locks in a repository or an experiment's copy of it."""
    return root / ".crossfer" / "locks"


class TaskPaths:
    """Paths of the files and folders that the stages write for one task.

    Attributes:
        task: name of the task.
        raw: folder of ingest: domains.json, manifest.json, and per domain a table of id, content, label, split, group.
        clean: folder of preprocess: domains.json, quality.json, and per domain a table with the same columns but group.
        tokens: folder of tokenize: domains.json, the encoder, and per domain a table with the column input as well.
        model: folder of finetune: a Hugging Face model, the encoder's files, history.csv, training.json.
        adapted: folder of adapt: adapted.json, and the changed weights of each target with shots.
        reports: folder of the metrics, tables and charts in git.
        predictions: table of evaluate, one row per test row: id, domain, label, prediction, probabilities, baseline,
            few_shot.
        onnx: folder of compress: the int8 ONNX graph and everything that serving needs.
        compression_report: compress.json: what int8 changes in each domain, and the sizes.
        ablation: results of `crossfer ablation`, one row per experiment; may be missing.
    """

    def __init__(self, task: str) -> None:
        self.task = task
        self.raw = Path("data/raw", task)
        self.clean = Path("data/clean", task)
        self.tokens = Path("data/tokens", task)
        self.model = Path("data/models", task)
        self.adapted = Path("data/adapted", task)
        self.reports = Path("data/reports", task)
        self.predictions = Path("data/predictions", f"{task}.parquet")
        self.onnx = Path("data/onnx", task)
        self.compression_report = self.reports / "compress.json"
        self.ablation = Path("data/ablation", f"{task}.json")


def weight_delta_path(folder: Path, domain: str) -> Path:
    """Return the path of the weights that adapt changed for a domain."""
    return folder / f"{domain}.safetensors"


def benchmark_path(task: str, name: str, suffix: str) -> Path:
    """Return the path of a benchmark's results; the suffix is json or md."""
    return Path("data/measurements") / f"{task}-{name}.{suffix}"


def summary_path(suffix: str) -> Path:
    """Return the path of the comparison of all tasks; the suffix is json, md or html."""
    return Path("data/summary") / f"summary.{suffix}"


def table_path(folder: Path, domain: str) -> Path:
    """Return the path of a domain's table in the folder of a stage."""
    return folder / f"{domain}.parquet"


def require_path(path: Path) -> Path:
    """Return a path that an earlier stage wrote; raise a `UserError` without it."""
    if not path.exists():
        raise UserError(f"{path} does not exist; an earlier stage writes it: run `dvc repro`.")
    return path

"""Choose measured options for a task with few training rows.

With 701 rows (SIB-200), training more layers is worth 4 pp (docs/log.md). With 1,488 rows (news), it makes no
significant difference (docs/results.md).
"""

from typing import Any

from crossfer.artifacts.paths import TEST, TRAIN, VALIDATION
from crossfer.config.params import Task, TextTask
from crossfer.sources.reading import DomainCounts

MAX_TRAINING_ROWS = 1000
MEASURED_BACKBONES = ("multilingual-e5-small", "multilingual-e5-small-mean")
OPTIONS: dict[str, dict[str, Any]] = {  # as in docs/benchmarks/sib200.yaml
    "backbone": {"name": "multilingual-e5-small-mean"},
    "finetune": {"freeze": 4, "epochs": 5, "dropout": 0.1, "averaged_seeds": 3},
}
COMMENT = (
    f"For at most {MAX_TRAINING_ROWS:,} training rows: with 701 rows (SIB-200), 86.4 % zero-shot instead of 81.5 %.",
    "Training takes about 20 times as long (docs/data.md): delete both lines to train with the defaults.",
)
REPORT = "the task gets options for small data (backbone, finetune); training takes about 20 times as long"


def count_training_rows(task: Task, source: DomainCounts) -> int:
    """Return about how many rows of the source preprocess will leave for training."""
    fractions = {VALIDATION: task.preprocess.validation_fraction, TEST: task.preprocess.test_fraction}
    rows = source.splits[TRAIN] if source.splits else source.labels.total()
    drawn = sum(fraction for split, fraction in fractions.items() if split not in source.splits)
    return round(rows * (1 - drawn))


def choose_options(task: Task, training_rows: int) -> dict[str, dict[str, Any]]:
    """Return the options of small data by block; none for other data or backbones."""
    is_measured = isinstance(task, TextTask) and getattr(task.backbone, "name", None) in MEASURED_BACKBONES
    return OPTIONS if is_measured and training_rows <= MAX_TRAINING_ROWS else {}

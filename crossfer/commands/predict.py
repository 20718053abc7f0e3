"""Classify texts or images with a compressed model.

A content that cannot be classified has an error instead of a label.

Reads:  data/onnx/<task>, or the model that --model names
Writes: JSON lines on standard output, or a file of JSON lines or Parquet
"""

from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from crossfer.artifacts import paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.commands import predict_inputs, predict_outputs
from crossfer.serving.classifier import Classifier


def run(
    task: str,
    items: Sequence[str],
    *,
    model: str = "",
    column: str = "content",
    out: Path | None = None,
    all_probabilities: bool = False,
) -> None:
    """Classify texts or images and write one prediction per content, in order.

    Args:
        task: name of the task whose compressed model is used, unless `model` names another.
        items: texts, files, folders, or `-` for standard input.
        model: folder, or address in MLflow: `models:/...`, `runs:/...`.
        column: column of a table that has the contents.
        out: file that ends in .jsonl or .parquet; None for JSON lines on standard output.
        all_probabilities: write the probability of every label, not only of the predicted one.
    """
    classifier = _load(model) if model else Classifier(paths.require_path(TaskPaths(task).onnx))
    names: deque[str | int] = deque()

    def contents() -> Iterator[Any]:
        for name, content in predict_inputs.read_inputs(items, column):
            names.append(name)
            yield content

    with predict_outputs.open_output(out, classifier.labels if all_probabilities else None) as write:
        for prediction in tqdm(classifier.predict(contents()), desc="predict", unit="content", disable=None):
            write(names.popleft(), prediction)


def _load(model: str) -> Classifier:
    """Load the model from a folder or from an address in MLflow."""
    if Path(model).is_dir():
        return Classifier(Path(model))
    from crossfer.tracking import registry  # MLflow takes seconds to import

    with registry.download_model(model) as folder:
        return Classifier(folder)

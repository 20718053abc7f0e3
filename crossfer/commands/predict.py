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
from crossfer.commands.encoding_option import check_fallback
from crossfer.errors import UserError
from crossfer.protocols import load_modality
from crossfer.serving.classifier import Classifier
from crossfer.sources.checks import path_holds
from crossfer.sources.table_format import Quotes


def run(
    task: str,
    items: Sequence[str],
    *,
    model: str = "",
    column: str = "content",
    quotes: Quotes = "standard",
    fallback: str = "none",
    out: Path | None = None,
    all_probabilities: bool = False,
) -> None:
    """Classify texts or images and write one prediction per content, in order.

    Args:
        task: name of the task whose compressed model is used, unless `model` names another.
        items: texts, files, folders, or `-` for standard input.
        model: folder, or address in MLflow: `models:/...`, `runs:/...`.
        column: column of a table that has the contents.
        quotes: of CSV and TSV files, see `TableFormat`.
        fallback: encoding of tables and .txt files that are not UTF-8; `none` refuses them.
        out: file that ends in .jsonl or .parquet; None for JSON lines on standard output.
        all_probabilities: write the probability of every label, not only of the predicted one.
    """
    if fallback != "none":
        check_fallback(fallback)
    if out is not None:
        predict_inputs.check_output(out, items)
    classifier = _load(model, task) if model else Classifier(paths.require_path(TaskPaths(task).onnx))
    names: deque[str | int] = deque()

    def contents() -> Iterator[Any]:
        for name, content in predict_inputs.read_inputs(items, column, quotes, fallback):
            names.append(name)
            yield content

    with predict_outputs.open_output(out, classifier.labels if all_probabilities else None) as write:
        for prediction in tqdm(classifier.predict(contents()), desc="predict", unit="content", disable=None):
            write(names.popleft(), prediction)


def _load(model: str, task: str) -> Classifier:
    """Load the model from a folder or from an address in MLflow.

    Raises:
        UserError: there is no such model, or it is for another modality than the task.
    """
    if path_holds(Path(model).is_dir):
        classifier = Classifier(Path(model))
    else:
        from crossfer.tracking import registry  # MLflow takes seconds to import

        with registry.download_model(model) as folder:
            classifier = Classifier(folder)
    from crossfer.config.params import PARAMS, load_params  # predictions without --model do not need it

    tasks = load_params().tasks if PARAMS.is_file() else {}
    if task in tasks and classifier.content_types != load_modality(tasks[task].modality).CONTENT_TYPES:
        raise UserError(
            f"model {model} does not classify the contents of task {task}, whose modality is"
            f" {tasks[task].modality}; name a model of the task."
        )
    return classifier

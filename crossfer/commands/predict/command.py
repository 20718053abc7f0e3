"""Classify with a compressed model: texts, tables, lines or pictures; an answer a content, in their order.

What cannot be classified has an error instead of a label. Not a stage: the pipeline reads nothing of it. It needs
neither torch nor transformers.

Reads:  data/onnx/<task>, or the model that --model names
Writes: JSON lines to the standard output, or to a file: JSON lines or Parquet
Run:    crossfer predict news "The central bank raised its rate." "球队赢了决赛"
        crossfer predict news articles.csv --out answers.parquet    (a table: column content, or --column)
        crossfer predict digits scans                               (a folder of pictures)
        zcat articles.gz | crossfer predict news -                  (a text a line)
"""

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from tqdm import tqdm

from crossfer.artifacts import paths
from crossfer.commands.predict import inputs, outputs
from crossfer.entrypoint import run_stage
from crossfer.serving.classifier import Classifier


def main(
    task_name: str,
    items: Annotated[list[str], typer.Argument(help="Texts, files, folders; or - for the standard input.")],
    model: Annotated[str, typer.Option(help="A folder, or an address of MLflow's: models:/..., runs:/...")] = "",
    column: Annotated[str, typer.Option(help="Of a table: where the contents are.")] = "content",
    out: Annotated[Path | None, typer.Option(help="A file ending in .jsonl or .parquet.")] = None,
    every: Annotated[bool, typer.Option("--all", help="With the probability of every label.")] = False,
) -> None:
    """Classify texts or pictures, an answer a content, in their order."""
    classifier = Classifier(_folder(model) if model else paths.require(paths.onnx(task_name)))
    names: deque[str | int] = deque()

    def asked() -> Iterator[Any]:
        for name, content in inputs.named(items, column):
            names.append(name)
            yield content

    with outputs.opened(out, classifier.labels if every else None) as write:
        for answer in tqdm(classifier.answers(asked()), desc="predict", unit="content", disable=None):
            write(names.popleft(), answer)


def _folder(model: str) -> Path:
    """The folder of a model that is named by one, or by an address of MLflow's."""
    if Path(model).is_dir():
        return Path(model)
    from crossfer.commands.models import registry  # MLflow takes seconds to import

    return registry.downloaded(model)


if __name__ == "__main__":
    run_stage(main)

"""Read the inputs of the stage compress."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from crossfer.artifacts import digests, io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.compression.graph_runner import Probabilities
from crossfer.errors import UserError
from crossfer.reporting.metrics import probability_matrix


@dataclass(frozen=True)
class Inputs:
    """The inputs of compress for a task.

    Attributes:
        languages: by domain, the source first; None for images.
        tables: paths of the token tables, by domain.
        predictions: rows of predictions.parquet, by domain.
        labels: in the order of the model's outputs.
        metrics: content of metrics.json.
        manifest: content of manifest.json.
        digests: hashes of all files read, by path.
    """

    languages: dict[str, str | None]
    tables: dict[str, Path]
    predictions: dict[str, pd.DataFrame]
    labels: list[str]
    metrics: dict[str, Any]
    manifest: dict[str, Any]
    digests: dict[str, str]

    @property
    def source(self) -> str:
        """The source domain."""
        return next(iter(self.languages))

    @property
    def fp32_probabilities(self) -> Probabilities:
        """The fp32 model's probabilities of the test rows."""
        return {domain: probability_matrix(rows, self.labels) for domain, rows in self.predictions.items()}


def read_inputs(task_paths: TaskPaths, files: Sequence[str]) -> Inputs:
    """Read a task's inputs, and hash them and the files that params.yaml names.

    Raises:
        UserError: a file is missing or cannot be read.
    """
    metrics, manifest = task_paths.reports / paths.METRICS_FILE, task_paths.raw / paths.MANIFEST_FILE
    stage_outputs = [task_paths.model, task_paths.tokens, task_paths.predictions, metrics, manifest]
    for path in map(Path, files):
        if not path.is_file() or not os.access(path, os.R_OK):
            raise UserError(f"{path} is missing or cannot be read; fix the path in params.yaml's compress.")
    hashes = {path.as_posix(): digests.digest(paths.require_path(path)) for path in (*stage_outputs, *map(Path, files))}
    languages = {domain.name: domain.language for domain in io.read_domains(task_paths.tokens)}
    predictions = io.read_table(task_paths.predictions)
    return Inputs(
        languages=languages,
        tables={domain: paths.table_path(task_paths.tokens, domain) for domain in languages},
        predictions={domain: predictions[predictions["domain"] == domain] for domain in languages},
        labels=list(predictions["probabilities"].iloc[0]),
        metrics=io.read_json(metrics),
        manifest=io.read_json(manifest),
        digests=hashes,
    )

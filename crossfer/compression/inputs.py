"""Read what compress needs of earlier stages."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from crossfer.artifacts import digests, io, paths
from crossfer.artifacts.io import Domain
from crossfer.artifacts.paths import TaskPaths
from crossfer.compression.scoring import Probabilities
from crossfer.errors import UserError
from crossfer.reporting.metrics import probability_matrix


@dataclass(frozen=True)
class Inputs:
    """Results of earlier stages.

    Attributes:
        digests: of each file and folder, by path.
        domains: the source first.
        tables: the token table of each domain, by name.
        predictions: of each domain, its rows of predictions.parquet.
        labels: in the order of the model's outputs.
        metrics: metrics.json of evaluate.
        manifest: manifest.json of ingest.
    """

    digests: Mapping[str, str]
    domains: Sequence[Domain]
    tables: Mapping[str, Path]
    predictions: Mapping[str, pd.DataFrame]
    labels: Sequence[str]
    metrics: Mapping[str, Any]
    manifest: Mapping[str, Any]

    @property
    def fp32(self) -> Probabilities:
        """The fp32 model's probabilities of the test rows."""
        return {domain: probability_matrix(rows, self.labels) for domain, rows in self.predictions.items()}


def read_inputs(task_paths: TaskPaths, files: Sequence[str]) -> Inputs:
    """Read the inputs of a task, and digest further files that params.yaml names.

    Raises:
        UserError: a file is missing or cannot be read.
    """
    metrics_path, manifest_path = task_paths.reports / paths.METRICS_FILE, task_paths.raw / paths.MANIFEST_FILE
    inputs = [task_paths.model, task_paths.tokens, task_paths.predictions, metrics_path, manifest_path]
    for path in map(Path, files):
        if not path.is_file() or not os.access(path, os.R_OK):
            raise UserError(f"{path} is missing or cannot be read; fix the path in params.yaml's compress.")
        inputs.append(path)
    domains = io.read_domains(task_paths.tokens)
    predictions = io.read_table(task_paths.predictions)
    return Inputs(
        {path.as_posix(): digests.digest(paths.require_path(path)) for path in inputs},
        domains,
        {domain.name: paths.table_path(task_paths.tokens, domain.name) for domain in domains},
        {domain.name: predictions[predictions["domain"] == domain.name] for domain in domains},
        list(predictions["probabilities"].iloc[0]),
        io.read_json(metrics_path),
        io.read_json(manifest_path),
    )

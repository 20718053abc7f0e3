"""Predictions for a domain's test rows: the columns of predictions.parquet."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.pipeline import Pipeline
from transformers import PreTrainedModel

from crossfer.artifacts import io
from crossfer.artifacts.paths import CONTENT, ID, INPUT, LABEL, TEST
from crossfer.modeling.inference import predict_logits
from crossfer.protocols import Collate


def predict(
    table: Path,
    domain: str,
    model: PreTrainedModel,
    labels: list[str],
    collate: Collate,
    batch_size: int,
    baseline: Pipeline | None = None,
) -> pd.DataFrame:
    """Predict the test rows of a domain, one chunk at a time.

    Args:
        table: the domain's tokens.
        domain: its name.
        model: the classifier.
        labels: the classifier's labels, in the order of its outputs.
        collate: makes a batch of inputs.
        batch_size: rows per batch.
        baseline: a fitted classifier of contents, whose predictions become the column baseline.

    Returns:
        Columns id, domain, label, prediction, probabilities (by label), and baseline if there is a baseline.
    """
    chunks = []
    for rows in io.read_split(table, TEST):
        outputs = predict_logits(model, list(rows[INPUT]), collate, batch_size, domain)
        chunk = _predictions(rows, domain, labels, softmax(outputs.astype(np.float64), axis=1))
        chunks.append(chunk if baseline is None else chunk.assign(baseline=baseline.predict(rows[CONTENT])))
    return pd.concat(chunks, ignore_index=True)


def contents(table: Path, ids: Sequence[str]) -> dict[str, Any]:
    """Return the contents of some test rows of a domain, by id."""
    chosen = (rows[rows[ID].isin(ids)] for rows in io.read_split(table, TEST, [ID, CONTENT]))
    return {row: content for rows in chosen for row, content in zip(rows[ID], rows[CONTENT], strict=True)}


def _predictions(
    rows: pd.DataFrame, domain: str, labels: list[str], probabilities: NDArray[np.float64]
) -> pd.DataFrame:
    """Return the predictions for some rows, of probabilities (rows, labels)."""
    return pd.DataFrame(
        {
            ID: rows[ID],
            "domain": domain,
            LABEL: rows[LABEL],
            "prediction": np.array(labels)[probabilities.argmax(1)],
            "probabilities": [dict(zip(labels, row.tolist(), strict=True)) for row in probabilities.round(6)],
        }
    )

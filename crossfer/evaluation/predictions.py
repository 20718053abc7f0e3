"""Predict a domain's test rows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
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
    labels: Sequence[str],
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
        collate: stacks inputs to a batch.
        batch_size: rows per batch.
        baseline: a fitted classifier of contents.

    Returns:
        Columns id, domain, label, prediction, probabilities (by label), and baseline (its predictions) if given.
    """
    chunks = []
    for rows in io.read_split(table, TEST):
        outputs = predict_logits(model, list(rows[INPUT]), collate, batch_size, domain)
        probabilities = softmax(outputs.astype(np.float64), axis=1)
        columns = {
            ID: rows[ID],
            "domain": domain,
            LABEL: rows[LABEL],
            "prediction": np.array(labels)[probabilities.argmax(1)],
            "probabilities": [dict(zip(labels, row.tolist(), strict=True)) for row in probabilities.round(6)],
        }
        if baseline is not None:
            columns["baseline"] = baseline.predict(rows[CONTENT])
        chunks.append(pd.DataFrame(columns))
    return pd.concat(chunks, ignore_index=True)


def read_contents(table: Path, ids: Sequence[str]) -> dict[str, Any]:
    """Return the contents of test rows of a domain, by id."""
    chunks = (rows[rows[ID].isin(ids)] for rows in io.read_split(table, TEST, [ID, CONTENT]))
    return {row: content for rows in chunks for row, content in zip(rows[ID], rows[CONTENT], strict=True)}

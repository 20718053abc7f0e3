"""Fit the baseline: a classical classifier trained on the same rows as the model."""

import time
from pathlib import Path

from sklearn.pipeline import Pipeline

from crossfer.artifacts import io
from crossfer.artifacts.paths import CONTENT, ID, LABEL


def fit_baseline(baseline: Pipeline, table: Path, ids: list[str]) -> tuple[Pipeline, float]:
    """Fit the baseline on the rows of these ids; return it with its CPU seconds."""
    rows = io.read_table(table, [ID, CONTENT, LABEL]).set_index(ID).loc[ids]
    start = time.process_time()
    fitted = baseline.fit(rows[CONTENT], rows[LABEL])
    return fitted, time.process_time() - start


def baseline_size(baseline: Pipeline) -> dict[str, int]:
    """Return the number of parameters and bytes of the baseline's linear classifier."""
    linear = baseline[-1]
    parameters = linear.coef_.size + linear.intercept_.size
    return {"baseline_parameters": parameters, "baseline_bytes": parameters * linear.coef_.itemsize}

"""Measure calibration, and scale confidence with a temperature.

Guo et al. 2017, arXiv 1706.04599.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from crossfer.artifacts import io
from crossfer.artifacts.paths import INPUT, LABEL, VALIDATION
from crossfer.reporting.metrics import round_score
from crossfer.robustness.perturbed import Logits

BINS = 15
MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 20.0
MIN_PROBABILITY = 5e-7  # half of 1e-6, since predictions are rounded to six decimals


def fit_temperature(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Return the temperature with the lowest cross-entropy.

    Args:
        logits: of rows that the model was not trained on, (rows, labels).
        labels: index of each row's label, (rows,).
    """
    rows = np.arange(len(labels))
    minimum = minimize_scalar(
        lambda log_temperature: -log_softmax(logits / np.exp(log_temperature), axis=1)[rows, labels].mean(),
        bounds=(np.log(MIN_TEMPERATURE), np.log(MAX_TEMPERATURE)),
        method="bounded",
    )
    return round(float(np.exp(minimum.x)), 3)


def predict_validation_logits(
    source: Path, labels: Sequence[str], logits: Logits
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the logits of the source's validation rows, and their labels.

    Shapes: logits (rows, labels); indexes of the labels (rows,).
    """
    rows = pd.concat(io.read_split(source, VALIDATION, [LABEL, INPUT]))
    values = logits(list(rows[INPUT]), "validation")
    return values.astype(np.float64), np.array([labels.index(label) for label in rows[LABEL]])


def apply_temperature(probabilities: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Return the probabilities at a temperature, (rows, labels)."""
    return np.asarray(softmax(np.log(np.maximum(probabilities, MIN_PROBABILITY)) / temperature, axis=1))


def reliability_bins(confidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> pd.DataFrame:
    """Return the non-empty ones of BINS bins of equal width.

    Columns low, high, n, confidence (mean), accuracy.
    """
    bins = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    rows = [
        (low, high, int(is_in_bin.sum()), confidence[is_in_bin].mean(), correct[is_in_bin].mean())
        for number, (low, high) in enumerate(pairwise(np.linspace(0, 1, BINS + 1)))
        if (is_in_bin := bins == number).any()
    ]
    return pd.DataFrame(rows, columns=["low", "high", "n", "confidence", "accuracy"]).round(6)


def expected_calibration_error(confidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> float:
    """Return the mean gap between confidence and accuracy.

    The gap is that of the prediction's bin.
    """
    bins = reliability_bins(confidence, correct)
    return round_score((bins["n"] * (bins["confidence"] - bins["accuracy"]).abs()).sum() / bins["n"].sum())

"""Whether probabilities are what they say: of a hundred guesses at 80 %, eighty should be right."""

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
COLDEST, HOTTEST = 0.05, 20.0  # temperatures that are looked at
LEAST = 5e-7  # of a probability: half of the last digit that predictions.parquet keeps


def temperature(logits: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """The number that logits are divided by for the least cross-entropy (Guo et al. 2017, arXiv 1706.04599).

    Args:
        logits: of rows that the model was not trained on, (rows, labels).
        truth: number of each row's label, (rows,).
    """
    rows = np.arange(len(truth))
    found = minimize_scalar(
        lambda power: -log_softmax(logits / np.exp(power), axis=1)[rows, truth].mean(),
        bounds=(np.log(COLDEST), np.log(HOTTEST)),
        method="bounded",
    )
    return round(float(np.exp(found.x)), 3)


def validation_logits(
    source: Path, labels: Sequence[str], answer: Logits
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the logits of the source's validation rows, (rows, labels), and the numbers of their labels, (rows,)."""
    rows = pd.concat(io.read_split(source, VALIDATION, [LABEL, INPUT]))
    logits = answer(list(rows[INPUT]), "validation")
    return logits.astype(np.float64), np.array([labels.index(label) for label in rows[LABEL]])


def scaled(probabilities: NDArray[np.float64], by: float) -> NDArray[np.float64]:
    """Probabilities as they are at that temperature, (rows, labels)."""
    return np.asarray(softmax(np.log(np.maximum(probabilities, LEAST)) / by, axis=1))


def reliability(sure: NDArray[np.float64], right: NDArray[np.bool_]) -> pd.DataFrame:
    """Guesses by how sure they were, in BINS of equal width: columns from, to, n, sure (their mean), right (share).

    Args:
        sure: probability of each guess, (rows,).
        right: whether it was right, (rows,).
    """
    ends = np.linspace(0, 1, BINS + 1)
    place = np.clip(np.ceil(sure * BINS).astype(int) - 1, 0, BINS - 1)
    rows = [
        {"from": low, "to": high, "n": int(inside.sum()), "sure": sure[inside].mean(), "right": right[inside].mean()}
        for number, (low, high) in enumerate(pairwise(ends))
        if (inside := place == number).any()
    ]
    return pd.DataFrame(rows, columns=["from", "to", "n", "sure", "right"]).round(6)


def ece(sure: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Expected calibration error: how far confidence and accuracy are apart, on the mean of the guesses (the same)."""
    bins = reliability(sure, right)
    return round_score((bins["n"] * (bins["sure"] - bins["right"]).abs()).sum() / bins["n"].sum())

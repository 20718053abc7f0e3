"""Compare the confidence of each domain's predictions with their accuracy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossfer.reporting import metrics
from crossfer.robustness import calibration

TARGETS = "targets"  # in the column domain: the rows of all targets


@dataclass(frozen=True)
class Predictions:
    """The model's predictions for some rows."""

    probabilities: NDArray[np.float64]  # (rows, labels)
    correct: NDArray[np.bool_]  # (rows,)

    def confidence(self, temperature: float = 1.0) -> NDArray[np.float64]:
        """Return the largest probability of each row, (rows,)."""
        return calibration.apply_temperature(self.probabilities, temperature).max(1)


def group_predictions(table: pd.DataFrame, labels: Sequence[str], source: str) -> dict[str, Predictions]:
    """Return the predictions of each domain.

    TARGETS has those of all targets, if there are several.

    Args:
        table: columns domain, label, prediction, probabilities (by label).
        labels: the model's labels, in the order of its outputs.
        source: name of the source domain.
    """
    groups = {name: table["domain"] == name for name in table["domain"].unique()}
    if len(groups) > 2:
        groups[TARGETS] = table["domain"] != source
    correct = (table["label"] == table["prediction"]).to_numpy()
    return {
        name: Predictions(metrics.probability_matrix(table[rows], labels), correct[rows])
        for name, rows in groups.items()
    }


def calibration_table(groups: Mapping[str, Predictions], temperature: float) -> pd.DataFrame:
    """Return one row per group.

    Columns domain, n, accuracy, confidence (mean), ece (expected calibration error), ece_temperature_scaled.
    """
    rows = [
        {
            "domain": name,
            "n": len(group.correct),
            "accuracy": metrics.round_score(group.correct.mean()),
            "confidence": metrics.round_score(group.confidence().mean()),
            "ece": calibration.expected_calibration_error(group.confidence(), group.correct),
            "ece_temperature_scaled": calibration.expected_calibration_error(
                group.confidence(temperature), group.correct
            ),
        }
        for name, group in groups.items()
    ]
    return pd.DataFrame(rows)

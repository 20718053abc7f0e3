"""How sure the model is: of guesses that are right, of guesses that are wrong, of contents out of its scope."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossfer.reporting import metrics
from crossfer.robustness import calibration, out_of_distribution

TARGETS = "targets"  # in place of a domain: the rows of all of them
SURE = 0.9


@dataclass(frozen=True)
class Predictions:
    """The model's predictions for some rows.

    Attributes:
        probabilities: (rows, labels).
        right: whether the most probable label is the true one, (rows,).
    """

    probabilities: NDArray[np.float64]
    right: NDArray[np.bool_]

    def sure(self, by: float = 1.0) -> NDArray[np.float64]:
        """The greatest probability of each row, at that temperature, (rows,)."""
        return calibration.scaled(self.probabilities, by).max(1)


def group_predictions(predictions: pd.DataFrame, labels: Sequence[str], source: str) -> dict[str, Predictions]:
    """Return the predictions of each domain; of all targets, if there are several, as TARGETS.

    Args:
        predictions: columns domain, truth, guess, probabilities (by label).
        labels: the model's.
        source: the source domain.
    """
    targets = predictions["domain"] != source
    groups = {name: predictions["domain"] == name for name in predictions["domain"].unique()}
    groups |= {TARGETS: targets} if len(groups) > 2 else {}
    right = (predictions["label"] == predictions["prediction"]).to_numpy()
    return {
        name: Predictions(metrics.probability_matrix(predictions[rows], labels), right[rows])
        for name, rows in groups.items()
    }


def table(by_domain: Mapping[str, Predictions], temperature: float) -> pd.DataFrame:
    """Columns domain, n, accuracy, sure (mean), ece, ece_temperature_scaled (with the temperature)."""
    rows = [
        {
            "domain": domain,
            "n": len(one.right),
            "accuracy": metrics.round_score(one.right.mean()),
            "sure": metrics.round_score(one.sure().mean()),
            "ece": calibration.ece(one.sure(), one.right),
            "ece_temperature_scaled": calibration.ece(one.sure(temperature), one.right),
        }
        for domain, one in by_domain.items()
    ]
    return pd.DataFrame(rows)


def out_of_distribution_table(
    by_domain: Mapping[str, Predictions], source: str, outside: pd.DataFrame, resamples: int, seed: int
) -> pd.DataFrame:
    """Whether the model is surer of test rows than of what is none of its business.

    Args:
        by_domain: predictions of each domain.
        source: the source domain, which is held against each sort of contents; others against all of them.
        outside: columns sort, sure (0 where a content was refused), refused.
        resamples: bootstrap resamples.
        seed: of the resampling.

    Returns:
        Columns inside, outside, n (of the contents outside), refused, sure (share of them that the model is SURE of),
        auroc, auroc_low, auroc_high.
    """
    everything = {"all of them": outside}
    sorts = {str(sort): rows for sort, rows in outside.groupby("sort", sort=False)}
    compared = [
        {
            "inside": domain,
            "outside": sort,
            "n": len(rows),
            "refused": int(rows["refused"].sum()),
            "sure": metrics.round_score((rows["sure"] >= SURE).mean()),
            **out_of_distribution.auroc(one.sure(), rows["sure"].to_numpy(), resamples, seed),
        }
        for domain, one in by_domain.items()
        for sort, rows in (everything | (sorts if domain == source else {})).items()
    ]
    return pd.DataFrame(compared)

"""Compare confidence on test rows with that on out-of-distribution contents.

Those have none of the model's labels. A content counts as out of distribution if the largest probability is low
(Hendrycks and Gimpel 2017, arXiv 1610.02136).
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import softmax

from crossfer.reporting import metrics
from crossfer.robustness.confidence import Predictions
from crossfer.robustness.perturbed import PerturbedScorer

HIGH_CONFIDENCE = 0.9
ALL_CATEGORIES = "all"


def predict_confidence(scorer: PerturbedScorer, contents: pd.DataFrame) -> pd.DataFrame:
    """Return the model's confidence for each out-of-distribution content.

    Takes the columns category, content; returns category, confidence, refused. The confidence is 0 if the cleaner
    refuses the content.
    """
    inputs = scorer.encode_cleaned(list(contents["content"]))
    is_refused = np.array([array is None for array in inputs])
    confidence = np.zeros(len(inputs))
    if accepted_inputs := [array for array in inputs if array is not None]:
        logits = scorer.logits(accepted_inputs, "out of distribution")
        confidence[~is_refused] = softmax(logits.astype(np.float64), axis=1).max(1)
    return pd.DataFrame({"category": contents["category"], "confidence": confidence, "refused": is_refused})


def detection_table(
    groups: Mapping[str, Predictions], source: str, contents: pd.DataFrame, bootstrap_samples: int, seed: int
) -> pd.DataFrame:
    """Compare the confidence on test rows with that on out-of-distribution contents.

    Args:
        groups: predictions for test rows; those of the source are also compared with each category alone.
        source: name of the source domain.
        contents: as `predict_confidence` returns it.
        bootstrap_samples: resamples for the intervals.
        seed: of the resampling.

    Returns:
        Columns domain, category, n (contents), refused, confident (fraction with at least HIGH_CONFIDENCE), auroc,
        auroc_low, auroc_high.
    """
    by_category = [(str(name), rows) for name, rows in contents.groupby("category", sort=False)]
    rows = [
        {
            "domain": domain,
            "category": category,
            "n": len(category_rows),
            "refused": int(category_rows["refused"].sum()),
            "confident": metrics.round_score((category_rows["confidence"] >= HIGH_CONFIDENCE).mean()),
            **auroc(group.confidence(), category_rows["confidence"].to_numpy(), bootstrap_samples, seed),
        }
        for domain, group in groups.items()
        for category, category_rows in [(ALL_CATEGORIES, contents), *(by_category if domain == source else [])]
    ]
    return pd.DataFrame(rows)


def auroc(
    in_distribution: NDArray[np.float64], out_of_distribution: NDArray[np.float64], bootstrap_samples: int, seed: int
) -> dict[str, float]:
    """Return the area under the ROC curve of two samples of confidence.

    Its interval resamples both.
    """
    is_higher = (in_distribution[:, None] > out_of_distribution) + 0.5 * (
        in_distribution[:, None] == out_of_distribution
    )
    generator = np.random.default_rng(seed)
    row_weights, content_weights = (
        generator.multinomial(length, np.full(length, 1 / length), size=bootstrap_samples) / length
        for length in is_higher.shape
    )
    resampled_auroc = ((row_weights @ is_higher) * content_weights).sum(1)
    return {"auroc": metrics.round_score(is_higher.mean()), **metrics.interval("auroc", resampled_auroc)}

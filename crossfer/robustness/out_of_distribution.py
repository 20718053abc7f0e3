"""Whether the model is less confident on out-of-distribution contents, which have none of its labels."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import softmax

from crossfer.reporting import metrics
from crossfer.robustness.perturbed import PerturbedScorer


def confidences(scorer: PerturbedScorer, contents: pd.DataFrame) -> pd.DataFrame:
    """Return the model's confidence in its predictions for contents of no label.

    Args:
        scorer: cleans and encodes contents, and asks the model.
        contents: columns sort, content.

    Returns:
        Columns sort, sure (the largest probability; 0 if the cleaner refuses the content), refused.
    """
    inputs = scorer.cleaned(list(contents["content"]))
    refused = np.array([one is None for one in inputs])
    sure = np.zeros(len(inputs))
    if asked := [one for one in inputs if one is not None]:
        sure[~refused] = softmax(scorer.logits(asked, "out of distribution").astype(np.float64), axis=1).max(1)
    return pd.DataFrame({"sort": contents["sort"], "sure": sure, "refused": refused})


def auroc(inside: NDArray[np.float64], outside: NDArray[np.float64], resamples: int, seed: int) -> dict[str, float]:
    """How often the model is surer of a content in its scope than of one that is not: 1 always, 0.5 by chance.

    The area under the ROC curve of the greatest probability (Hendrycks and Gimpel 2017, arXiv 1610.02136), with its
    95 % bootstrap interval; contents of both sides are drawn.

    Args:
        inside: greatest probability of contents in scope, (contents,).
        outside: of others, (others,).
        resamples: bootstrap resamples.
        seed: of the resampling.
    """
    surer = (inside[:, None] > outside) + 0.5 * (inside[:, None] == outside)
    generator = np.random.default_rng(seed)
    of_inside, of_outside = (
        generator.multinomial(len(one), np.full(len(one), 1 / len(one)), size=resamples) / len(one)
        for one in (inside, outside)
    )
    drawn = ((of_inside @ surer) * of_outside).sum(1)
    return {"auroc": metrics.round_score(surer.mean()), **metrics.interval("auroc", drawn)}

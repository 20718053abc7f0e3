"""Score predictions, with bootstrap intervals and paired tests.

Intervals are 95 % percentile bootstrap intervals (Efron and Tibshirani 1993, chapter 13). Where several domains share
their items (a parallel set), items are resampled, each with its rows in all domains: an item that is hard in one
language is often hard in the others.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

LOW, HIGH = 2.5, 97.5
MAX_CELLS = 5_000_000  # items times resamples per chunk; limits memory for large domains

Labels = Sequence[str] | pd.Series
Scores = dict[str, float]
Name = TypeVar("Name", bound=Hashable)


def domain_scores(labels: Labels, predictions: Labels, resamples: int, seed: int) -> Scores:
    """Return n, accuracy with interval, and macro-F1 over the labels in `labels`."""
    correct = np.asarray(labels) == np.asarray(predictions)
    # Resampling n zeros and ones with replacement is drawing from a binomial distribution.
    samples = np.random.default_rng(seed).binomial(len(correct), correct.mean(), resamples) / len(correct)
    return {
        "n": len(correct),
        "accuracy": round_score(correct.mean()),
        **interval("accuracy", samples),
        "macro_f1": macro_f1(labels, predictions),
    }


def macro_f1(labels: Labels, predictions: Labels) -> float:
    """Return the mean F1 over the labels that occur in `labels`."""
    names = sorted(set(labels))
    return round_score(f1_score(labels, predictions, labels=names, average="macro", zero_division=0))


def correct_by_id(rows: pd.DataFrame) -> pd.Series:
    """Return whether each prediction is correct, indexed by the row's id."""
    return pd.Series((rows["label"] == rows["prediction"]).to_numpy(), index=rows["id"])


def probability_matrix(rows: pd.DataFrame, labels: Sequence[str]) -> NDArray[np.float64]:
    """Return the probabilities of predictions, (rows, labels)."""
    return np.array([[probabilities[label] for label in labels] for probabilities in rows["probabilities"]])


def cross_entropy(labels: Labels, probabilities: NDArray[np.float64], names: Sequence[str]) -> float | None:
    """Return the mean negative log-probability of the label.

    The mean is over rows whose label the model knows; None if there are none.

    Args:
        labels: one per row.
        probabilities: (rows, names).
        names: the model's labels, in the order of the columns.
    """
    columns = {name: column for column, name in enumerate(names)}
    known_cells = [(row, columns[label]) for row, label in enumerate(labels) if label in columns]
    if not known_cells:
        return None
    return round_score(-np.log(np.maximum(probabilities[tuple(np.transpose(known_cells))], 1e-12)).mean())


def class_scores(labels: Labels, predictions: Labels) -> pd.DataFrame:
    """Return one row per label that occurs: label, n, precision, recall, f1."""
    names = sorted(set(labels))
    precision, recall, f1, n = precision_recall_fscore_support(labels, predictions, labels=names, zero_division=0)
    return pd.DataFrame({"label": names, "n": n, "precision": precision, "recall": recall, "f1": f1}).round(6)


def confusion(labels: Labels, predictions: Labels, names: Sequence[str]) -> NDArray[np.int64]:
    """Return the number of rows by label (down) and prediction (across).

    The shape is (names, names).
    """
    matrix: NDArray[np.int64] = confusion_matrix(labels, predictions, labels=list(names))
    return matrix


def resampled_means(correct: Mapping[Name, pd.Series], resamples: int, seed: int) -> dict[Name, NDArray[np.float64]]:
    """Return the accuracy of each domain in each resample of the items.

    Each array has the shape (resamples,). An item is drawn in all domains at once. A resample without rows of a domain
    gives it the domain's accuracy.
    """
    table = pd.DataFrame(dict(correct)).astype(float)
    values, presence = table.fillna(0.0).to_numpy(), table.notna().to_numpy().astype(float)
    generator = np.random.default_rng(seed)
    means = []
    chunk = max(1, MAX_CELLS // len(table))
    for start in range(0, resamples, chunk):
        size = min(chunk, resamples - start)
        counts = generator.multinomial(len(table), np.full(len(table), 1 / len(table)), size=size)
        rows = counts @ presence
        means.append(np.where(rows > 0, (counts @ values) / np.maximum(rows, 1), table.mean().to_numpy()))
    return dict(zip(correct, np.concatenate(means).T, strict=True))


def accuracy_drop(before: pd.Series, after: pd.Series, resamples: int, seed: int) -> Scores:
    """Return the drop in accuracy on the same rows after a change, with its interval.

    Args:
        before: whether each row's prediction was correct, by id.
        after: whether it is correct after the change, by the same ids.
        resamples: number of bootstrap resamples of the rows.
        seed: of the resampling.
    """
    samples = resampled_means({"before": before, "after": after}, resamples, seed)
    drop = {"accuracy_drop": round_score(before.mean() - after.mean())}
    return {**drop, **interval("accuracy_drop", samples["before"] - samples["after"])}


def mcnemar(correct: pd.Series, other: pd.Series) -> Scores:
    """Compare two models on the same rows by the exact McNemar test (McNemar 1947).

    Args:
        correct: whether each row's prediction by one model is correct.
        other: the same for the other model, in the same order.

    Returns:
        difference of the accuracies, wins and losses (rows that only one of them classifies correctly), two-sided p.
    """
    marks, other_marks = correct.to_numpy(dtype=bool), other.to_numpy(dtype=bool)
    wins, losses = int((marks & ~other_marks).sum()), int((~marks & other_marks).sum())
    p = binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
    difference = round_score((wins - losses) / len(marks))
    return {"difference": difference, "wins": wins, "losses": losses, "p": round_score(p)}


def paired_bootstrap(difference: float, samples: NDArray[np.float64]) -> Scores:
    """Return the interval and two-sided p of a difference between two models.

    Args:
        difference: as measured.
        samples: the difference in each resample, (resamples,).

    Returns:
        difference with its interval, and p: twice the smaller fraction of resamples on one side of zero, counting the
        measured one (Davison and Hinkley 1997, section 4.2), so p is never zero.
    """
    smaller_count = min((samples <= 0).sum(), (samples >= 0).sum())
    p = min(1.0, 2 * (smaller_count + 1) / (len(samples) + 1))
    return {"difference": round_score(difference), **interval("difference", samples), "p": round_score(p)}


def holm(p: Sequence[float]) -> list[float]:
    """Correct p-values for multiple tests (Holm 1979)."""
    order = np.argsort(p, kind="stable")
    scaled_p = np.asarray(p, dtype=float)[order] * np.arange(len(p), 0, -1)
    corrected_p = np.empty(len(p))
    corrected_p[order] = np.minimum(np.maximum.accumulate(scaled_p), 1.0)
    return [round_score(value) for value in corrected_p]


def interval(name: str, samples: NDArray[np.float64]) -> Scores:
    """Return the 95 % percentile interval of samples: `<name>_low`, `<name>_high`."""
    low, high = np.percentile(samples, [LOW, HIGH])
    return {f"{name}_low": round_score(low), f"{name}_high": round_score(high)}


def round_score(value: Any) -> float:
    """Round to six decimals, which drops the last bits that differ between machines."""
    return round(float(value), 6)

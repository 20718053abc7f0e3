"""Scores of guesses against the truth, with bootstrap intervals; labels are texts, never positions.

Intervals are 95 % percentile bootstrap intervals (Efron and Tibshirani 1993, chapter 13). Where several domains hold
the same items (a parallel set), items are drawn, each with its rows in all domains, since an item that is hard in one
language is often hard in the next.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

LOW, HIGH = 2.5, 97.5
CELLS = 5_000_000  # items times resamples that are drawn at a time: memory stays small for large domains

Labels = Sequence[str] | pd.Series
Scores = dict[str, float]
Name = TypeVar("Name", bound=Hashable)


def domain_scores(truth: Labels, guess: Labels, resamples: int, seed: int) -> Scores:
    """Size, accuracy with its interval, and macro-F1 over the labels that are present in `truth`."""
    right = np.asarray(truth) == np.asarray(guess)
    # Drawing n of n ones and noughts with replacement is drawing from a binomial distribution.
    drawn = np.random.default_rng(seed).binomial(len(right), right.mean(), resamples) / len(right)
    return {
        "n": len(right),
        "accuracy": round_score(right.mean()),
        **interval("accuracy", drawn),
        "macro_f1": round_score(f1_score(truth, guess, labels=sorted(set(truth)), average="macro", zero_division=0)),
    }


def by_label(rows: pd.DataFrame, labels: Sequence[str]) -> NDArray[np.float64]:
    """The probabilities of rows of predictions.parquet, (rows, labels)."""
    return np.array([[shares[label] for label in labels] for shares in rows["probabilities"]])


def cross_entropy(truth: Labels, probabilities: NDArray[np.float64], labels: Sequence[str]) -> float | None:
    """Mean negative log-probability of the true label, over the rows whose label the model knows; None for no rows.

    Args:
        truth: a label a row.
        probabilities: (rows, labels).
        labels: the model's labels, in the order of the columns.
    """
    number = {label: column for column, label in enumerate(labels)}
    known = [(row, number[label]) for row, label in enumerate(truth) if label in number]
    if not known:
        return None
    rows, columns = map(list, zip(*known, strict=True))
    return round_score(-np.log(np.maximum(probabilities[rows, columns], 1e-12)).mean())


def class_scores(truth: Labels, guess: Labels) -> pd.DataFrame:
    """A row for each label present: label, n, precision, recall, f1."""
    labels = sorted(set(truth))
    precision, recall, f1, n = precision_recall_fscore_support(truth, guess, labels=labels, zero_division=0)
    frame = pd.DataFrame({"label": labels, "n": n, "precision": precision, "recall": recall, "f1": f1})
    return frame.round(6)


def confusion(truth: Labels, guess: Labels, labels: Sequence[str]) -> NDArray[np.int64]:
    """Rows of each true label (down) by guess (across), (labels, labels)."""
    matrix: NDArray[np.int64] = confusion_matrix(truth, guess, labels=list(labels))
    return matrix


def transfer(
    right: Mapping[str, pd.Series],
    macro_f1: Mapping[str, float],
    kinds: Mapping[str, str],
    source: str,
    resamples: int,
    seed: int,
) -> dict[str, float | str | int] | None:
    """What of the source's score arrives in domains of another kind, each domain weighing the same.

    Args:
        right: for each domain, whether each row's guess is right, indexed by the row's id.
        macro_f1: of each domain.
        kinds: each domain's kind (its language).
        source: the source domain.
        resamples: bootstrap resamples.
        seed: of the resampling.

    Returns:
        accuracy and macro_f1 (means over the domains of another kind than the source's), worst and worst_accuracy,
        gap: accuracy of the reference less that mean. The reference is a domain of the source's kind all of whose
        items stand in the others too, if there is one: the gap is then of the kind alone, on those items (gap_n);
        if that is not the source itself, style_shift says how much easier the source's own test rows are. Without a
        parallel domain the reference is the source, and the items differ. None if no domain is of another kind.
        Intervals are of the items: domains, model and seed are taken as given.
    """
    others = [domain for domain in right if kinds[domain] != kinds[source]]
    if not others:
        return None
    siblings = [domain for domain in right if domain != source and kinds[domain] == kinds[source]]
    common = set.intersection(*(set(right[domain].index) for domain in others))
    parallel = [domain for domain in [*siblings, source] if set(right[domain].index) <= common]
    reference = parallel[0] if parallel else source
    paired = {domain: right[domain] for domain in others}
    if parallel:
        paired = {domain: right[domain].loc[right[reference].index] for domain in others}
    accuracy = {domain: float(rows.mean()) for domain, rows in right.items()}
    mean = _mean(accuracy[domain] for domain in others)
    worst = min(others, key=lambda domain: accuracy[domain])
    drawn = resampled_means({domain: right[domain] for domain in {source, reference, *others}}, resamples, seed)
    drawn_pairs = resampled_means({reference: right[reference], **paired}, resamples, seed)
    gap = accuracy[reference] - _mean(float(rows.mean()) for rows in paired.values())
    found: dict[str, float | str | int] = {
        "domains": len(others),
        "accuracy": round_score(mean),
        **interval("accuracy", np.mean([drawn[domain] for domain in others], axis=0)),
        "macro_f1": round_score(_mean(macro_f1[domain] for domain in others)),
        "worst": worst,
        "worst_accuracy": round_score(accuracy[worst]),
        "reference": reference,
        "gap": round_score(gap),
        **interval("gap", drawn_pairs[reference] - np.mean([drawn_pairs[domain] for domain in others], axis=0)),
    }
    if parallel:
        found["gap_n"] = len(right[reference])
    if reference != source:
        found["style_shift"] = round_score(accuracy[source] - accuracy[reference])
        found |= interval("style_shift", drawn[source] - drawn[reference])
    return found


def resampled_means(right: Mapping[Name, pd.Series], resamples: int, seed: int) -> dict[Name, NDArray[np.float64]]:
    """Accuracy of each domain in each resample of the items, (resamples,) each; an item is drawn in all domains.

    A resample that holds no row of a domain gives it that domain's accuracy.
    """
    table = pd.DataFrame(dict(right)).astype(float)
    values, present = table.fillna(0.0).to_numpy(), table.notna().to_numpy().astype(float)
    generator = np.random.default_rng(seed)
    means = []
    chunk = max(1, CELLS // len(table))
    for start in range(0, resamples, chunk):
        size = min(chunk, resamples - start)
        counts = generator.multinomial(len(table), np.full(len(table), 1 / len(table)), size=size)
        rows = counts @ present
        means.append(np.where(rows > 0, (counts @ values) / np.maximum(rows, 1), table.mean().to_numpy()))
    return dict(zip(right, np.concatenate(means).T, strict=True))


def accuracy_drop(before: pd.Series, after: pd.Series, resamples: int, seed: int) -> Scores:
    """How much accuracy a change of the system costs on the same rows, with its interval.

    Args:
        before: whether each row's guess was right, by id.
        after: whether it is now, by the same ids.
        resamples: bootstrap resamples of the rows.
        seed: of the resampling.
    """
    drawn = resampled_means({"before": before, "after": after}, resamples, seed)
    drop = {"accuracy_drop": round_score(before.mean() - after.mean())}
    return {**drop, **interval("accuracy_drop", drawn["before"] - drawn["after"])}


def mcnemar(right: pd.Series, other: pd.Series) -> Scores:
    """Exact McNemar test (McNemar 1947) of two systems on the same rows.

    Args:
        right: whether each row's guess is right, of one system.
        other: the same rows of the other, in the same order.

    Returns:
        difference of the accuracies, wins and losses (the rows that one alone has right), and the two-sided p.
    """
    mine, others = right.to_numpy(dtype=bool), other.to_numpy(dtype=bool)
    wins, losses = int((mine & ~others).sum()), int((~mine & others).sum())
    p = binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
    return {"difference": round_score((wins - losses) / len(mine)), "wins": wins, "losses": losses, "p": round_score(p)}


def paired_bootstrap(difference: float, drawn: NDArray[np.float64]) -> Scores:
    """Interval and two-sided p of a difference between two systems, resampled on the same items.

    Args:
        difference: as measured.
        drawn: in each resample, (resamples,).

    Returns:
        difference with its interval, and p: twice the smaller share of resamples on one side of nought, the measured
        one counted in (Davison and Hinkley 1997, section 4.2), so that it is never nought.
    """
    beyond = min((drawn <= 0).sum(), (drawn >= 0).sum())
    p = min(1.0, 2 * (beyond + 1) / (len(drawn) + 1))
    return {"difference": round_score(difference), **interval("difference", drawn), "p": round_score(p)}


def holm(p: Sequence[float]) -> list[float]:
    """P-values corrected for their number (Holm 1979): below 0.05 in one family, an error anywhere is that rare."""
    order = np.argsort(p, kind="stable")
    stepped = np.asarray(p, dtype=float)[order] * np.arange(len(p), 0, -1)
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return [round_score(value) for value in corrected]


def interval(name: str, drawn: NDArray[np.float64]) -> Scores:
    """The 95 % percentile interval of a resampled number: its ends, `<name>_low` and `<name>_high`."""
    low, high = np.percentile(drawn, [LOW, HIGH])
    return {f"{name}_low": round_score(low), f"{name}_high": round_score(high)}


def _mean(values: Iterable[float]) -> float:
    """Mean of a few numbers, each weighing the same."""
    return float(np.mean(list(values)))


def round_score(value: Any) -> float:
    """Round to six decimals: enough for any comparison, and without the last bits that differ between machines."""
    return round(float(value), 6)

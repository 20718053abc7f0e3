"""Which rows are drawn when not all are wanted: by seed, each label apart, and fewer always among more."""

import pandas as pd


def stratified_fraction(labels: pd.Series, share: float, seed: int) -> pd.Series:
    """Which rows belong to a share of all: of each label that share, and one at least.

    Args:
        labels: a label a row.
        share: above 0, 1 for all.
        seed: another seed, another draw.

    Returns:
        A truth a row, in the order of `labels`.
    """
    wanted = (labels.map(labels.value_counts()) * share).round().clip(lower=1)
    return _places(labels, seed) < wanted


def n_per_label(labels: pd.Series, number: int, seed: int) -> pd.Series:
    """Which rows belong to so many of each label; of a label that has fewer, all do. Else as `share`."""
    return _places(labels, seed) < number


def _places(labels: pd.Series, seed: int) -> pd.Series:
    """The place of each row among those of its label, from 0 on, once they are shuffled."""
    shuffled = labels.sample(frac=1, random_state=seed)
    return shuffled.groupby(shuffled).cumcount().reindex(labels.index)

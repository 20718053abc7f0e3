"""Draw some of the rows by seed, from each label apart; a smaller draw is always part of a larger one."""

import pandas as pd


def stratified_fraction(labels: pd.Series, fraction: float, seed: int) -> pd.Series:
    """Return which rows to take for a fraction of all: that fraction of each label, and at least one row.

    Args:
        labels: one per row.
        fraction: above 0, 1 for all.
        seed: of the draw.

    Returns:
        One bool per row, in the order of `labels`.
    """
    wanted = (labels.map(labels.value_counts()) * fraction).round().clip(lower=1)
    return _places(labels, seed) < wanted


def n_per_label(labels: pd.Series, number: int, seed: int) -> pd.Series:
    """Return which rows to take for `number` of each label, or all of a label with fewer; see stratified_fraction."""
    return _places(labels, seed) < number


def _places(labels: pd.Series, seed: int) -> pd.Series:
    """Return the place of each row among those of its label, from 0 on, after shuffling."""
    shuffled = labels.sample(frac=1, random_state=seed)
    return shuffled.groupby(shuffled).cumcount().reindex(labels.index)

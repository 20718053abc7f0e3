"""Draw training rows by seed, from each label apart; a smaller draw is always part of a larger one."""

import pandas as pd

from crossfer.artifacts.paths import LABEL, SPLIT, TRAIN


def training_rows(table: pd.DataFrame, seed: int, fraction: float = 1.0, per_label: int | None = None) -> pd.DataFrame:
    """Return training rows of a table, in its order: a fraction of each label, or a number.

    Args:
        table: with the columns label and split.
        seed: of the draw.
        fraction: of the training rows of each label, rounded; at least one row.
        per_label: rows of each label instead of a fraction; all rows of a label with fewer.
    """
    training = table[table[SPLIT] == TRAIN]
    labels = training[LABEL]
    shuffled = labels.sample(frac=1, random_state=seed)
    ranks = shuffled.groupby(shuffled).cumcount().reindex(labels.index)
    limits = (labels.map(labels.value_counts()) * fraction).round().clip(lower=1) if per_label is None else per_label
    return training[ranks < limits]

"""Draw training rows by seed and label; larger draws contain smaller ones."""

import pandas as pd

from crossfer.artifacts.paths import LABEL, SPLIT, TRAIN


def training_rows(table: pd.DataFrame, seed: int, fraction: float = 1.0, per_label: int | None = None) -> pd.DataFrame:
    """Return a fraction or a number of training rows per label, in the table's order.

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

"""Keep rows that belong together, such as near-duplicates, in one split."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from crossfer.artifacts.paths import GROUP, ID, SPLIT, TEST
from crossfer.errors import UserError, shorten

Pairs = NDArray[np.intp]  # shape (pairs, 2): indices of rows


def connected_rows(n_rows: int, pairs: Pairs) -> NDArray[np.int32]:
    """Return a group number per row: rows that pairs connect have the same number."""
    graph = coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(n_rows, n_rows))
    return connected_components(graph, directed=False)[1]


def pairs_of_equal_values(values: pd.Series) -> Pairs:
    """Return pairs that connect rows with equal values, except empty ones."""
    indices = pd.Series(np.flatnonzero(values != ""))
    previous_indices = indices.groupby(values.to_numpy()[indices]).shift().dropna().astype(np.intp)
    return np.stack([previous_indices, indices[previous_indices.index]], 1)


def near_duplicates_of_tests(rows: pd.DataFrame, pairs: Pairs) -> NDArray[np.bool_]:
    """Return whether each row is no test row, but near an official test row.

    Args:
        rows: the rows of a domain, column split.
        pairs: near-duplicates.
    """
    groups, is_test = connected_rows(len(rows), pairs), (rows[SPLIT] == TEST).to_numpy()
    return np.isin(groups, groups[is_test]) & ~is_test & rows[SPLIT].notna().to_numpy()


def check_official_splits(rows: pd.DataFrame, domain: str) -> None:
    """Check that no value of the group column is in two official splits.

    The user names the column to prevent this, and the official splits contradict it: dropping rows would make scores
    incomparable with published ones.

    Args:
        rows: the rows of a domain, columns id, split and group.
        domain: its name.

    Raises:
        UserError: a group is in two splits.
    """
    official_rows = rows[rows[SPLIT].notna() & (rows[GROUP] != "")]
    n_splits = official_rows.groupby(GROUP)[SPLIT].nunique()
    if divided_groups := list(n_splits.index[n_splits > 1]):
        members = official_rows[official_rows[GROUP] == divided_groups[0]].drop_duplicates(SPLIT)
        first, second = members[[ID, SPLIT]].to_numpy()[:2]
        raise UserError(
            f"domain {domain} has groups in two official splits ({len(divided_groups)}), first"
            f" {shorten(divided_groups[0])}: row {first[0]} is in {first[1]}, row {second[0]} in {second[1]}."
            " Remove columns.group to accept these splits, or name the files without splits to draw new ones."
        )


def keep_groups_together(splits: pd.Series, labels: pd.Series, groups: pd.Series) -> pd.Series:
    """Return splits in which each group is in one split.

    Only rows of a group that is in several splits change. It goes to the one of these splits for which the numbers of
    rows by label come closest to those of `splits`: relative to the latter, the sum of squared differences is lowest.
    Larger groups come first.

    Args:
        splits: the split of each row.
        labels: the label of each row.
        groups: the group number of each row.
    """
    split_codes, split_names = pd.factorize(splits, sort=True)
    label_codes, label_names = pd.factorize(labels, sort=True)
    wanted = np.zeros((len(split_names), len(label_names)), np.int64)
    np.add.at(wanted, (split_codes, label_codes), 1)
    is_divided = (splits.groupby(groups).transform("nunique") > 1).to_numpy()
    missing = wanted.copy()
    np.subtract.at(missing, (split_codes[~is_divided], label_codes[~is_divided]), 1)
    divided_rows = pd.Series(np.flatnonzero(is_divided))
    divided_groups = [rows.to_numpy() for _, rows in divided_rows.groupby(groups.to_numpy()[is_divided])]
    for rows in sorted(divided_groups, key=lambda rows: (-len(rows), rows[0])):
        label_counts = np.bincount(label_codes[rows], minlength=len(label_names))
        choices = np.unique(split_codes[rows])
        squares = (missing[choices] - label_counts) ** 2 - missing[choices] ** 2
        choice = choices[(squares / np.maximum(wanted[choices], 1) ** 2).sum(1).argmin()]
        split_codes[rows] = choice
        missing[choice] -= label_counts
    return pd.Series(split_names[split_codes], splits.index, splits.dtype)

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
    Larger groups come first. If a split then lacks a label, further groups move to it where this is possible.

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
        counts = wanted[choices] - missing[choices]
        choice = choices[_added_squares(counts, label_counts, wanted[choices]).argmin()]
        split_codes[rows] = choice
        missing[choice] -= label_counts
    _fill_empty_splits(split_codes, label_codes, pd.factorize(groups)[0], wanted)
    return pd.Series(split_names[split_codes], splits.index, splits.dtype)


def _fill_empty_splits(
    split_codes: NDArray[np.intp],
    label_codes: NDArray[np.intp],
    group_codes: NDArray[np.intp],
    wanted: NDArray[np.int64],
) -> None:
    """Move groups to splits that lack a label, from splits that then lack none.

    Args:
        split_codes: the split of each row, changed in place.
        label_codes: the label of each row.
        group_codes: the group of each row.
        wanted: the number of rows by split and label.
    """
    counts = np.zeros_like(wanted)
    np.add.at(counts, (split_codes, label_codes), 1)
    for split, label in np.argwhere((counts == 0) & (wanted > 0)):
        if counts[split, label]:  # a group that was moved for another label has it
            continue
        rows = np.flatnonzero(np.isin(group_codes, group_codes[label_codes == label]))
        _, first_rows, group_indices = np.unique(group_codes[rows], return_index=True, return_inverse=True)
        moved, origins = np.zeros((len(first_rows), wanted.shape[1]), np.int64), split_codes[rows[first_rows]]
        np.add.at(moved, (group_indices, label_codes[rows]), 1)
        is_spare = ((counts[origins] > moved) | (moved == 0)).all(1)
        if not is_spare.any():
            continue
        squares = _added_squares(counts[split], moved, wanted[split])
        squares += _added_squares(counts[origins], -moved, wanted[origins])
        choice = np.where(is_spare, squares, np.inf).argmin()
        split_codes[rows[group_indices == choice]] = split
        counts[split] += moved[choice]
        counts[origins[choice]] -= moved[choice]


def _added_squares(
    counts: NDArray[np.int64], added: NDArray[np.int64], wanted: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return how much added rows change the sum of squared relative differences."""
    squares = (counts + added - wanted) ** 2 - (counts - wanted) ** 2
    return (squares / np.maximum(wanted, 1) ** 2).sum(1)

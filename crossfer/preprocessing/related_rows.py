"""Find the rows of a domain that belong in one split."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from crossfer.artifacts import io
from crossfer.artifacts.io import Domain
from crossfer.artifacts.paths import GROUP, ID, LABEL, SPLIT
from crossfer.preprocessing.accounting import NEAR_DUPLICATES, RowAccount
from crossfer.preprocessing.groups import (
    Pairs,
    check_official_splits,
    connected_rows,
    near_duplicates_of_tests,
    pairs_of_equal_values,
)
from crossfer.preprocessing.near_duplicates import near_duplicates

NO_PAIRS: Pairs = np.empty((0, 2), np.intp)


@dataclass(frozen=True)
class RelatedRows:
    """The rows of a domain, and which of them belong together.

    Attributes:
        rows: columns id, label, split and group; rows with equal group numbers belong in one split.
        near_duplicates: pairs of indices of rows; None if they were not looked for.
    """

    rows: pd.DataFrame
    near_duplicates: Pairs | None

    def without_leaks(self, account: RowAccount) -> pd.DataFrame:
        """Return the rows without near-duplicates of official test rows; count both."""
        if self.near_duplicates is None:
            return self.rows
        sizes = np.bincount(connected_rows(len(self.rows), self.near_duplicates))
        account.near_duplicates = {"groups": int((sizes > 1).sum()), "rows": int(sizes[sizes > 1].sum())}
        is_leak = near_duplicates_of_tests(self.rows, self.near_duplicates)
        for row_id, label in self.rows.loc[is_leak, [ID, LABEL]].to_numpy():
            account.drop(row_id, label, NEAR_DUPLICATES)
        return self.rows[~is_leak]


def relate_rows(table: Path, domain: Domain, threshold: float | str) -> RelatedRows:
    """Read the rows of a clean table, and find those that belong in one split.

    Nothing is trained on targets without shots: their rows stay alone.

    Args:
        table: columns id, content, label and split, and group if the user names it.
        domain: the domain of the table.
        threshold: the similarity of near-duplicates, or none.

    Raises:
        UserError: a group that the user names is in two official splits.
    """
    names = io.column_names(table)
    rows = io.read_table(table, [name for name in (ID, LABEL, SPLIT, GROUP) if name in names])
    pairs, similar_pairs = NO_PAIRS, None
    if domain.is_source or domain.shots is not None:
        if threshold != "none":
            pairs = similar_pairs = near_duplicates(table, float(threshold))
        if GROUP in rows:
            check_official_splits(rows, domain.name)
            pairs = np.concatenate([pairs, pairs_of_equal_values(rows[GROUP])])
    return RelatedRows(rows.assign(**{GROUP: connected_rows(len(rows), pairs)}), similar_pairs)

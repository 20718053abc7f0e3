"""Assign rows to train, validation and test: as the provider does, or at random."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from sklearn.model_selection import train_test_split

from crossfer.artifacts import io
from crossfer.artifacts.io import Domain
from crossfer.artifacts.paths import GROUP, LABEL, SPLIT, TEST, TRAIN, VALIDATION
from crossfer.errors import UserError, shorten
from crossfer.preprocessing.groups import keep_groups_together


def official_splits(table: Path) -> set[str]:
    """Return the names of the splits that the provider of a raw table assigned."""
    return set(io.read_table(table, [SPLIT])[SPLIT].dropna()) if SPLIT in io.column_names(table) else set()


def read_rows_by_split(table: Path) -> Iterator[pd.DataFrame]:
    """Yield the rows of a raw table: test, validation, train, then the others.

    Of duplicates the first row stays, so that no content of a test row is trained on.
    """
    official = official_splits(table)
    for name in (TEST, VALIDATION, TRAIN):
        if name in official:
            yield from io.read_split(table, name)
    for rows in io.read_chunks(table):
        splits = rows[SPLIT] if SPLIT in rows else pd.Series(None, index=rows.index, dtype="str")
        if splits.isna().any():
            yield rows.assign(**{SPLIT: splits})[splits.isna()]


def check_no_split_is_empty(domain: str, official: set[str], remaining: set[str]) -> None:
    """Raise a `UserError` if all rows of an official split were dropped."""
    if missing := sorted(official - remaining):  # assign_splits would replace it by random rows
        raise UserError(
            f"preprocess drops all rows of split {missing[0]} of domain {domain}: they are empty, or duplicates or"
            " near-duplicates of rows in another split or domain; remove these rows from one of them."
        )


def add_splits(table: Path, splits: pd.Series) -> Iterator[pd.DataFrame]:
    """Yield the rows of a table in chunks, with `splits`, without the group column.

    The index of `splits` numbers the rows. Those that it lacks are dropped.
    """
    start = 0
    for rows in io.read_chunks(table):
        rows.index += start
        start += len(rows)
        remaining = rows[rows.index.isin(splits.index)].drop(columns=GROUP, errors="ignore")
        yield remaining.assign(**{SPLIT: splits[remaining.index]})


def assign_splits(
    rows: pd.DataFrame, domain: Domain, validation_fraction: float, test_fraction: float, seed: int
) -> pd.Series:
    """Return the split of each row: official, or else random.

    All rows of a target are for testing, unless it has official splits or shots. Rows of one group are in one random
    split, and no row is drawn from train that is in a group with a row of an official validation or test split.

    Args:
        rows: the rows of a domain, columns label, split and group; split is missing in all of them, or in none.
        domain: their domain.
        validation_fraction: fraction of the source's rows for validation, if there is no official split.
        test_fraction: fraction of the rows for testing, of the source or a few-shot target without official split.
        seed: of the random split.

    Raises:
        UserError: a split that is needed is missing, or there are too few rows or labels.
    """
    splits, name = rows[SPLIT], domain.name
    official = set(splits.dropna())
    if official and (missing_split := _missing_split(domain, official)):
        raise UserError(
            f"domain {name} has the splits {', '.join(sorted(official))}, but needs {missing_split}; add a"
            f" {missing_split} split{', or remove shots' if missing_split == TRAIN and not domain.is_source else ''}."
        )
    if not domain.is_source and domain.shots is None:
        return splits.fillna(TEST).astype("str")
    fractions = {VALIDATION: validation_fraction if domain.is_source else 0.0, TEST: test_fraction}
    if not official:
        return _draw_splits(rows, name, fractions, seed)
    if domain.is_source and not {VALIDATION, TEST} <= official:
        fractions = {split: 0.0 if split in official else fraction for split, fraction in fractions.items()}
        rows_to_split = rows[(splits == TRAIN) & ~rows[GROUP].isin(rows.loc[splits != TRAIN, GROUP])]
        random_splits = _draw_splits(rows_to_split, name, fractions, seed)
        splits = random_splits.reindex(splits.index).fillna(splits)
    train_labels = set(rows.loc[splits == TRAIN, LABEL])
    _check_two_labels(train_labels, name)
    if domain.is_source and (unseen_labels := sorted(set(rows[LABEL]) - train_labels)):
        raise UserError(f"domain {name} has no train rows with the labels {shorten(unseen_labels)}; add such rows.")
    return splits.astype("str")


def _missing_split(domain: Domain, official: set[str]) -> str | None:
    """Return the first split that a domain needs and its official splits lack."""
    needed = [TRAIN] if domain.is_source else [TEST] if domain.shots is None else [TEST, TRAIN]
    return next((name for name in needed if name not in official), None)


def stratified_split(
    labels: pd.Series, domain: str, validation_fraction: float, test_fraction: float, seed: int
) -> pd.Series:
    """Return a random split of each row, with the same fractions of each label.

    A fraction of 0 means no such split.

    Raises:
        UserError: there are fewer than two labels, or too few rows of a label to be in each split.
    """
    counts = labels.value_counts()
    _check_two_labels(set(counts.index), domain)
    fractions = {TEST: test_fraction, VALIDATION: validation_fraction}
    fractions = {name: fraction for name, fraction in fractions.items() if fraction}
    splits, train_labels = pd.Series(TRAIN, index=labels.index), labels
    try:
        for name, fraction in fractions.items():
            size = round(len(labels) * fraction)
            train_labels, split_labels = train_test_split(
                train_labels, test_size=size, random_state=seed, stratify=train_labels
            )
            splits[split_labels.index] = name
        min_rows = pd.crosstab(labels, splits).reindex(columns=[TRAIN, *fractions], fill_value=0).to_numpy().min()
    except ValueError:  # of scikit-learn: a label with one row, or a split smaller than the number of labels
        min_rows = 0
    if min_rows == 0:
        raise UserError(
            f"domain {domain} has {len(labels)} rows, {counts.min()} with label {shorten(counts.idxmin())}: too few for"
            f" a row of each label in each split at test_fraction {test_fraction} and validation_fraction"
            f" {validation_fraction}; add rows, leave the label out, or change the fractions."
        )
    return splits


def _draw_splits(rows: pd.DataFrame, domain: str, fractions: dict[str, float], seed: int) -> pd.Series:
    """Return random splits in which each group is in one split.

    Raises:
        UserError: as `stratified_split`, or a label has too few groups.
    """
    splits = stratified_split(rows[LABEL], domain, fractions[VALIDATION], fractions[TEST], seed)
    grouped_splits = keep_groups_together(splits, rows[LABEL], rows[GROUP])
    counts = pd.crosstab(grouped_splits, rows[LABEL]).reindex(sorted(set(splits)), fill_value=0)
    lost = [(split, label) for split, row in counts.iterrows() for label, count in row.items() if not count]
    if lost:
        split, label = lost[0]
        raise UserError(
            f"domain {domain} has too few groups of rows with label {shorten(label)} for split {split}: a group stays"
            " in one split; add rows, remove columns.group, or set preprocess.near_duplicate_threshold to none."
        )
    return grouped_splits


def _check_two_labels(labels: set[str], domain: str) -> None:
    if len(labels) < 2:
        raise UserError(f"domain {domain} has the labels {shorten(sorted(labels))}; add rows with another label.")

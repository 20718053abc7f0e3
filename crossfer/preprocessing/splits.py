"""Which rows train, validate and test: as the provider says, or dealt by seed."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from sklearn.model_selection import train_test_split

from crossfer.artifacts import io
from crossfer.artifacts.io import Domain
from crossfer.artifacts.paths import LABEL, SPLIT, TEST, TRAIN, VALIDATION
from crossfer.errors import UserError


def official_splits(table: Path) -> set[str]:
    """Return the splits that the provider of a raw table has assigned."""
    return set(io.read_table(table, [SPLIT])[SPLIT].dropna()) if SPLIT in io.column_names(table) else set()


def read_rows_by_split(table: Path) -> Iterator[pd.DataFrame]:
    """Yield the rows of a raw table in chunks: those to test on, to validate on, to train on, and without a split.

    Test rows come first, so that a content that stands in two splits is not trained on.
    """
    official = official_splits(table)
    for part in (TEST, VALIDATION, TRAIN):
        if part in official:
            yield from io.read_split(table, part)
    for rows in io.read_chunks(table):
        splits = rows[SPLIT] if SPLIT in rows else pd.Series(None, index=rows.index, dtype="str")
        if splits.isna().any():
            yield rows.assign(**{SPLIT: splits})[splits.isna()]


def check_no_split_is_empty(domain: str, official: set[str], kept: set[str]) -> None:
    """Check that no official split has lost all its rows: another one would be dealt in its place.

    Raises:
        UserError: one has.
    """
    if lost := sorted(official - kept):
        raise UserError(
            f"domain {domain} has no row left of its split {lost[0]}: what is not empty stands in another split or"
            " domain too; take it out there."
        )


def add_splits(table: Path, splits: pd.Series) -> Iterator[pd.DataFrame]:
    """Yield the rows of a table in chunks, with `splits`, one per row."""
    start = 0
    for rows in io.read_chunks(table):
        yield rows.assign(**{SPLIT: splits.iloc[start : start + len(rows)].array})
        start += len(rows)


def assign_splits(rows: pd.DataFrame, domain: Domain, validation: float, test: float, seed: int) -> pd.Series:
    """The split of each row: the provider's, or one by seed where there is none.

    Args:
        rows: of a domain, columns label and split; split is missing in all of them, or in none.
        domain: what they are of. A target without official splits is for testing, unless it has shots; of one that has
            splits, only test rows are scored.
        validation: share of the source's rows to validate on, if no split is.
        test: share of the rows to test on, of the source or of a target with shots, if no split is.
        seed: another seed, another deal.

    Raises:
        UserError: there are too few rows, the source or a target with shots has none to train on, or a target none to
            test on.
    """
    found, name = rows[SPLIT], domain.name
    there = set(found.dropna())
    listed = ", ".join(sorted(there))
    if not domain.is_source:
        if there and TEST not in there:
            raise UserError(f"domain {name} has the splits {listed}, and none to test on; add a test.")
        if domain.shots is not None:
            if there and TRAIN not in there:
                raise UserError(
                    f"domain {name} has shots ({domain.shots}) and the splits {listed}, and none to take them from;"
                    " add a train, or take shots out."
                )
            if not there:
                return stratified_split(rows[LABEL], name, 0.0, test, seed)
            _two_or_more(set(rows.loc[found == TRAIN, LABEL]), name)
        return found.fillna(TEST).astype("str")
    if not there:
        return stratified_split(rows[LABEL], name, validation, test, seed)
    if TRAIN not in there:
        raise UserError(f"domain {name} has the splits {listed}, and none to train on; add a train.")
    missing = {TEST: test, VALIDATION: validation}
    shares = {part: share for part, share in missing.items() if part not in there}
    if shares:
        training = found == TRAIN
        again = stratified_split(
            rows.loc[training, LABEL], name, shares.get(VALIDATION, 0.0), shares.get(TEST, 0.0), seed
        )
        found = again.reindex(found.index).fillna(found)
    trained = set(rows.loc[found == TRAIN, LABEL])
    _two_or_more(trained, name)
    if unseen := sorted(set(rows[LABEL]) - trained):
        raise UserError(f"domain {name} has labels that its train split lacks: {', '.join(unseen)}; add such rows.")
    return found.astype("str")


def stratified_split(labels: pd.Series, domain: str, validation: float, test: float, seed: int) -> pd.Series:
    """Deal rows to the splits by seed, each label in its share.

    Args:
        labels: a label a row.
        domain: the domain's name, for the message.
        validation: share of the rows to validate on; 0 for no such split.
        test: share of the rows to test on, 0 for no such split; the rest is to train on.
        seed: another seed, another deal.

    Returns:
        The split of each row.

    Raises:
        UserError: there are fewer than two labels, or too few rows of one for each split to get some.
    """
    counts = labels.value_counts()
    _two_or_more(set(counts.index), domain)
    shares = {name: share for name, share in ((TEST, test), (VALIDATION, validation)) if share}
    splits = pd.Series(TRAIN, index=labels.index)
    rest = labels
    try:
        for name, share in shares.items():
            rest, taken = train_test_split(rest, test_size=round(len(labels) * share), random_state=seed, stratify=rest)
            splits[taken.index] = name
        each = pd.crosstab(labels, splits).reindex(columns=[TRAIN, *shares], fill_value=0)
    except ValueError:  # scikit-learn's: a label with one row, or a split smaller than the number of labels
        each = None
    if each is None or each.to_numpy().min() == 0:
        raise UserError(
            f"domain {domain} has {len(labels)} rows, {counts.min()} of label {counts.idxmin()!r}: too few for each"
            f" split to get some of each label at test {test} and validation {validation}; add rows, leave the label"
            " out, or change the shares."
        )
    return splits


def _two_or_more(labels: set[str], domain: str) -> None:
    """Check that there is something to tell apart.

    Raises:
        UserError: there is not.
    """
    if len(labels) < 2:
        raise UserError(f"domain {domain} has the labels {sorted(labels)}; a classifier needs two or more.")

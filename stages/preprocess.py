"""Bring every domain's contents to one form, drop what cannot be used, and split the source.

Reads:  data/raw/<task>
Writes: data/clean/<task>/<domain>.parquet (id, content, label, split), domains.json, the cleaner's options if it
        has any, and quality.json, which accounts for every row.
Run:    python -m stages.preprocess <task>

A content is kept once. Targets are gone through before the source, so that a row that stands in both stays with the
target and no target row is ever trained on.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import CONTENT, ID, LABEL, SPLIT, TEST, TRAIN, VALIDATION
from crossfer.config.params import load_task
from crossfer.entrypoint import run_stage, say
from crossfer.errors import UserError
from crossfer.preprocessing.scrubbing import with_scrubber
from crossfer.preprocessing.splits import assign_splits
from crossfer.protocols import Cleaner, Modality, load_modality

ORDER = (TEST, VALIDATION, TRAIN)


@dataclass
class Account:
    """What became of a domain's rows: how many there were and are, ids dropped by reason, how many were changed how."""

    rows_in: int = 0
    rows_out: int = 0
    dropped: dict[str, list[str]] = field(default_factory=dict)
    changed: Counter[str] = field(default_factory=Counter)

    def as_quality(self) -> dict[str, Any]:
        """What quality.json says of it."""
        dropped, changed = dict(sorted(self.dropped.items())), dict(sorted(self.changed.items()))
        return {"rows_in": self.rows_in, "rows_out": self.rows_out, "dropped": dropped, "changed": changed}


def main(task_name: str) -> None:
    """Bring every domain's contents to one form, drop what cannot be used, and split the source."""
    task, _ = load_task(task_name)
    modality, options = load_modality(task.modality), task.preprocess
    cleaner = with_scrubber(modality.make_cleaner(**options.of_the_modality()), options.personal_data)
    seen: dict[str, tuple[str, str]] = {}
    raw, quality = paths.raw(task_name), {}
    domains = io.read_domains(raw)
    with io.replaced_folder(paths.clean(task_name)) as folder:
        for domain in sorted(domains, key=lambda domain: domain.is_source):
            account = Account()
            path = paths.table(raw, domain.name)
            pieces = partial(io.read_chunks, path)
            table = paths.table(folder, domain.name)
            unsplit = table.with_suffix(".unsplit")
            official = _official(path)
            kept = cleaned(modality, cleaner, domain.name, pieces, official, options.min_size, seen, account)
            io.write_chunks(unsplit, kept)
            _enough(task_name, domain.name, account, options.max_dropped)
            rows = io.read_table(unsplit, [ID, LABEL, SPLIT])
            _still_there(domain.name, official, set(rows[SPLIT].dropna()))
            splits = assign_splits(rows, domain, options.validation, options.test, options.seed)
            io.write_chunks(table, _split(unsplit, splits))
            unsplit.unlink()
            counts = splits.value_counts().sort_index().to_dict()
            quality[domain.name] = {**account.as_quality(), "splits": counts}
            say("preprocess", task_name, f"{domain.name}: {account.rows_out} of {account.rows_in} rows kept")
        cleaner.save(folder)
        io.write_json(folder / paths.QUALITY, quality)
        io.write_domains(folder, domains)


def cleaned(
    modality: Modality,
    cleaner: Cleaner,
    domain: str,
    pieces: Callable[[], Iterator[pd.DataFrame]],
    official: set[str],
    min_size: int,
    seen: dict[str, tuple[str, str]],
    account: Account,
) -> Iterator[pd.DataFrame]:
    """Clean a domain's contents and drop the empty, the too small, and all but the first of equal ones.

    Args:
        modality: what the contents are.
        cleaner: brings them to one form.
        domain: the domain's name.
        pieces: gives its rows, some at a time, each time from the first: columns id, content, label, and split where
            the provider has official ones.
        official: the splits that the provider has; the rows are gone through once for each, and for none.
        min_size: a content of a smaller `modality.size` is dropped.
        seen: fingerprint of each content kept so far, in any domain, with its domain and label; added to.
        account: of the domain; added to.

    Yields:
        The rows kept, some at a time; test rows first, so that what stands in two splits is not trained on.

    Raises:
        UserError: a content cannot be read; the message names the row.
    """
    for split in (*(split for split in ORDER if split in official), None):
        for rows in pieces():
            splits = rows[SPLIT] if SPLIT in rows else pd.Series(None, index=rows.index, dtype="str")
            chosen = splits.isna() if split is None else splits == split
            if chosen.any():
                some = rows[chosen].assign(**{SPLIT: splits[chosen]})
                yield _cleaned(modality, cleaner, domain, some, min_size, seen, account)


def _cleaned(
    modality: Modality,
    cleaner: Cleaner,
    domain: str,
    rows: pd.DataFrame,
    min_size: int,
    seen: dict[str, tuple[str, str]],
    account: Account,
) -> pd.DataFrame:
    """The same of rows that are in memory."""
    contents: dict[Any, Any] = {}
    for index, identity, label, raw in zip(rows.index, rows[ID], rows[LABEL], rows[CONTENT], strict=True):
        try:
            content, changes = cleaner.clean(raw)
        except UserError as error:
            raise UserError(f"row {identity} of domain {domain}: {error}") from None
        fingerprint = modality.fingerprint(content)
        earlier = seen.get(fingerprint)
        if modality.size(content) == 0:
            reason = "empty"
        elif modality.size(content) < min_size:
            reason = "too_small"
        elif earlier is None:
            seen[fingerprint] = (domain, label)
            contents[index] = content
            account.changed.update(changes)
            continue
        elif earlier[0] != domain:
            reason = f"duplicate_in_{earlier[0]}"
        else:
            reason = "duplicate" if earlier[1] == label else "duplicate_with_another_label"
        account.dropped.setdefault(reason, []).append(identity)
    account.rows_in += len(rows)
    account.rows_out += len(contents)
    kept = rows.loc[list(contents)]
    return kept.assign(**{CONTENT: pd.Series(list(contents.values()), kept.index, kept[CONTENT].dtype)})


def _split(unsplit: Path, splits: pd.Series) -> Iterator[pd.DataFrame]:
    """The table's pieces with these splits, one a row."""
    start = 0
    for rows in io.read_chunks(unsplit):
        yield rows.assign(**{SPLIT: splits.iloc[start : start + len(rows)].array})
        start += len(rows)


def _official(path: Path) -> set[str]:
    """The official splits in a table of raw rows."""
    return set(io.read_table(path, [SPLIT])[SPLIT].dropna()) if SPLIT in io.columns(path) else set()


def _enough(task: str, domain: str, account: Account, max_dropped: float) -> None:
    """Check that not too much was dropped.

    Raises:
        UserError: it was.
    """
    dropped = 1 - account.rows_out / account.rows_in
    if dropped > max_dropped or account.rows_out == 0:
        reasons = ", ".join(f"{reason}: {len(ids)}" for reason, ids in sorted(account.dropped.items()))
        raise UserError(
            f"domain {domain} of task {task} loses {dropped:.1%} of its {account.rows_in} rows ({reasons}), allowed is"
            f" {max_dropped:.1%}; mend the data, or raise preprocess.max_dropped in params.yaml."
        )


def _still_there(domain: str, before: set[str], now: set[str]) -> None:
    """Check that no official split was lost whole: another one would be dealt in its place.

    Raises:
        UserError: one was.
    """
    if lost := sorted(before - now):
        raise UserError(
            f"domain {domain} has no row left of its split {lost[0]}: what is not empty stands in another split or"
            " domain too; take it out there."
        )


if __name__ == "__main__":
    run_stage(main)

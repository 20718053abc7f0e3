"""Clean the rows of one domain, drop those that leak, and assign splits."""

from pathlib import Path

import pandas as pd

from crossfer.artifacts import io
from crossfer.artifacts.io import Domain
from crossfer.artifacts.paths import ID, LABEL, SPLIT
from crossfer.config.stage_options import PreprocessImages, PreprocessTexts
from crossfer.preprocessing.accounting import RowAccount
from crossfer.preprocessing.related_rows import relate_rows
from crossfer.preprocessing.row_cleaner import RowCleaner
from crossfer.preprocessing.scrubbing import IdScrubber
from crossfer.preprocessing.splits import assign_splits, check_no_split_is_empty, official_splits, read_rows_by_split


def clean_and_split(
    task: str,
    domain: Domain,
    raw_table: Path,
    clean_table: Path,
    row_cleaner: RowCleaner,
    id_scrubber: IdScrubber,
    options: PreprocessTexts | PreprocessImages,
    account: RowAccount,
) -> pd.DataFrame:
    """Write the clean rows of a domain, and return the split of those that stay.

    Args:
        task: its name, for error messages.
        domain: the domain; the source comes after all targets.
        raw_table: columns id, content, label, and split or group if the provider has them.
        clean_table: the file to write: the same columns, with rows whose splits leak; `add_splits` drops these.
        row_cleaner: cleans the contents of all domains of the task.
        id_scrubber: replaces ids that contain personal data.
        options: of preprocess.
        account: counts the rows.

    Returns:
        Columns id, label and split; the index is the row's position in `clean_table`.

    Raises:
        UserError: a content cannot be read, too many rows are dropped, or splits cannot be assigned.
    """
    raw_rows = id_scrubber.scrub(read_rows_by_split(raw_table), domain.name, account.changed)
    io.write_chunks(clean_table, row_cleaner.clean(raw_rows, domain, account))
    account.check(task, domain.name, options.max_drop_fraction)
    rows = relate_rows(clean_table, domain, options.near_duplicate_threshold).without_leaks(account)
    account.check(task, domain.name, options.max_drop_fraction)
    check_no_split_is_empty(domain.name, official_splits(raw_table), set(rows[SPLIT].dropna()))
    splits = assign_splits(rows, domain, options.validation_fraction, options.test_fraction, options.seed)
    return rows[[ID, LABEL]].assign(**{SPLIT: splits})

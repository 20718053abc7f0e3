"""Clean the rows of one domain, drop those that leak, and assign splits."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from crossfer.artifacts import io
from crossfer.artifacts.io import Domain
from crossfer.artifacts.paths import ID, LABEL, SPLIT
from crossfer.config.stage_options import PreprocessImages, PreprocessTexts
from crossfer.preprocessing.accounting import RowAccount
from crossfer.preprocessing.deduplicate import ExactDeduplicator
from crossfer.preprocessing.related_rows import relate_rows
from crossfer.preprocessing.row_cleaner import RowCleaner
from crossfer.preprocessing.scrubbing import IdScrubber
from crossfer.preprocessing.splits import assign_splits, check_no_split_is_empty, official_splits, read_rows_by_split
from crossfer.protocols import Cleaner, Modality


@dataclass
class DomainCleaner:
    """Cleans the domains of a task in the order of `sort_domains`.

    Attributes:
        task: its name, for error messages.
        modality: that of the task.
        cleaner: normalizes contents.
        id_scrubber: replaces ids that contain personal data.
        options: of preprocess.
    """

    task: str
    modality: Modality
    cleaner: Cleaner
    id_scrubber: IdScrubber
    options: PreprocessTexts | PreprocessImages
    _row_cleaner: RowCleaner = field(init=False)

    def __post_init__(self) -> None:
        deduplicator = ExactDeduplicator(self.modality.fingerprint)
        self._row_cleaner = RowCleaner(self.modality, self.cleaner, self.options.min_size, deduplicator)

    def clean(self, domain: Domain, raw_table: Path, clean_table: Path, account: RowAccount) -> pd.DataFrame:
        """Write the clean rows of a domain, and return the split of each that stays.

        Args:
            domain: the domain; the source comes after all targets.
            raw_table: columns id, content, label, and split or group if the provider has them.
            clean_table: the file to write: the same columns, with rows whose splits leak; `add_splits` drops these.
            account: counts the rows.

        Returns:
            Columns id, label and split; the index is the row's position in `clean_table`.

        Raises:
            UserError: a content cannot be read, too many rows are dropped, or splits cannot be assigned.
        """
        options = self.options
        raw_rows = self.id_scrubber.scrub(read_rows_by_split(raw_table), domain.name, account.changed)
        io.write_chunks(clean_table, self._row_cleaner.clean(raw_rows, domain, account))
        account.check(self.task, domain.name, options.max_drop_fraction)
        rows = relate_rows(clean_table, domain, options.near_duplicate_threshold).without_leaks(account)
        account.check(self.task, domain.name, options.max_drop_fraction)
        check_no_split_is_empty(domain.name, official_splits(raw_table), set(rows[SPLIT].dropna()))
        splits = assign_splits(rows, domain, options.validation_fraction, options.test_fraction, options.seed)
        return rows[[ID, LABEL]].assign(**{SPLIT: splits})


def sort_domains(domains: Iterable[Domain]) -> list[Domain]:
    """Return the domains in the order of cleaning: targets, then the source."""
    return sorted(domains, key=lambda domain: domain.is_source)

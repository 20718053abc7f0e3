"""Compare the domains of a task as they are read: their ids and their labels."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from crossfer.artifacts.paths import SPLIT
from crossfer.sources.base import Dataset
from crossfer.sources.checks import checked_chunks
from crossfer.sources.labels import check_label_keys, find_unknown_labels
from crossfer.sources.parallel_items import ParallelItems

if TYPE_CHECKING:
    import pandas as pd


class DomainComparison:
    """Compares the source with the targets, which are read after it.

    Attributes:
        source: the source domain.
        labels: the numbers of rows by label, of each domain read so far.
        label_keys: those of its dataset, of each domain read so far.
        items: the ids of all domains.
        source_has_splits: whether the source has official splits.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.labels: dict[str, Counter[str]] = {}
        self.label_keys: dict[str, dict[str, bool]] = {}
        self.items = ParallelItems()
        self.source_has_splits = False

    def read(self, domain: str, dataset: Dataset, is_parallel: bool) -> "Iterator[pd.DataFrame]":
        """Yield the checked chunks of a domain.

        Args:
            domain: its name.
            dataset: its rows.
            is_parallel: whether params.yaml says that its ids are those of other domains.

        Raises:
            UserError: its ids or labels are invalid.
        """
        label_counts: Counter[str] = Counter()
        chunks = checked_chunks(domain, dataset, label_counts)
        if not dataset.ids_are_row_numbers:
            shares_ids = is_parallel or domain == self.source or dataset.ids_name_items
            chunks = self.items.name_items(domain, chunks, shares_ids)
        for chunk in chunks:
            if domain == self.source:
                self.source_has_splits |= SPLIT in chunk
            yield chunk
        self.labels[domain], self.label_keys[domain] = label_counts, dataset.label_keys

    def find_unknown_labels(self, domain: str) -> Counter[str]:
        """Return the labels of a domain that the source lacks, with their numbers of rows.

        Raises:
            UserError: the labels do not fit those of the source.
        """
        if self.source not in self.labels:  # it could not be read
            return Counter()
        return find_unknown_labels(domain, self.labels[domain], self.source, self.labels[self.source])

    def check(self, parallel_domains: Sequence[str]) -> None:
        """Check the domains together, after the last one is read.

        Raises:
            UserError: a parallel domain shares no id, or a key of `labels` in params.yaml matches no row.
        """
        check_label_keys(self.label_keys, self.labels)
        for domain in parallel_domains:
            self.items.check_parallel(domain)

    def describe_items(self) -> Iterator[str]:
        """Yield what the ids say about the domains, after the last one is read."""
        yield from self.items.describe_pairs()
        if self.items.paired_rows[self.source] and not self.source_has_splits:
            yield (
                f"{self.source} has no official splits, so targets are also tested on items that it trains on; add"
                " splits to test on new items only"
            )

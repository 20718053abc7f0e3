"""Clean the rows of a task; drop empty and small contents and duplicates."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from crossfer.artifacts.paths import CONTENT, ID, LABEL
from crossfer.errors import UserError
from crossfer.preprocessing.accounting import RowAccount
from crossfer.preprocessing.deduplicate import Deduplicator
from crossfer.protocols import Cleaner, Modality


@dataclass(frozen=True)
class RowCleaner:
    """Cleans the domains of a task in turn; of duplicates, the first row stays.

    Attributes:
        modality: measures contents.
        cleaner: normalizes contents.
        min_size: minimum `modality.size` of a content; 1 or more, so that empty contents are dropped.
        deduplicator: recognizes duplicates.
    """

    modality: Modality
    cleaner: Cleaner
    min_size: int
    deduplicator: Deduplicator

    def clean(self, chunks: Iterable[pd.DataFrame], domain: str, account: RowAccount) -> Iterator[pd.DataFrame]:
        """Yield the remaining rows of each chunk, cleaned; count all rows.

        Raises:
            UserError: a content cannot be read.
        """
        for rows in chunks:
            contents: dict[Any, Any] = {}
            for index, row_id, label, raw in zip(rows.index, rows[ID], rows[LABEL], rows[CONTENT], strict=True):
                try:
                    content, changes = self.cleaner.clean(raw)
                except UserError as error:
                    raise UserError(f"row {row_id} of domain {domain}: {error}") from error
                if reason := self._reason_to_drop(content, domain, label):
                    account.dropped.setdefault(reason, []).append(row_id)
                else:
                    contents[index] = content
                    account.changed.update(changes)
            account.rows_in += len(rows)
            account.rows_out += len(contents)
            remaining = rows.loc[list(contents)]
            clean = pd.Series(list(contents.values()), remaining.index, remaining[CONTENT].dtype)
            yield remaining.assign(**{CONTENT: clean})

    def _reason_to_drop(self, content: Any, domain: str, label: str) -> str | None:
        """Return why a clean content is dropped; None if it stays."""
        size = self.modality.size(content)
        if size < self.min_size:
            return "too_small" if size else "empty"
        return self.deduplicator.reason_to_drop(content, domain, label)

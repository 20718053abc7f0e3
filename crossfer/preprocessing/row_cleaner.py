"""Clean the rows of a task; drop empty and small contents and duplicates."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from crossfer.artifacts.io import Domain
from crossfer.artifacts.paths import CONTENT, ID, LABEL, SPLIT
from crossfer.errors import ErrorList, UserError
from crossfer.preprocessing.accounting import RowAccount
from crossfer.preprocessing.deduplicate import Deduplicator
from crossfer.protocols import Cleaner, Modality


@dataclass(frozen=True)
class RowCleaner:
    """Cleans the domains of a task in turn: the targets, then the source.

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

    def clean(self, chunks: Iterable[pd.DataFrame], domain: Domain, account: RowAccount) -> Iterator[pd.DataFrame]:
        """Yield the remaining rows of each chunk, cleaned; count all rows.

        The chunks have the columns id, content, label and split.

        Raises:
            UserError: after the last chunk, if contents cannot be read.
        """
        self.deduplicator.begin(domain)
        errors = ErrorList()
        for rows in chunks:
            contents: dict[Any, Any] = {}
            columns = (rows[column] for column in (ID, LABEL, SPLIT, CONTENT))
            for index, row_id, label, split, raw in zip(rows.index, *columns, strict=True):
                try:
                    content, changes = self.cleaner.clean(raw)
                except UserError as error:
                    errors.add(UserError(f"row {row_id} of domain {domain.name}: {error}"))
                    continue
                if reason := self._reason_to_drop(content, label, split):
                    account.drop(row_id, label, reason)
                else:
                    contents[index] = content
                    account.changed.update(changes)
            account.labels_in.update(rows[LABEL])
            remaining = rows.loc[list(contents)]
            clean = pd.Series(list(contents.values()), remaining.index, remaining[CONTENT].dtype)
            yield remaining.assign(**{CONTENT: clean})
        errors.check()

    def _reason_to_drop(self, content: Any, label: str, split: str | None) -> str | None:
        """Return why a clean content is dropped; None if it stays."""
        size = self.modality.size(content)
        if size < self.min_size:
            return "too_small" if size else "empty"
        return self.deduplicator.reason_to_drop(content, label, split)

"""Clean the rows of a task's domains, and drop the empty, the too small and the duplicates."""

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from crossfer.artifacts.paths import CONTENT, ID, LABEL
from crossfer.errors import UserError
from crossfer.preprocessing.accounting import RowAccount
from crossfer.preprocessing.deduplicate import Deduplicator
from crossfer.protocols import Cleaner, Modality


class RowCleaner:
    """Cleans the domains of a task one after another; duplicates are kept in the first domain that has them."""

    def __init__(self, modality: Modality, cleaner: Cleaner, min_size: int, deduplicator: Deduplicator) -> None:
        """Start without any content.

        Args:
            modality: of the contents.
            cleaner: applied to each content.
            min_size: smallest `modality.size` of a content that is kept.
            deduplicator: recognizes contents that an earlier row has.
        """
        self.modality, self.cleaner, self.min_size, self.deduplicator = modality, cleaner, min_size, deduplicator

    def clean(self, chunks: Iterable[pd.DataFrame], domain: str, account: RowAccount) -> Iterator[pd.DataFrame]:
        """Yield the kept rows of each chunk with clean contents, and count all rows in `account`.

        Args:
            chunks: rows of the domain, columns id, content, label and split.
            domain: name of the domain.
            account: of the domain.

        Raises:
            UserError: a content cannot be read.
        """
        for rows in chunks:
            contents: dict[Any, Any] = {}
            for index, identity, label, raw in zip(rows.index, rows[ID], rows[LABEL], rows[CONTENT], strict=True):
                try:
                    content, changes = self.cleaner.clean(raw)
                except UserError as error:
                    raise UserError(f"row {identity} of domain {domain}: {error}") from error
                if reason := self._reason_to_drop(content, domain, label):
                    account.dropped.setdefault(reason, []).append(identity)
                else:
                    contents[index] = content
                    account.changed.update(changes)
            account.rows_in += len(rows)
            account.rows_out += len(contents)
            kept = rows.loc[list(contents)]
            yield kept.assign(**{CONTENT: pd.Series(list(contents.values()), kept.index, kept[CONTENT].dtype)})

    def _reason_to_drop(self, content: Any, domain: str, label: str) -> str | None:
        """Return why a clean content is dropped; None if it is kept."""
        size = self.modality.size(content)
        if size < max(1, self.min_size):
            return "too_small" if size else "empty"
        return self.deduplicator.reason_to_drop(content, domain, label)

"""Make equal ids mean the same item in all domains of a task.

Tables of unrelated rows share counters, and folders share file names. Such ids get the domain's name as a prefix.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from crossfer.artifacts.paths import ID, LABEL
from crossfer.errors import UserError, shorten

if TYPE_CHECKING:
    import pandas as pd


class ParallelItems:
    """Compares the ids of a task's domains.

    Attributes:
        items: label and domain of the first row with each unchanged id.
        paired_rows: by domain, the number of rows whose item is in another domain too.
        examples: an id of each domain with unchanged ids.
    """

    def __init__(self) -> None:
        self.items: dict[str, tuple[str, str]] = {}
        self.paired_rows: Counter[str] = Counter()
        self.examples: dict[str, str] = {}
        self._paired_ids: set[str] = set()

    def name_items(self, domain: str, chunks: "Iterable[pd.DataFrame]", shares_ids: bool) -> "Iterator[pd.DataFrame]":
        """Yield the chunks of a domain; ids that are not shared get a prefix.

        Args:
            domain: its name.
            chunks: of its dataset.
            shares_ids: whether its ids may occur in other domains; then they stay as they are.

        Raises:
            UserError: an item has another label than in another domain.
        """
        for chunk in chunks:
            if not shares_ids:
                chunk[ID] = f"{domain}-" + chunk[ID]
            for row_id, label in zip(chunk[ID], chunk[LABEL], strict=True):
                if not shares_ids and row_id in self.items:
                    raise UserError(
                        f"domain {domain} and domain {self.items[row_id][1]} both have the id {shorten(row_id)}"
                        " once the domain's name is before it; give the domain another name."
                    )
                if shares_ids:
                    self._add(domain, row_id, label)
            yield chunk

    def _add(self, domain: str, row_id: str, label: str) -> None:
        self.examples.setdefault(domain, row_id)
        if row_id not in self.items:
            self.items[row_id] = (label, domain)
            return
        first_label, first_domain = self.items[row_id]
        if label != first_label:
            raise UserError(
                f"id {shorten(row_id)} has the label {shorten(first_label)} in domain {first_domain} and"
                f" {shorten(label)} in domain {domain}: parallel items have one label. Correct the labels, or remove"
                " parallel: true."
            )
        self.paired_rows[domain] += 1
        if row_id not in self._paired_ids:
            self._paired_ids.add(row_id)
            self.paired_rows[first_domain] += 1

    def check_parallel(self, domain: str) -> None:
        """Raise a `UserError` unless a domain shares an id with another; call it last."""
        if self.paired_rows[domain]:
            return
        others = [f"{shorten(row_id)} in {other}" for other, row_id in self.examples.items() if other != domain]
        compared = ", ".join(others[:3]) or "no other domain has ids to compare"
        raise UserError(
            f"domain {domain} is parallel, but none of its ids, such as {shorten(self.examples[domain])}, is in"
            f" another domain ({compared}); name the column of the shared ids in columns.id, or remove parallel: true."
        )

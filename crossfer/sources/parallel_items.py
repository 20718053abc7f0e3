"""Make equal ids mean the same item in all domains of a task.

Tables of unrelated rows share counters, and folders share file names. Such ids get the domain's name as a prefix.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from crossfer.artifacts.paths import ID, LABEL, SPLIT, TEST
from crossfer.errors import UserError, list_names, shorten
from crossfer.sources.labels import normalize_name

if TYPE_CHECKING:
    import pandas as pd

NUMBER = re.compile(r"[0-9]{1,100}")


class ParallelItems:
    """Compares the ids of a task's domains.

    Attributes:
        items: label and domain of the first row with each unchanged id.
        test_ids: unchanged ids of official test rows.
        rows: by domain, the number of rows.
        paired_rows: by domain, the number of rows whose item is in another domain too.
        equal_rows: by domain with a prefix, the number of rows whose id without it is in another domain.
        test_rows: by domain with a prefix, the number of rows to test on.
        equal_test_rows: by domain with a prefix, the number of them whose id without it is in `test_ids`.
        unequal_domains: domains with a prefix that have an item with another label than elsewhere.
        irregular_ids: domains with a prefix whose ids of rows to test on do not merely count (see `_count_evenly`),
            and labels, or None for all rows together.
        examples: an id of each domain with unchanged ids.
    """

    def __init__(self) -> None:
        self.items: dict[str, tuple[str, str]] = {}
        self.test_ids: set[str] = set()
        self.rows: Counter[str] = Counter()
        self.paired_rows: Counter[str] = Counter()
        self.equal_rows: Counter[str] = Counter()
        self.test_rows: Counter[str] = Counter()
        self.equal_test_rows: Counter[str] = Counter()
        self.unequal_domains: set[str] = set()
        self.irregular_ids: set[tuple[str, str | None]] = set()
        self.examples: dict[str, str] = {}
        self._paired_ids: set[str] = set()
        self._last_ids: dict[tuple[str, str | None], list[str]] = {}

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
            if shares_ids:
                self.test_ids.update(chunk.loc[chunk[SPLIT] == TEST, ID] if SPLIT in chunk else [])
            else:
                self._compare(domain, chunk)
                chunk[ID] = f"{domain}-" + chunk[ID]
            for row_id, label in zip(chunk[ID], chunk[LABEL], strict=True):
                if not shares_ids and row_id in self.items:
                    raise UserError(
                        f"domain {domain} and domain {self.items[row_id][1]} both have the id {shorten(row_id)} once"
                        " the domain's name is before it; give the domain another name."
                    )
                if shares_ids:
                    self._add(domain, row_id, label)
            yield chunk

    def _compare(self, domain: str, chunk: "pd.DataFrame") -> None:
        """Count rows whose id another domain has, and note whether labels differ.

        Ids of folders name the label, so that equal labels mean nothing.
        """
        tested = chunk[chunk[SPLIT] == TEST] if SPLIT in chunk else chunk
        test_ids = tested[ID]
        for label, label_ids in [(None, test_ids), *test_ids.groupby(tested[LABEL])]:
            ids = [*self._last_ids.get((domain, label), []), *label_ids]
            if (domain, label) not in self.irregular_ids and not _count_evenly(ids):
                self.irregular_ids.add((domain, label))
            self._last_ids[domain, label] = ids[-2:]
        self.rows[domain] += len(chunk)
        self.test_rows[domain] += len(test_ids)
        self.equal_test_rows[domain] += sum(row_id in self.test_ids for row_id in test_ids)
        for row_id, label in zip(chunk[ID], chunk[LABEL], strict=True):
            if row_id in self.items and not _names_label(row_id, label):
                self.equal_rows[domain] += 1
                self.unequal_domains |= {domain} if self.items[row_id][0] != label else set()

    def _add(self, domain: str, row_id: str, label: str) -> None:
        self.examples.setdefault(domain, row_id)
        self.rows[domain] += 1
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

    def _check_zeros(self, domain: str) -> None:
        """Raise a `UserError` if an id is in another domain with other zeros only."""
        numbers = {
            int(row_id): (row_id, other)
            for row_id, (_, other) in self.items.items()
            if other != domain and NUMBER.fullmatch(row_id)
        }
        for row_id, (_, first_domain) in self.items.items():
            if first_domain == domain and row_id not in self._paired_ids and NUMBER.fullmatch(row_id):
                other_id, other = numbers.get(int(row_id), (row_id, domain))
                if other != domain:
                    raise UserError(
                        f"domain {domain} has the id {shorten(row_id)} and domain {other} has {shorten(other_id)};"
                        " write the ids of parallel items with the same zeros, which spreadsheets remove."
                    )

    def check_parallel(self, domain: str) -> None:
        """Raise a `UserError` unless a domain shares an id with another; call it last."""
        self._check_zeros(domain)
        if self.paired_rows[domain]:
            return
        others = [f"{shorten(row_id)} in {other}" for other, row_id in self.examples.items() if other != domain]
        compared = ", ".join(others[:3]) or "no other domain has ids to compare"
        raise UserError(
            f"domain {domain} is parallel, but none of its ids, such as {shorten(self.examples[domain])}, is in"
            f" another domain ({compared}); name the column of the shared ids in columns.id, or remove parallel: true."
        )

    def find_test_items(self) -> list[str]:
        """Return the domains with a prefix whose ids show that they are parallel.

        All their ids are in another domain, with the same labels, and those that they are tested on are exactly those
        of the official test rows. Ids that merely count rows, or those of each label, show nothing.
        """
        return [
            domain
            for domain, rows in self.equal_rows.items()
            if rows == self.rows[domain]
            and self.test_rows[domain] == self.equal_test_rows[domain] == len(self.test_ids) > 0
            and (domain, None) in self.irregular_ids
            and any(name == domain and label is not None for name, label in self.irregular_ids)
            and domain not in self.unequal_domains
        ]

    def describe_pairs(self) -> Iterator[str]:
        """Yield the numbers of paired rows, and domains that may be parallel."""
        if self.paired_rows:
            counts = (f"{domain} {rows} of {self.rows[domain]}" for domain, rows in self.paired_rows.items())
            yield f"rows whose items are in several domains: {list_names(counts)}"
        similar_domains = [
            domain
            for domain, rows in self.equal_rows.items()
            if domain not in self.unequal_domains and 2 * rows > self.rows[domain]
        ]
        if similar_domains:
            entries = "its entry" if len(similar_domains) == 1 else "their entries"
            yield (
                f"most ids of {list_names(similar_domains)} are in another domain, with the same labels; if they are"
                f" the same items, add `parallel: true` to {entries} below targets in params.yaml"
            )


def _names_label(row_id: str, label: str) -> bool:
    """Return whether a label is between slashes, dots or ends of an id.

    The label may have some itself, such as St. Louis.
    """
    return _split_path(label) in _split_path(row_id)


def _split_path(text: str) -> str:
    return "".join(f"/{normalize_name(part)}" for part in re.split(r"[/.]", text)) + "/"


def _count_evenly(ids: Sequence[str]) -> bool:
    """Return whether ids differ in one number only, which changes by equal steps.

    Such as 10, 20, 30 or row-3.txt, row-2.txt, row-1.txt.
    """
    texts = {tuple(NUMBER.split(row_id)) for row_id in ids}
    numbers = list(zip(*(map(int, NUMBER.findall(row_id)) for row_id in ids), strict=False))
    steps = [{after - before for before, after in pairwise(column)} for column in numbers]
    counters = [column for column in steps if column != {0}]
    return len(texts) <= 1 and (len(ids) < 2 or [len(column) for column in counters] == [1])

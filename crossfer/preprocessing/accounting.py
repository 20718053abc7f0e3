"""Account for every row: quality.json says why each dropped row was dropped."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from crossfer.errors import UserError, list_names, shorten
from crossfer.preprocessing.deduplicate import DUPLICATE_IN, WITH_ANOTHER_LABEL

NEAR_DUPLICATES = "near_duplicates"
FIXES = {  # by reason; the other reasons are duplicates
    "empty": "correct their contents",
    "too_small": "lower preprocess.min_characters (images: preprocess.min_ink_pixels)",
    NEAR_DUPLICATES: "raise preprocess.near_duplicate_threshold, or set it to none",
}
FIX_OF_DUPLICATES = "remove the rows that they repeat, or correct the labels"
FIX_OF_LEAKS = "name other data for this target, or files with splits for the source"
REPORTED_FRACTION = 0.5  # of a label's rows; a label that loses more is reported


@dataclass
class RowAccount:
    """Counts the rows of a domain.

    Attributes:
        labels_in: number of raw rows by label.
        dropped: ids of the dropped rows, by reason.
        dropped_labels: number of dropped rows by label and reason.
        changed: number of changes of contents, by type of change.
        near_duplicates: number of groups of near-duplicates and of their rows; None if they were not looked for.
    """

    labels_in: Counter[str] = field(default_factory=Counter)
    dropped: dict[str, list[str]] = field(default_factory=dict)
    dropped_labels: dict[str, Counter[str]] = field(default_factory=dict)
    changed: Counter[str] = field(default_factory=Counter)
    near_duplicates: dict[str, int] | None = None

    @property
    def rows_in(self) -> int:
        """Return the number of raw rows."""
        return self.labels_in.total()

    @property
    def rows_out(self) -> int:
        """Return the number of clean rows."""
        return self.rows_in - sum(map(len, self.dropped.values()))

    def drop(self, row_id: str, label: str, reason: str) -> None:
        """Count a dropped row."""
        self.dropped.setdefault(reason, []).append(row_id)
        self.dropped_labels.setdefault(label, Counter())[reason] += 1

    def as_quality(self) -> dict[str, Any]:
        """Return the domain's entry in quality.json."""
        dropped, changed = dict(sorted(self.dropped.items())), dict(sorted(self.changed.items()))
        quality = {"rows_in": self.rows_in, "rows_out": self.rows_out, "dropped": dropped, "changed": changed}
        return quality if self.near_duplicates is None else {**quality, NEAR_DUPLICATES: self.near_duplicates}

    def check(self, task: str, domain: str, max_drop_fraction: float) -> None:
        """Raise a `UserError` if a label, or more than `max_drop_fraction`, is lost."""
        lost = [label for label, counts in sorted(self.dropped_labels.items()) if counts.total() == self._rows(label)]
        if lost:
            reasons = sum((self.dropped_labels[label] for label in lost), Counter[str]())
            reason = reasons.most_common(1)[0][0]
            fix = FIX_OF_LEAKS if reason.startswith(DUPLICATE_IN) else FIXES.get(reason, FIX_OF_DUPLICATES)
            raise UserError(
                f"domain {domain} of task {task} loses every row with label {list_names(map(shorten, lost))}"
                f" ({_describe(reasons)}); {fix}, or leave such labels out of the data."
            )
        fraction = 1 - self.rows_out / self.rows_in
        if fraction > max_drop_fraction:
            reasons = Counter({reason: len(ids) for reason, ids in self.dropped.items()})
            raise UserError(
                f"domain {domain} of task {task} loses {100 * fraction:.1f} % of its {self.rows_in} rows"
                f" ({_describe(reasons)}), more than the limit of {100 * max_drop_fraction:.1f} %; correct the data, or"
                " raise preprocess.max_drop_fraction."
            )

    def warnings(self) -> Iterator[str]:
        """Yield sentences about labels that lose most rows, and contradictory labels."""
        for label, counts in sorted(self.dropped_labels.items()):
            if counts.total() > REPORTED_FRACTION * self._rows(label):
                yield (
                    f"label {shorten(label)} loses {counts.total()} of {self._rows(label)} rows ({_describe(counts)})"
                )
        reasons = [reason for reason in sorted(self.dropped) if reason.endswith(WITH_ANOTHER_LABEL)]
        contradictory_ids = [row_id for reason in reasons for row_id in self.dropped[reason]]
        if contradictory_ids:
            yield (
                "rows dropped because another row has the same content and another label:"
                f" {len(contradictory_ids)}, first {shorten(contradictory_ids[0])} (all: quality.json)"
            )

    def _rows(self, label: str) -> int:
        return self.labels_in[label]


def _describe(reasons: Counter[str]) -> str:
    return ", ".join(f"{reason}: {count}" for reason, count in sorted(reasons.items()))

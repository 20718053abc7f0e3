"""Account for every row: quality.json says why each dropped row was dropped."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from crossfer.errors import UserError


@dataclass
class RowAccount:
    """Counts the rows of a domain.

    Attributes:
        rows_in: number of raw rows.
        rows_out: number of clean rows.
        dropped: ids of the dropped rows, by reason.
        changed: number of changes of contents, by type of change.
    """

    rows_in: int = 0
    rows_out: int = 0
    dropped: dict[str, list[str]] = field(default_factory=dict)
    changed: Counter[str] = field(default_factory=Counter)

    def as_quality(self) -> dict[str, Any]:
        """Return the domain's entry in quality.json."""
        dropped, changed = dict(sorted(self.dropped.items())), dict(sorted(self.changed.items()))
        return {"rows_in": self.rows_in, "rows_out": self.rows_out, "dropped": dropped, "changed": changed}

    def check(self, task: str, domain: str, max_drop_fraction: float) -> None:
        """Raise a `UserError` if more than `max_drop_fraction`, below 1, were dropped."""
        fraction = 1 - self.rows_out / self.rows_in
        if fraction > max_drop_fraction:
            reasons = ", ".join(f"{reason}: {len(ids)}" for reason, ids in sorted(self.dropped.items()))
            raise UserError(
                f"domain {domain} of task {task} loses {100 * fraction:.1f} % of its {self.rows_in} rows ({reasons}),"
                f" more than the limit of {100 * max_drop_fraction:.1f} %; correct the data, or raise"
                " preprocess.max_drop_fraction."
            )

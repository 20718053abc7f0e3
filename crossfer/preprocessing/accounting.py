"""The account of a domain's rows: quality.json says what became of every one."""

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
        changed: number of changes in the kept rows, by kind of change.
    """

    rows_in: int = 0
    rows_out: int = 0
    dropped: dict[str, list[str]] = field(default_factory=dict)
    changed: Counter[str] = field(default_factory=Counter)

    def as_quality(self) -> dict[str, Any]:
        """Return the domain's entry of quality.json."""
        dropped, changed = dict(sorted(self.dropped.items())), dict(sorted(self.changed.items()))
        return {"rows_in": self.rows_in, "rows_out": self.rows_out, "dropped": dropped, "changed": changed}

    def check(self, task: str, domain: str, max_drop_fraction: float) -> None:
        """Check that rows are left, and that the share of dropped rows is at most `max_drop_fraction`.

        Raises:
            UserError: too many rows were dropped.
        """
        dropped = 1 - self.rows_out / self.rows_in
        if dropped > max_drop_fraction or self.rows_out == 0:
            reasons = ", ".join(f"{reason}: {len(ids)}" for reason, ids in sorted(self.dropped.items()))
            raise UserError(
                f"domain {domain} of task {task} loses {dropped:.1%} of its {self.rows_in} rows ({reasons}), allowed is"
                f" {max_drop_fraction:.1%}; mend the data, or raise preprocess.max_drop_fraction in params.yaml."
            )

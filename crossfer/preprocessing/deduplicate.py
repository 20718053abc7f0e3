"""Keep each content once in all domains of a task."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol


class Deduplicator(Protocol):
    """Remembers contents and recognizes their duplicates."""

    def reason_to_drop(self, content: Any, domain: str, label: str) -> str | None:
        """Return the type of duplicate; remember a new content and return None."""


@dataclass
class ExactDeduplicator:
    """Drops a content whose fingerprint equals that of an earlier one.

    Attributes:
        fingerprint: returns equal texts for contents that count as duplicates.
        first_rows: domain and label of the first row with each fingerprint.
    """

    fingerprint: Callable[[Any], str]
    first_rows: dict[str, tuple[str, str]] = field(default_factory=dict)

    def reason_to_drop(self, content: Any, domain: str, label: str) -> str | None:
        """Return the type of duplicate; remember a new content and return None."""
        fingerprint = self.fingerprint(content)
        if fingerprint not in self.first_rows:
            self.first_rows[fingerprint] = (domain, label)
            return None
        first_domain, first_label = self.first_rows[fingerprint]
        if first_domain != domain:
            return f"duplicate_in_{first_domain}"
        return "duplicate" if first_label == label else "duplicate_with_another_label"

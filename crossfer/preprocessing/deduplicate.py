"""Keep every content once in all domains of a task."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol


class Deduplicator(Protocol):
    """Remembers the contents that are kept, and recognizes their duplicates."""

    def reason_to_drop(self, content: Any, domain: str, label: str) -> str | None:
        """Return which kind of duplicate a content is; remember it and return None if it is the first of its kind."""


@dataclass
class ExactDeduplicator:
    """Drops contents that equal an earlier one.

    Attributes:
        fingerprint: returns equal texts for two contents that count as duplicates.
        kept: domain and label of each content kept so far, by fingerprint.
    """

    fingerprint: Callable[[Any], str]
    kept: dict[str, tuple[str, str]] = field(default_factory=dict)

    def reason_to_drop(self, content: Any, domain: str, label: str) -> str | None:
        """Return which kind of duplicate a content is; remember it and return None if it is the first of its kind."""
        fingerprint = self.fingerprint(content)
        if fingerprint not in self.kept:
            self.kept[fingerprint] = (domain, label)
            return None
        first_domain, first_label = self.kept[fingerprint]
        if first_domain != domain:
            return f"duplicate_in_{first_domain}"
        return "duplicate" if first_label == label else "duplicate_with_another_label"

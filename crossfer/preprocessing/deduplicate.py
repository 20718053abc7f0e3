"""Recognize duplicates in a domain, and source rows that targets test.

Of duplicates in one domain the first row stays, so that no row counts twice and none is in two splits. Between domains
only a leak counts: a source row whose content a target tests would be trained on. The source loses it, unless its
provider assigned it to the source's own test split. Targets keep the rows that they share: no model is trained on them,
and `adapt` scores a target's own model on that target alone. The order of targets does not matter.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from crossfer.artifacts.io import Domain
from crossfer.artifacts.paths import TEST, TRAIN, VALIDATION

DUPLICATE_IN = "duplicate_in_"  # beginning of the reason if a target tests the content; the target's name follows
WITH_ANOTHER_LABEL = "_with_another_label"  # end of the reason if the labels of duplicates differ


class Deduplicator(Protocol):
    """Remembers contents and recognizes their duplicates."""

    def begin(self, domain: Domain) -> None:
        """Begin a domain; the source comes after all targets."""

    def reason_to_drop(self, content: Any, label: str, split: str | None) -> str | None:
        """Return why a row is dropped; remember it and return None if it stays."""


@dataclass
class ExactDeduplicator:
    """Recognizes contents with equal fingerprints.

    Attributes:
        fingerprint: returns equal texts for contents that count as duplicates.
        test_rows: by fingerprint, the first target in alphabetical order that may test the content, and its label.
        domain: the current domain.
        labels: by fingerprint, the label of the domain's first row.
    """

    fingerprint: Callable[[Any], str]
    test_rows: dict[str, tuple[str, str]] = field(default_factory=dict)
    domain: Domain = field(init=False)
    labels: dict[str, str] = field(init=False)

    def begin(self, domain: Domain) -> None:
        """Begin a domain; the source comes after all targets."""
        self.domain, self.labels = domain, {}

    def reason_to_drop(self, content: Any, label: str, split: str | None) -> str | None:
        """Return why a row is dropped; remember it and return None if it stays."""
        fingerprint = self.fingerprint(content)
        if self.domain.is_source and split != TEST and fingerprint in self.test_rows:
            target, other_label = self.test_rows[fingerprint]
            return f"{DUPLICATE_IN}{target}" + (WITH_ANOTHER_LABEL if other_label != label else "")
        if fingerprint in self.labels:
            return "duplicate" + (WITH_ANOTHER_LABEL if self.labels[fingerprint] != label else "")
        self.labels[fingerprint] = label
        if not self.domain.is_source and split not in (TRAIN, VALIDATION):
            row = (self.domain.name, label)
            self.test_rows[fingerprint] = min(row, self.test_rows.get(fingerprint, row))
        return None

"""Replace personal data in clean texts before they are written."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crossfer.artifacts.paths import SCRUBBED_PREFIX
from crossfer.protocols import Cleaner

if TYPE_CHECKING:
    from crossfer.privacy.scrubber import Scrubber


@dataclass(frozen=True)
class ScrubbingCleaner:
    """Cleans a text, then replaces the personal data in it."""

    cleaner: Cleaner
    scrubber: "Scrubber"

    def clean(self, content: str) -> tuple[str, list[str]]:
        """Return the scrubbed text and its changes, with one entry per replaced value."""
        cleaned, changes = self.cleaner.clean(content)
        scrubbed, counts = self.scrubber(cleaned)
        return scrubbed, [*changes, *(f"{SCRUBBED_PREFIX}{data_type}" for data_type in counts.elements())]

    def save(self, folder: Path) -> None:
        """Write the options of the inner cleaner: a served model does not scrub."""
        self.cleaner.save(folder)


def add_scrubber(cleaner: Cleaner, data_types: Sequence[str]) -> Cleaner:
    """Return a cleaner that also replaces these types of personal data, if any."""
    if not data_types:
        return cleaner
    from crossfer.privacy.scrubber import Scrubber  # imports presidio, which tasks without texts do not need

    return ScrubbingCleaner(cleaner, Scrubber(data_types))

"""Replace personal data in clean texts and in ids before they are written."""

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from crossfer.artifacts.paths import ID, SCRUBBED_PREFIX
from crossfer.protocols import Cleaner

if TYPE_CHECKING:
    import pandas as pd

    from crossfer.privacy.scrubber import Scrubber

SCRUBBED_ID = f"{SCRUBBED_PREFIX}id"
DIGEST_CHARACTERS = 20  # 80 bits: a million ids have two equal digests with a probability of 1 in 2 trillion


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
    return ScrubbingCleaner(cleaner, _make_scrubber(data_types))


def _make_scrubber(data_types: Sequence[str]) -> "Scrubber":
    from crossfer.privacy.scrubber import Scrubber  # imports presidio, which tasks without texts do not need

    return Scrubber(data_types)


class IdScrubber:
    """Replaces ids that contain personal data by keyed digests (HMAC-SHA256).

    An email address could be found by computing the digests of many addresses, if the key were known. The key is
    therefore the digest of the raw tables of all domains: it is the same in every run on the same data, equal ids of
    several domains stay equal, and only those who have the raw data, which contain the ids, can compute it.
    """

    def __init__(self, data_types: Sequence[str], raw_tables: Sequence[Path]) -> None:
        """Take the types of personal data to replace, and the raw tables of a task."""
        self._raw_tables = raw_tables
        self._scrubber = _make_scrubber(data_types) if data_types else None

    @cached_property
    def _key(self) -> bytes:
        key = hashlib.sha256()
        for table in sorted(self._raw_tables):
            with table.open("rb") as file:
                key.update(hashlib.file_digest(file, "sha256").digest())
        return key.digest()

    def replace(self, row_id: str, domain: str) -> str:
        """Return the id, or its digest if it contains personal data.

        Ingest may have put the domain's name before the id. The name would hide a number and stays.
        """
        prefix = f"{domain}-" if row_id.startswith(f"{domain}-") else ""
        original_id = row_id.removeprefix(prefix)
        if self._scrubber is None or not self._scrubber.find(original_id):
            return row_id
        digest = hmac.new(self._key, original_id.encode(), "sha256").hexdigest()[:DIGEST_CHARACTERS]
        return f"{prefix}scrubbed-{digest}"

    def scrub(self, chunks: "Iterable[pd.DataFrame]", domain: str, changed: Counter[str]) -> "Iterator[pd.DataFrame]":
        """Yield a domain's rows with scrubbed ids; count these in `changed`."""
        for rows in chunks:
            ids = rows[ID].map(lambda row_id: self.replace(row_id, domain)).astype(rows[ID].dtype)
            if count := int((ids != rows[ID]).sum()):
                changed[SCRUBBED_ID] += count
            yield rows.assign(**{ID: ids})

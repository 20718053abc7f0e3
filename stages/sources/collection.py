"""What every provider of data returns."""

from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True)
class Collection:
    """One domain's rows as its provider has them, and where they are from.

    Attributes:
        rows: columns id (unique), content, label; one row a document.
        origin: what the data is and who made it, for the manifest.
        licence: the terms under which it may be used.
        sha256: digest of the bytes that were read.
        notes: what had to be done to read them, counted.
    """

    rows: pd.DataFrame
    origin: str
    licence: str
    sha256: str
    notes: dict[str, int] = field(default_factory=dict)

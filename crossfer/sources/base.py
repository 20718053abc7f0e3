"""What every provider of data returns."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

PIECE = 1000  # rows that are held in memory at a time, at most
PIECE_SIZE = 50_000_000  # characters or bytes of files that are held in memory at a time, about


@dataclass(frozen=True)
class Collection:
    """One domain's rows as its provider has them, and where they are from.

    Attributes:
        pieces: of the rows, columns id (unique in all of them), content and label, and split where the provider has
            official ones; gone through once, so that a domain need not fit into memory.
        origin: what the data is and who made it, for the manifest.
        licence: the terms under which it may be used.
        sha256: digest of the bytes that are read; None where the origin names them by a revision.
        numbered: ids are rows' numbers, so that equal ones of two domains are not the same item.
        notes: what had to be done to read them, counted; complete when all pieces were gone through.
    """

    pieces: "Iterable[pd.DataFrame]"
    origin: str
    licence: str
    sha256: str | None
    numbered: bool = False
    notes: Counter[str] = field(default_factory=Counter)

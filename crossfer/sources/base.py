"""What every provider of data returns."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crossfer.artifacts.chunks import chunked

if TYPE_CHECKING:
    import pandas as pd

MAX_CHUNK_ROWS = 1000  # most rows of a chunk
MAX_CHUNK_SIZE = 50_000_000  # characters or bytes from which on a chunk is full

Row = tuple[str, str | bytes, str, str | None]  # id, content, label, official split


@dataclass(frozen=True)
class Dataset:
    """One domain's rows as its provider has them, and their origin.

    Attributes:
        chunks: of the rows, columns id (unique in the domain), content and label, and split where the provider has
            official ones; can be iterated once, so that a domain need not fit into memory.
        origin: what the data is and who made it, for the manifest.
        licence: the terms under which it may be used.
        sha256: digest of the bytes that are read; None where the origin names them by a revision.
        numbered: ids are row numbers, so that equal ones of two domains are not the same item.
        notes: counts what was done to read the rows; complete after the last chunk.
    """

    chunks: "Iterable[pd.DataFrame]"
    origin: str
    licence: str
    sha256: str | None
    numbered: bool = False
    notes: Counter[str] = field(default_factory=Counter)


def chunk_rows(rows: Iterable[Row]) -> "Iterator[pd.DataFrame]":
    """Yield rows in chunks, columns id, content, label, and split if the rows have official ones."""
    import pandas as pd  # predict reads records too, and needs no pandas for it

    for chunk in chunked(rows, MAX_CHUNK_ROWS, MAX_CHUNK_SIZE, lambda row: len(row[1])):
        frame = pd.DataFrame(chunk, columns=["id", "content", "label", "split"])
        yield frame.drop(columns="split") if frame["split"].isna().all() else frame

"""The result of every provider: a `Dataset`."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crossfer.artifacts.chunks import chunked
from crossfer.artifacts.paths import CONTENT, GROUP, ID, LABEL, SPLIT

if TYPE_CHECKING:
    import pandas as pd

MAX_CHUNK_ROWS = 1000
MAX_CHUNK_SIZE = 50_000_000  # characters or bytes

Row = tuple[str, str | bytes, str, str | None, str | None]  # id, content, label, official split, group


@dataclass(frozen=True)
class Dataset:
    """The rows of one domain as the provider has them, and their origin.

    Attributes:
        chunks: tables with the columns id (unique in the domain), content and label, split if the provider has
            official splits, and group if rows with the same value belong in one split; can be iterated once, so that a
            domain need not fit into memory.
        origin: what the data is and who made it, for manifest.json.
        licence: the terms of use.
        sha256: digest of the bytes that are read; None if `origin` names a revision instead.
        ids_are_row_numbers: whether ids only count rows; then equal ids in two domains do not mean the same item.
        ids_name_items: whether the provider guarantees that equal ids in its domains mean the same item.
        notes: counts of rows or files that were left out or treated specially; complete after the last chunk.
        label_keys: the labels that params.yaml renames or leaves out, and whether a row has each; complete after the
            last chunk.
        formats: how tables are written, as detected; complete after the last chunk.
    """

    chunks: "Iterable[pd.DataFrame]"
    origin: str
    licence: str
    sha256: str | None
    ids_are_row_numbers: bool = False
    ids_name_items: bool = False
    notes: Counter[str] = field(default_factory=Counter)
    label_keys: dict[str, bool] = field(default_factory=dict)
    formats: list[str] = field(default_factory=list)


def chunk_rows(rows: Iterable[Row]) -> "Iterator[pd.DataFrame]":
    """Yield rows as the chunks of a `Dataset`."""
    import pandas as pd  # predict imports this module and needs no pandas

    for chunk in chunked(rows, MAX_CHUNK_ROWS, MAX_CHUNK_SIZE, lambda row: len(row[1])):
        frame = pd.DataFrame(chunk, columns=[ID, CONTENT, LABEL, SPLIT, GROUP])
        yield frame.drop(columns=[name for name in (SPLIT, GROUP) if frame[name].isna().all()])

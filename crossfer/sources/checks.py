"""Checks of the rows that a provider returns: unique ids, and labels that people can read."""

import reprlib
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from crossfer.artifacts.paths import ID, LABEL
from crossfer.errors import UserError
from crossfer.sources.base import Dataset

if TYPE_CHECKING:
    import pandas as pd

MAX_LABEL = 200  # characters
CONTROL = "Cc"  # Unicode's category of control characters: line ends, tabs, escapes
REORDERING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}  # change the order in which text is shown
INVISIBLE = {"Cf", "Zs", "Zl", "Zp"}  # format characters and spaces


def checked_chunks(domain: str, dataset: Dataset, labels: Counter[str]) -> "Iterator[pd.DataFrame]":
    """Yield the chunks of a dataset, and count their labels in `labels`.

    The domain's name is put before ids that are mere row numbers.

    Raises:
        UserError: two rows have the same id, or a label is unreadable.
    """
    ids: set[str] = set()
    for chunk in dataset.chunks:
        if dataset.numbered:
            chunk[ID] = f"{domain}-" + chunk[ID]
        for identity in chunk[ID]:
            if identity in ids:
                raise UserError(
                    f"domain {domain} has the id {identity!r} twice; give each row its own, or leave columns.id out."
                )
            ids.add(identity)
        for label in set(chunk[LABEL]) - set(labels):
            check_label(domain, label)
        labels.update(chunk[LABEL])
        yield chunk


def check_label(domain: str, label: str) -> None:
    """Check that a label is one short line: it stands in reports, charts, tables and on terminals.

    Raises:
        UserError: it is invisible or too long, or has characters that control terminals or reorder text.
    """
    categories = {unicodedata.category(character) for character in label}
    reorders = REORDERING & {unicodedata.bidirectional(character) for character in label}
    if categories <= INVISIBLE or CONTROL in categories or reorders or len(label) > MAX_LABEL:
        raise UserError(
            f"domain {domain} has the label {reprlib.repr(label)} of {len(label):,} characters; a label is one line"
            f" that can be seen, of {MAX_LABEL} characters at most: give it another name."
        )

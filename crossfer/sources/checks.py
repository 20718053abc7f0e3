"""Check the files, ids and labels that providers read."""

import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from crossfer.artifacts.paths import ID, LABEL
from crossfer.errors import UserError, shorten
from crossfer.sources.base import Dataset
from crossfer.sources.labels import check_spellings, normalize_name

if TYPE_CHECKING:
    import pandas as pd

HIDDEN_FOLDERS = ("__MACOSX",)  # in archives from macOS
MAX_LABEL_LENGTH = 200  # characters
CONTROL = "Cc"  # Unicode's category of control characters: line ends, tabs, escapes
INVISIBLE = {"Cf", "Zs", "Zl", "Zp"}  # Unicode's categories of format characters and spaces
REORDERING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}  # bidirectional classes


def path_holds(condition: Callable[[], bool]) -> bool:
    """Return whether a condition on a path holds; False if it cannot be a path.

    Such a text is too long, or has a null character.
    """
    try:
        return condition()
    except (OSError, ValueError):
        return False


def is_hidden(path: Path) -> bool:
    """Return whether a path relative to a folder is hidden, or in a hidden folder."""
    return any(part.startswith(".") or part in HIDDEN_FOLDERS for part in path.parts)


def check_file(path: Path, root: Path) -> None:
    """Check a file or folder in `root` before it is opened.

    Raises:
        UserError: it cannot be read, is a link out of `root` or to nowhere, or is neither a file nor a folder. Opening
            a pipe would block.
    """
    if not path.exists() or not path.resolve().is_relative_to(root.resolve()):
        raise UserError(f"{path} is a link that leads out of {root}, or nowhere; copy the file there.")
    if not os.access(path, os.R_OK | os.X_OK if path.is_dir() else os.R_OK):
        raise UserError(f"{path} cannot be read; change its permissions.")
    if not path.is_file() and not path.is_dir():
        raise UserError(f"{path} is neither a file nor a folder; remove it.")


def checked_chunks(domain: str, dataset: Dataset, label_counts: Counter[str]) -> "Iterator[pd.DataFrame]":
    """Yield the chunks of a dataset after checking them, and count their labels.

    Labels are normalized. Ids that are row numbers get the domain's name as a prefix.

    Raises:
        UserError: an id occurs twice, a label is not readable, or two labels differ only in case or form.
    """
    ids: set[str] = set()
    for chunk in dataset.chunks:
        if dataset.ids_are_row_numbers:
            chunk[ID] = f"{domain}-" + chunk[ID]
        for row_id in chunk[ID]:
            if row_id in ids:
                raise UserError(
                    f"domain {domain} has the id {shorten(row_id)} twice; make ids unique, or remove columns.id."
                )
            ids.add(row_id)
        names = {label: normalize_name(label) or label for label in set(chunk[LABEL])}
        for label in sorted(set(names.values()) - set(label_counts)):
            check_label(domain, label)
        chunk[LABEL] = chunk[LABEL].map(names)
        label_counts.update(chunk[LABEL])
        yield chunk
    check_spellings(domain, label_counts)


def check_label(domain: str, label: str) -> None:
    """Check that a label is one short, visible line, as reports need.

    Raises:
        UserError: it is invisible or too long, or has control characters or characters that reorder text.
    """
    categories = {unicodedata.category(character) for character in label}
    reorders = REORDERING & {unicodedata.bidirectional(character) for character in label}
    if categories <= INVISIBLE or CONTROL in categories or reorders or len(label) > MAX_LABEL_LENGTH:
        raise UserError(
            f"domain {domain} has the label {shorten(label)} of {len(label):,} characters; rename it to one"
            f" visible line of at most {MAX_LABEL_LENGTH} characters."
        )

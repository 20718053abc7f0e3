"""Derive the name of a domain from the path of its data."""

import re
import unicodedata
from pathlib import Path

from crossfer.errors import UserError
from crossfer.sources.split_names import split_of_file

MAX_NAME = 64  # as in crossfer/config/fields.py


def domain_name(path: str) -> str:
    """Return a file's name without suffix, in the form that params.yaml takes.

    A file of one split, such as train.tsv, has the name of its folder.

    Raises:
        UserError: no letter or digit remains.
    """
    stem = Path(path).stem if Path(path).suffix and not Path(path).is_dir() else Path(path).name
    is_pattern = bool(set(stem) & set("*?[")) and not Path(path).exists()
    if split_of_file(Path(path)) or is_pattern:
        stem = Path(path).parent.name
    if not (name := to_name(stem)):
        raise UserError(f"{path} gives no name for its domain; write NAME={path}, for instance with its language.")
    return name


def to_name(text: str) -> str:
    """Return a text in the form of a domain's name; empty if nothing remains."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", "-", ascii_text).strip("-_")[:MAX_NAME]

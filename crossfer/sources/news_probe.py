"""The parallel probe written for this project: the same news briefs in several languages (see data/probe/README.md)."""

import csv
import hashlib
from pathlib import Path

import pandas as pd

from crossfer.errors import UserError
from crossfer.sources.base import Dataset

FOLDER = Path("data/probe")
COLUMNS = ["id", "topic", "language", "text"]


def read(kind: str) -> Dataset:
    """Read one language of the probe.

    Raises:
        UserError: there is no such language, or its file is not as it should be; the message names the line.
    """
    path = FOLDER / f"{kind}.csv"
    if not path.is_file():
        languages = ", ".join(sorted(file.stem for file in FOLDER.glob("*.csv")))
        raise UserError(f"news_probe has no kind {kind!r}; its languages, the files of {FOLDER}, are: {languages}.")
    rows = _rows(path, kind)
    return Dataset(
        chunks=[rows],
        origin=f"crossfer news probe, language {kind}",
        licence="CC0-1.0",
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def _rows(path: Path, language: str) -> pd.DataFrame:
    """The rows of a probe file, each checked: columns id, content, label."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, strict=True)
            lines = [(reader.line_num, row) for row in reader]
    except (csv.Error, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not CSV in UTF-8: {error}; mend the file.") from None
    header = lines[0][1] if lines else []
    if header != COLUMNS:
        raise UserError(f"{path} has the columns {', '.join(header)}; expected are {', '.join(COLUMNS)}.")
    for number, row in lines[1:]:
        if len(row) != len(COLUMNS):
            raise UserError(
                f"{path}, line {number}, has {len(row)} fields, expected are {len(COLUMNS)}; put a text with commas"
                " between double quotes."
            )
        if row[2] != language or not row[1]:
            raise UserError(
                f"{path}, line {number}, has topic {row[1]!r} and language {row[2]!r}; expected are a topic and"
                f" {language!r}."
            )
    rows = [(identity, text, topic) for _, (identity, topic, _, text) in lines[1:]]
    return pd.DataFrame(rows, columns=["id", "content", "label"])

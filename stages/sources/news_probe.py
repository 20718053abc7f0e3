"""The parallel probe written for this project: the same news briefs in several languages (see data/probe/README.md)."""

import hashlib
from pathlib import Path

import pandas as pd

from stages.shared.errors import UserError
from stages.sources.collection import Collection

FOLDER = Path("data/probe")
COLUMNS = ["id", "topic", "language", "text"]


def read(kind: str) -> Collection:
    """Read one language of the probe.

    Raises:
        UserError: there is no such language, or its file has other columns.
    """
    path = FOLDER / f"{kind}.csv"
    if not path.is_file():
        languages = ", ".join(sorted(file.stem for file in FOLDER.glob("*.csv")))
        raise UserError(f"news_probe has no kind {kind!r}; its languages, the files of {FOLDER}, are: {languages}.")
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    if list(rows.columns) != COLUMNS:
        raise UserError(f"{path} has the columns {', '.join(rows.columns)}; expected are {', '.join(COLUMNS)}.")
    return Collection(
        rows=rows.rename(columns={"text": "content", "topic": "label"})[["id", "content", "label"]],
        origin=f"crossfer news probe, language {kind}",
        licence="CC0-1.0",
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )

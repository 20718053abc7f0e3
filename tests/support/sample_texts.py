"""Sample texts for predict, and files that contain them."""

import csv
import json
from pathlib import Path

import pandas as pd

TEXTS = ["The bank raised its rate.", "球队赢了决赛", "Mechi iliisha sare"]


def write_texts(folder: Path) -> None:
    """Write TEXTS in every file format of predict: a.csv, a.jsonl, a.parquet, a.txt."""
    with (folder / "a.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["n", "content"], *enumerate(TEXTS)])
    lines = "".join(json.dumps({"content": text}) + "\n" for text in TEXTS)
    (folder / "a.jsonl").write_text(lines, encoding="utf-8")
    pd.DataFrame({"content": TEXTS}).to_parquet(folder / "a.parquet")
    (folder / "a.txt").write_text("\n".join(TEXTS), encoding="utf-8")

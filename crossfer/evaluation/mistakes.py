"""Write mistakes.html: the wrong predictions with the highest confidence, and their contents.

The page contains data whose licence may forbid redistribution, so DVC stores it and git does not.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from crossfer.artifacts import io
from crossfer.reporting.render import render_template

MAX_MISTAKES = 24  # per domain


def write_mistakes(
    path: Path,
    task: str,
    predictions: Mapping[str, pd.DataFrame],
    read_contents: Callable[[str, Sequence[str]], Mapping[str, Any]],
    as_html: Callable[[Any], str],
) -> None:
    """Write the page.

    Args:
        path: of the HTML file.
        task: the task's name.
        predictions: for each domain, the columns id, label, prediction, probabilities (by label).
        read_contents: returns contents of a domain's rows by id, for the ids on the page.
        as_html: formats a content as HTML.
    """
    domains = []
    for domain, rows in predictions.items():
        wrong = sort_mistakes(rows)
        first = wrong.head(MAX_MISTAKES)
        contents = read_contents(domain, list(first["id"]))
        mistakes = [{**row, "content": as_html(contents[str(row["id"])])} for row in first.to_dict("records")]
        domains.append({"name": domain, "wrong": len(wrong), "rows": len(rows), "mistakes": mistakes})
    page = render_template("crossfer.evaluation", "mistakes.html.j2", task=task, limit=MAX_MISTAKES, domains=domains)
    with io.replace_file(path) as file:
        file.write_text(page, encoding="utf-8")


def sort_mistakes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the wrong predictions, the most confident first, with the column confidence."""
    wrong = rows[rows["label"] != rows["prediction"]]
    confidence = [by_label[label] for by_label, label in zip(wrong["probabilities"], wrong["prediction"], strict=True)]
    wrong = wrong.assign(confidence=pd.Series(confidence, wrong.index, float))
    return wrong.sort_values(["confidence", "id"], ascending=[False, True])

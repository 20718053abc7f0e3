"""Write mistakes.html: the most confident wrong predictions and their contents.

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
        mistakes = sort_mistakes(rows)
        page_rows = mistakes.head(MAX_MISTAKES)
        contents = read_contents(domain, list(page_rows["id"]))
        items = [{**row, "content": as_html(contents[str(row["id"])])} for row in page_rows.to_dict("records")]
        domains.append({"name": domain, "wrong": len(mistakes), "rows": len(rows), "mistakes": items})
    page = render_template("crossfer.evaluation", "mistakes.html.j2", task=task, limit=MAX_MISTAKES, domains=domains)
    with io.replace_file(path) as file:
        file.write_text(page, encoding="utf-8")


def sort_mistakes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the wrong predictions by descending confidence, which is a new column."""
    mistakes = rows[rows["label"] != rows["prediction"]]
    pairs = zip(mistakes["probabilities"], mistakes["prediction"], strict=True)
    confidence = [probabilities[label] for probabilities, label in pairs]
    mistakes = mistakes.assign(confidence=pd.Series(confidence, mistakes.index, float))
    return mistakes.sort_values(["confidence", "id"], ascending=[False, True])

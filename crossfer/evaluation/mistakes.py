"""The page of the worst mistakes: wrong predictions with the highest confidence, and their contents.

It contains data whose licence may forbid passing it on: DVC keeps it, git does not.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from crossfer.artifacts import io
from crossfer.reporting.render import render

SHOWN = 24  # mistakes per domain


def write(
    path: Path,
    task: str,
    predictions: Mapping[str, pd.DataFrame],
    contents: Callable[[str, Sequence[str]], Mapping[str, Any]],
    as_html: Callable[[Any], str],
) -> None:
    """Write the page.

    Args:
        path: of the HTML file.
        task: the task's name.
        predictions: of each domain, columns id, truth, guess, probabilities (by label).
        contents: returns contents of a domain's rows by id, for the ids that are shown.
        as_html: returns a content as HTML.
    """
    domains = []
    for domain, rows in predictions.items():
        wrong = worst(rows)
        shown = wrong.head(SHOWN)
        by_id = contents(domain, list(shown["id"]))
        mistakes = [{**row, "content": as_html(by_id[str(row["id"])])} for row in shown.to_dict("records")]
        domains.append({"name": domain, "wrong": len(wrong), "rows": len(rows), "mistakes": mistakes})
    with io.replace_file(path) as new:
        page = render("crossfer.evaluation", "mistakes.html.j2", task=task, shown=SHOWN, domains=domains)
        new.write_text(page, encoding="utf-8")


def worst(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the wrong predictions, the most confident first, with their confidence as the column sure."""
    wrong = rows[rows["label"] != rows["prediction"]]
    sure = [found[guess] for found, guess in zip(wrong["probabilities"], wrong["prediction"], strict=True)]
    return wrong.assign(sure=pd.Series(sure, wrong.index, float)).sort_values(["sure", "id"], ascending=[False, True])

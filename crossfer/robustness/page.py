"""The page robustness.md."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from crossfer.reporting.formatting import accuracy_with_interval, interval, percent, percentage_points
from crossfer.reporting.render import render_template
from crossfer.robustness.perturbed import CLEAN, SEVERITIES
from crossfer.robustness.results import Results
from crossfer.robustness.scores import ALL_DOMAINS, MEAN, select_row


def render_page(results: Results, accuracy_chart: str, reliability_chart: str) -> str:
    """Return the page as Markdown; the charts are file names."""
    accuracies = results.accuracies
    mean_rows = accuracies[(accuracies["domain"] == ALL_DOMAINS) & (accuracies["perturbation"] != CLEAN)]
    cleaned = {name: _select_rows(accuracies, ALL_DOMAINS, name) for name in dict.fromkeys(mean_rows["perturbation"])}
    uncleaned = {
        name: _select_rows(accuracies, ALL_DOMAINS, name, cleaned=False)
        for name in dict.fromkeys(mean_rows[~mean_rows["cleaned"]]["perturbation"])
    }
    domains = {name: select_row(accuracies, name, CLEAN, CLEAN) for name in dict.fromkeys(accuracies["domain"])}
    return render_template(
        "crossfer.robustness",
        "robustness.md.j2",
        results=results,
        accuracy_chart=accuracy_chart,
        reliability_chart=reliability_chart,
        severities=list(SEVERITIES),
        perturbations=[[name, *map(_format_cell, rows)] for name, rows in cleaned.items()],
        uncleaned=[
            [name, *map(_format_cell, rows)]
            for name, rows in uncleaned.items()
            if [row["accuracy"] for row in rows] != [row["accuracy"] for row in cleaned[name]]
        ],
        domains=[
            [
                name,
                str(clean["n"]),
                accuracy_with_interval(clean),
                *map(_format_cell, _select_rows(accuracies, name, MEAN)),
            ]
            for name, clean in domains.items()
        ],
        calibration=results.calibration.to_dict("records"),
        detection=[] if results.detection is None else results.detection.to_dict("records"),
    )


def _select_rows(
    accuracies: pd.DataFrame, domain: str, perturbation: str, cleaned: bool = True
) -> list[dict[str, Any]]:
    return [select_row(accuracies, domain, perturbation, severity, cleaned) for severity in SEVERITIES]


def _format_cell(row: Mapping[str, Any]) -> str:
    """Return an accuracy and its drop, with the interval of the drop."""
    return (
        f"{percent(row['accuracy'])}, drop {percentage_points(row['accuracy_drop'])} ({interval(row, 'accuracy_drop')})"
    )

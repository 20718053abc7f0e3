"""Render the page robustness.md."""

import pandas as pd

from crossfer.reporting.formatting import accuracy_with_interval, interval, percent, percentage_points
from crossfer.reporting.render import render_template
from crossfer.robustness.perturbed import CLEAN, SEVERITIES
from crossfer.robustness.results import Results
from crossfer.robustness.scores import ALL_DOMAINS, MEAN


def render_page(results: Results, accuracy_chart: str, reliability_chart: str) -> str:
    """Return the page as Markdown; the charts are file names."""
    accuracies = results.accuracies
    perturbed_rows = accuracies[accuracies["perturbation"] != CLEAN]
    cleaned_rows, uncleaned_rows = (perturbed_rows[perturbed_rows["cleaned"] == cleaned] for cleaned in (True, False))
    cleaned_cells, uncleaned_cells = (
        _cells(rows[rows["domain"] == ALL_DOMAINS], "perturbation") for rows in (cleaned_rows, uncleaned_rows)
    )
    pairs = uncleaned_rows.merge(cleaned_rows, on=["domain", "perturbation", "severity"])
    pairs = pairs[(pairs["domain"] == ALL_DOMAINS) & (pairs["accuracy_x"] != pairs["accuracy_y"])]
    *clean_rows, mean_row = [dict(row) for _, row in accuracies[accuracies["perturbation"] == CLEAN].iterrows()]
    domain_cells = _cells(cleaned_rows[cleaned_rows["perturbation"] == MEAN], "domain")
    return render_template(
        "crossfer.robustness",
        "robustness.md.j2",
        results=results,
        accuracy_chart=accuracy_chart,
        reliability_chart=reliability_chart,
        unperturbed_accuracy=accuracy_with_interval(mean_row),
        severities=list(SEVERITIES),
        perturbations=[[name, *cells] for name, cells in cleaned_cells.items()],
        uncleaned=[
            ["mean of all perturbations" if name == MEAN else name, *uncleaned_cells[name]]
            for name in pairs["perturbation"].unique()
        ],
        domains=[
            [row["domain"], str(row["n"]), accuracy_with_interval(row), *domain_cells[row["domain"]]]
            for row in clean_rows
        ],
        calibration=results.calibration.to_dict("records"),
        detection=[] if results.detection is None else results.detection.to_dict("records"),
    )


def _cells(rows: pd.DataFrame, column: str) -> dict[str, list[str]]:
    """Return the accuracy and its drop at each severity, by the values of a column."""
    cells: dict[str, list[str]] = {}
    for _, row in rows.iterrows():
        drop = f"{percentage_points(row['accuracy_drop'])} ({interval(dict(row), 'accuracy_drop')})"
        cells.setdefault(row[column], []).append(f"{percent(row['accuracy'])}, drop {drop}")
    return cells

"""Render summary.html and summary.md; templates/text.j2 has the texts that both share.

The page is one file that loads nothing. Names come from params.yaml and from data, so every text is escaped.
"""

from collections.abc import Mapping
from typing import Any

from matplotlib import pyplot as plt

from crossfer.comparison import charts
from crossfer.comparison.tables import task_tables
from crossfer.reporting.formatting import join_names
from crossfer.reporting.render import render

Summary = Mapping[str, Any]


def html(summary: Summary) -> str:
    """Return the page."""
    with plt.rc_context(charts.STYLE):
        images = _draw_charts(summary["tasks"])
    return render("crossfer.comparison", "summary.html.j2", images=images, **_values(summary))


def markdown(summary: Summary) -> str:
    """Return the same tables for GitHub."""
    return render("crossfer.comparison", "summary.md.j2", **_values(summary))


def _values(summary: Summary) -> dict[str, Any]:
    """Return the values of both templates."""
    tasks = summary["tasks"]
    names = {task: f"{task} ({figures['modality']})" for task, figures in tasks.items()}
    return {
        "title": f"Transfer in {join_names([*names.values()])}",
        "names": names,
        "tasks": tasks,
        "measures": summary["measures"],
        "tables": {task: task_tables(figures) for task, figures in tasks.items()},
    }


def _draw_charts(tasks: Summary) -> dict[str, dict[str, str]]:
    """Return the images of each chart by task: accuracy for all tasks, the others for tasks with an ablation."""
    images = {"accuracy": {task: charts.accuracy(figures) for task, figures in tasks.items()}}
    ablations = {task: figures for task, figures in tasks.items() if figures["ablation_status"] == "used"}
    complete = {task: figures for task, figures in ablations.items() if charts.with_all_labels(figures)}
    images["variants"] = {task: charts.variants(figures) for task, figures in complete.items()}
    for name, draw, unit in (
        ("labels", charts.label_efficiency, "training_rows"),
        ("cost", charts.cost, "cpu_seconds"),
    ):
        values = [point[unit] for figures in ablations.values() for point in figures["ablation"]]
        images[name] = {task: draw(figures, (min(values), max(values))) for task, figures in ablations.items()}
    return images

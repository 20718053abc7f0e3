"""Render summary.html and summary.md.

templates/text.j2 has the texts that both share. The HTML page is one file that loads nothing. Names come from
params.yaml and from data, so every text is escaped.
"""

from collections.abc import Mapping
from typing import Any

from matplotlib import pyplot as plt

from crossfer.comparison import charts
from crossfer.comparison.tables import task_tables
from crossfer.reporting.formatting import join_names
from crossfer.reporting.render import render_template

Summary = Mapping[str, Any]


def render_html(summary: Summary) -> str:
    """Return the page."""
    with plt.rc_context(charts.STYLE):
        images = _draw_charts(summary["tasks"])
    return render_template("crossfer.comparison", "summary.html.j2", images=images, **_values(summary))


def render_markdown(summary: Summary) -> str:
    """Return the same tables for GitHub."""
    return render_template("crossfer.comparison", "summary.md.j2", **_values(summary))


def _values(summary: Summary) -> dict[str, Any]:
    """Return the values of both templates."""
    tasks = summary["tasks"]
    names = {task: f"{task} ({task_summary['modality']})" for task, task_summary in tasks.items()}
    return {
        "title": f"Transfer in {join_names([*names.values()])}",
        "names": names,
        "tasks": tasks,
        "measures": summary["measures"],
        "tables": {task: task_tables(task_summary) for task, task_summary in tasks.items()},
    }


def _draw_charts(tasks: Summary) -> dict[str, dict[str, str]]:
    """Return the images of each chart by task; only accuracy needs no ablation."""
    images = {"accuracy": {task: charts.accuracy(task_summary) for task, task_summary in tasks.items()}}
    ablations = {
        task: task_summary for task, task_summary in tasks.items() if task_summary["ablation_status"] == "used"
    }
    complete_ablations = {
        task: task_summary for task, task_summary in ablations.items() if charts.points_with_all_labels(task_summary)
    }
    images["variants"] = {task: charts.variants(task_summary) for task, task_summary in complete_ablations.items()}
    for name, draw, unit in (
        ("labels", charts.label_efficiency, "training_rows"),
        ("cost", charts.cost, "cpu_seconds"),
    ):
        values = [point[unit] for task_summary in ablations.values() for point in task_summary["ablation"]]
        images[name] = {
            task: draw(task_summary, (min(values), max(values))) for task, task_summary in ablations.items()
        }
    return images

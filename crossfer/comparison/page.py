"""Render summary.html and summary.md.

The page is one file that loads nothing. Names come from params.yaml and from data, so every text is escaped.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matplotlib import pyplot as plt

from crossfer.comparison import charts
from crossfer.comparison.tables import task_tables
from crossfer.reporting.formatting import join_names
from crossfer.reporting.render import render

METHOD = (
    "Zero-shot targets are in another language (or style of image) than the source. Each has equal weight in zero-shot"
    " accuracy.",
    "Within a task, a difference is significant if p is below 0.05 after Holm's correction, in a paired test on the"
    " same test rows: the exact McNemar test for two classifiers on one domain, the paired bootstrap for means over"
    " domains and seeds. No significant difference does not mean equal.",
    "Tasks share no test rows. Two tasks differ only if their 95 % intervals do not overlap.",
    "Transfer gain compares the same network and labels with pretrained and with random weights. Both train all layers"
    " (only the upper layers if only that variant was run) with the epochs and learning rates of fine-tuning.",
    "Intervals cover test rows, and seeds in an ablation with several, not the choice of domains. Similar rows, such as"
    " one glyph drawn several times, count as many, so intervals of such domains are too narrow.",
    "CPU times are those of the machine that ran the ablation.",
)

Summary = Mapping[str, Any]


@dataclass(frozen=True)
class Chart:
    """A chart of each task, with a title and a caption."""

    title: str
    caption: str
    images: dict[str, str]


def html(summary: Summary) -> str:
    """Return the page."""
    with plt.rc_context(charts.STYLE):
        drawn = _charts(summary["tasks"])
    return render("crossfer.comparison", "summary.html.j2", charts=drawn, **_values(summary))


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
        "measures": summary["measures"],
        "has_targets": any("zero_shot" in figures for figures in tasks.values()),
        "notes": {task: _note(task, figures) for task, figures in tasks.items()},
        "tables": {task: task_tables(figures) for task, figures in tasks.items()},
        "method": METHOD,
    }


def _note(task: str, figures: Summary) -> str:
    """Return why the task has no ablation on the page, and the command that makes one; empty if it has one."""
    status, command = figures["ablation_status"], f"`crossfer ablation {task}`"
    rerun = f"so it is left out. Remove data/ablation/{task}.json and run {command}."
    changed = join_names(figures.get("ablation_differences", ["none"]))
    return {
        "none": f"{task} has no ablation, so its transfer gain and label efficiency are unknown. Run {command}.",
        "other rows": f"The ablation of {task} used other test rows, {rerun}",
        "other parameters": f"The ablation of {task} used other parameters ({changed}), {rerun}",
        "used": "",
    }[status]


def _charts(tasks: Summary) -> list[Chart]:
    """Return the accuracy chart of all tasks, and three charts of the tasks that have an ablation."""
    drawn = [
        Chart(
            "Accuracy by domain",
            "With 95 % bootstrap intervals over test rows.",
            {task: charts.accuracy(figures) for task, figures in tasks.items()},
        )
    ]
    ablations = {task: figures for task, figures in tasks.items() if figures["ablation_status"] == "used"}
    complete = {task: figures for task, figures in ablations.items() if charts.with_all_labels(figures)}
    if complete:
        drawn.append(
            Chart(
                "Variants of the ablation",
                "Accuracy with all labels, with 95 % bootstrap intervals: filled markers in-domain, hollow markers"
                " zero-shot.",
                {task: charts.variants(figures) for task, figures in complete.items()},
            )
        )
    if ablations:
        points = [point for figures in ablations.values() for point in figures["ablation"]]
        labels, seconds = (_limits([point[name] for point in points]) for name in ("training_rows", "cpu_seconds"))
        drawn += [
            Chart(
                "Label efficiency",
                "Mean accuracy over seeds by the number of labels; shaded: 95 % bootstrap intervals over test rows and"
                " seeds.",
                {task: charts.label_efficiency(figures, labels) for task, figures in ablations.items()},
            ),
            Chart(
                "Cost",
                "Accuracy by the CPU time of training, from few labels to all (large marker). Better is higher, cheaper"
                " is further left.",
                {task: charts.cost(figures, seconds) for task, figures in ablations.items()},
            ),
        ]
    return drawn


def _limits(values: list[float]) -> tuple[float, float]:
    return min(values), max(values)

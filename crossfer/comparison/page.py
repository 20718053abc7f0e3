"""summary.html and summary.md: the comparison for people.

The page is one file that loads nothing. Names come from params.yaml and from data, so every text is escaped.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matplotlib import pyplot as plt

from crossfer.comparison import charts
from crossfer.comparison.tables import of_task
from crossfer.reporting.formatting import join_names
from crossfer.reporting.render import render

METHOD = (
    "Language or style: a target in another language (or style of image) than the source measures transfer. Each such"
    " target has equal weight in zero-shot accuracy.",
    "Significance within a task: p below 0.05 after Holm's correction, in a paired test on the same test rows. The test"
    " is the exact McNemar test for two classifiers on one domain, the paired bootstrap for means over domains and"
    " seeds. No significant difference does not mean equal.",
    "Tasks share no test rows. A difference between tasks is stated only if their 95 % intervals do not overlap.",
    "Transfer gain compares the same network with the same labels, from pretrained and from random weights. Both train"
    " all layers (only the upper layers if that variant alone was run) with the epochs and learning rates of"
    " fine-tuning. More epochs would narrow the gain.",
    "Intervals cover test rows, and seeds in an ablation with several. They do not cover the choice of domains. Similar"
    " rows, such as one glyph drawn several times, count as many, so intervals of such domains are too narrow.",
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
    with plt.rc_context(charts.LOOK):
        made = _charts(summary["tasks"])
    return render("crossfer.comparison", "summary.html.j2", charts=made, **_values(summary))


def markdown(summary: Summary) -> str:
    """Return the same sentences and tables for reading on GitHub."""
    rows = [
        [
            f"{row['measure']}: {row['definition']}",
            *(value or "not known" for value in row["values"].values()),
            row["sentence"],
        ]
        for row in summary["comparison"]["rows"]
    ]
    return render("crossfer.comparison", "summary.md.j2", measures=rows, **_values(summary))


def _values(summary: Summary) -> dict[str, Any]:
    """Return what both templates show."""
    tasks = summary["tasks"]
    names = {task: f"{task} ({figures['modality']})" for task, figures in tasks.items()}
    return {
        "title": f"Transfer in {join_names([*names.values()])}",
        "names": names,
        "measures_header": ["measure", *names.values(), "compared"],
        "comparison": summary["comparison"],
        "notes": {task: _note(task, figures) for task, figures in tasks.items()},
        "tables": {task: of_task(figures) for task, figures in tasks.items()},
        "method": METHOD,
    }


def _note(task: str, figures: Summary) -> str:
    """Return why the task has no ablation on the page, and the command that makes one; empty if it has one."""
    state, command = figures["ablation_status"], f"`crossfer ablation {task}`"
    again = f"is left out. Remove data/ablation/{task}.json and run {command}."
    return {
        "none": f"{task} has no ablation, so its transfer gain and label efficiency are not known. Run {command}.",
        "other rows": f"The ablation of {task} was measured on other test rows and {again}",
        "other parameters": f"The ablation of {task} was run with other parameters"
        f" ({join_names(figures.get('ablation_differences', ['none']))}) and {again}",
        "used": "",
    }[state]


def _charts(tasks: Summary) -> list[Chart]:
    """Return the accuracy chart of all tasks, and three charts of the tasks that have an ablation."""
    made = [
        Chart(
            "Accuracy by domain",
            "Dots: accuracy of the model, with 95 % bootstrap intervals over test rows. Diamonds: the baseline.",
            {task: charts.accuracy(figures) for task, figures in tasks.items()},
        )
    ]
    ablations = {task: figures for task, figures in tasks.items() if figures["ablation_status"] == "used"}
    full = {task: figures for task, figures in ablations.items() if charts.full(figures)}
    points = [point for figures in ablations.values() for point in figures["ablation"]]
    if full:
        made.append(
            Chart(
                "What is pretrained, and what is trained",
                "Accuracy of each variant with all labels, with 95 % bootstrap intervals: filled markers in-domain,"
                " hollow markers zero-shot.",
                {task: charts.variants(figures) for task, figures in full.items()},
            )
        )
    if ablations:
        labels, seconds = (charts.span(points, name) for name in ("training_rows", "cpu_seconds"))
        made += [
            Chart(
                "Label efficiency",
                "Accuracy by the number of labels in training. Means over seeds; shaded: 95 % bootstrap intervals over"
                " test rows, and over seeds if there are several.",
                {task: charts.label_efficiency(figures, labels) for task, figures in ablations.items()},
            ),
            Chart(
                "Cost",
                "Accuracy by the CPU time of training, from few labels to all of them (large marker). Higher is better,"
                " further left is cheaper.",
                {task: charts.cost(figures, seconds) for task, figures in ablations.items()},
            ),
        ]
    return made

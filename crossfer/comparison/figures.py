"""The figures of summary.html: what each shows, its legend, and its caption."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from crossfer.comparison import charts
from crossfer.comparison.ablation import FULL, RUNGS

Tasks = Mapping[str, Mapping[str, Any]]
Legend = list[tuple[str, str, str]]  # a colour's name, a sign, what it stands for

SIGNS = {"floor": "◆", "random": "✖", "head": "▲", "part": "●", "all": "■"}
ROLES: Legend = [
    ("source", "●", "source"),
    ("same", "●", "target of the source's kind"),
    ("other", "●", "target of another kind"),
    ("floor", SIGNS["floor"], RUNGS["floor"]),
]
INTERVALS = "95 % bootstrap intervals over test rows, and over seeds where there are several"


@dataclass(frozen=True)
class Shown:
    """A figure: a picture a task, a legend and a caption."""

    title: str
    caption: str
    legend: Legend
    pictures: dict[str, str]


def figures(tasks: Tasks) -> list[Shown]:
    """Accuracy by domain of every task, and three figures of the ladders if any task has one."""
    accuracy = Shown(
        "Accuracy by domain",
        "Accuracy of each task's model in every domain: dots, with 95 % bootstrap intervals over test rows. Diamonds"
        " are the classical classifier trained on the same rows. The source stands first; no label of a target was"
        " trained on.",
        [role for role in ROLES if role[0] != "same" or _has_sibling(tasks)],
        {task: charts.accuracy(one) for task, one in tasks.items()},
    )
    ladders = {task: one for task, one in tasks.items() if one["ladder_state"] == "used"}
    return [accuracy, *(shown for shown in _of_ladders(ladders) if shown.pictures)] if ladders else [accuracy]


def _of_ladders(ladders: Tasks) -> list[Shown]:
    """The figures of the ladders."""
    points = [point for one in ladders.values() for point in one["ladder"]]
    present = {point["rung"] for point in points}
    legend = [(rung, SIGNS[rung], name) for rung, name in RUNGS.items() if rung in present]
    labels, times = _span(points, "training_rows"), _span(points, "cpu_seconds")
    full = {task: one for task, one in ladders.items() if any(p["share"] == FULL for p in one["ladder"])}

    def each(draw: Callable[..., str], tasks: Tasks, *span: tuple[float, float]) -> dict[str, str]:
        return {task: draw(one, *span) for task, one in tasks.items()}

    return [
        Shown(
            "What is carried over, and what is trained",
            "Accuracy of each rung with all labels: filled markers in-domain, hollow ones zero-shot (mean of the"
            f" targets of another kind). Means over seeds; lines are {INTERVALS}. The distance between the two"
            " markers is what the way to the targets costs; the distance from random weights is what pretraining"
            " brings.",
            legend,
            each(charts.ladder, full),
        ),
        Shown(
            "Label efficiency",
            "Accuracy by the number of labels in training, on a logarithmic axis. Means over seeds; shaded:"
            f" {INTERVALS}.",
            legend,
            each(charts.label_efficiency, ladders, labels),
        ),
        Shown(
            "Cost",
            "Accuracy by the CPU time of the process that trains (for the floor, of its fit alone), on a logarithmic"
            f" axis from {charts.SHORTEST:g} s: a line a rung, from few labels to all of them (the large marker)."
            " Means over seeds. Higher is better, further left is cheaper.",
            legend,
            each(charts.cost, ladders, times),
        ),
    ]


def _has_sibling(tasks: Tasks) -> bool:
    """Some task has a target of its source's kind."""
    return any(
        domain != one["source"] and scores["kind"] == one["domains"][one["source"]]["kind"]
        for one in tasks.values()
        for domain, scores in one["domains"].items()
    )


def _span(points: list[dict[str, Any]], name: str) -> tuple[float, float]:
    """Least and most of a figure in all points."""
    values = [float(point[name]) for point in points]
    return min(values), max(values)


def legend_html(legend: Legend) -> str:
    """A legend as a list."""
    items = [
        f'<li><span style="color: var(--{colour})">{sign}</span>{escape(name)}</li>' for colour, sign, name in legend
    ]
    return f'<ul class="legend">{"".join(items)}</ul>'

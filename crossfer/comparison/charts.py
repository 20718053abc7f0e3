"""Draw the charts of the summary page as SVG images, one chart per task.

Charts are narrow: tasks stand side by side on a wide screen and below each other on a phone. The colours of variants
are those of Okabe and Ito (2008), which colour-blind readers can distinguish; markers differ too.
"""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator, PercentFormatter

from crossfer.comparison.ablation import ALL_LABELS, IN_DOMAIN, VARIANTS, ZERO_SHOT
from crossfer.reporting.accuracy import accuracy_table, draw_accuracy, draw_intervals
from crossfer.reporting.palette import BASELINE

MIN_SECONDS = 0.1  # the ablation rounds to it; a logarithmic axis cannot show zero
WIDTH = 4.6  # inches
STYLES = {  # marker and colour of each variant
    "baseline": ("D", BASELINE),
    "random": ("X", "#aa4a86"),
    "head": ("^", "#00805f"),
    "partial": ("o", "#0072b2"),
    "full": ("s", "#d55e00"),
}
STYLE: Any = {  # for rc_context; matplotlib types its keys one by one
    "svg.fonttype": "none",  # text, not outlines: a fifth of the size
    "svg.hashsalt": "crossfer",
    "text.parse_math": False,
    "font.size": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#d7dce2",
    "grid.linewidth": 0.6,
}
TITLES = {IN_DOMAIN: "in-domain accuracy", ZERO_SHOT: "zero-shot accuracy, mean of targets"}

Report = Mapping[str, Any]


def accuracy(summary: Report) -> str:
    """Draw the accuracy of each domain with its interval, next to the baseline."""
    table = accuracy_table(summary)
    figure, (axes,) = _figure(1, 1.1 + 0.25 * len(table))
    draw_accuracy(axes, table)
    _hide_row_ticks(axes)
    return _image(figure, axes)


def variants(summary: Report) -> str:
    """Draw in-domain and zero-shot accuracy of each variant with all labels."""
    points = points_with_all_labels(summary)
    figure, (axes,) = _figure(1, 0.75 + 0.42 * len(points))
    for place, point in enumerate(points):
        marker, colour = STYLES[point["variant"]]
        for measure, offset, fill in ((IN_DOMAIN, -0.16, colour), (ZERO_SHOT, 0.16, "white")):
            if measure in point:
                row = pd.DataFrame([point[measure]])
                draw_intervals(axes, row, [place + offset], "accuracy", fmt=marker, color=colour, mfc=fill)
    axes.set_yticks(range(len(points)), [VARIANTS[point["variant"]].replace(", ", ",\n") for point in points])
    axes.set_ylim(len(points) - 0.5, -0.5)
    _hide_row_ticks(axes)
    _percent_axis(axes, "x")
    axes.set_xlabel("accuracy: filled in-domain, hollow zero-shot")
    return _image(figure)


def label_efficiency(summary: Report, limits: tuple[float, float]) -> str:
    """Draw accuracy by number of labels; `limits` are those of all tasks' labels."""
    measures = [measure for measure in TITLES if measure in summary["ablation"][0]]
    figure, grid = _figure(len(measures), 2.2 * len(measures) + 0.8)
    for axes, measure in zip(grid, measures, strict=True):
        for variant, points in _points_by_variant(summary).items():
            labels, scores = [point["training_rows"] for point in points], [point[measure] for point in points]
            low, high = ([score[f"accuracy_{end}"] for score in scores] for end in ("low", "high"))
            axes.fill_between(labels, low, high, color=STYLES[variant][1], alpha=0.15, linewidth=0)
            _line(axes, variant, labels, [score["accuracy"] for score in scores])
        _percent_axis(axes, "y")
        axes.set_title(TITLES[measure], loc="left", fontsize=9.5)
    _logarithmic_axis(grid[-1], limits)
    grid[-1].set_xlabel("labels in training")
    return _image(figure, grid[-1])


def cost(summary: Report, limits: tuple[float, float]) -> str:
    """Draw accuracy by CPU time; `limits` are those of all tasks' CPU seconds."""
    measure = ZERO_SHOT if ZERO_SHOT in summary["ablation"][0] else IN_DOMAIN
    figure, (axes,) = _figure(1, 3.3)
    for variant, points in _points_by_variant(summary).items():
        seconds = [max(MIN_SECONDS, point["cpu_seconds"]) for point in points]
        scores = [point[measure]["accuracy"] for point in points]
        _line(axes, variant, seconds, scores)
        if points[-1]["train_fraction"] == ALL_LABELS:
            marker, colour = STYLES[variant]
            axes.plot(seconds[-1], scores[-1], marker, color=colour, markersize=10)
    _percent_axis(axes, "y")
    _logarithmic_axis(axes, (max(MIN_SECONDS, limits[0]), max(MIN_SECONDS, limits[1])))
    axes.set_title(TITLES[measure], loc="left", fontsize=9.5)
    axes.set_xlabel("CPU seconds")
    return _image(figure, axes)


def points_with_all_labels(summary: Report) -> list[Report]:
    """Return the points of the ablation with all labels."""
    return [point for point in summary["ablation"] if point["train_fraction"] == ALL_LABELS]


def _points_by_variant(summary: Report) -> dict[str, list[Report]]:
    """Return the points of each variant, from few labels to many."""
    points: dict[str, list[Report]] = {}
    for point in summary["ablation"]:
        points.setdefault(point["variant"], []).append(point)
    return points


def _figure(rows: int, height: float) -> tuple[Figure, Sequence[Axes]]:
    """Create a figure with axes below each other that share the horizontal axis."""
    figure, grid = plt.subplots(rows, 1, figsize=(WIDTH, height), sharex=True, layout="constrained", squeeze=False)
    return figure, list(grid.flat)


def _line(axes: Axes, variant: str, x: Sequence[float], y: Sequence[float]) -> None:
    marker, colour = STYLES[variant]
    axes.plot(x, y, f"{marker}-", color=colour, markersize=5, lw=1.5, label=VARIANTS[variant])


def _hide_row_ticks(axes: Axes) -> None:
    """Draw no ticks or grid lines for the names at the left."""
    axes.tick_params("y", length=0)
    axes.grid(False, axis="y")


def _percent_axis(axes: Axes, axis: str) -> None:
    getattr(axes, f"set_{axis}lim")(-0.02, 1.02)
    getattr(axes, f"{axis}axis").set_major_formatter(PercentFormatter(1, symbol=" %"))


def _logarithmic_axis(axes: Axes, limits: tuple[float, float]) -> None:
    """Make the horizontal axis logarithmic, with numbers in full."""
    axes.set_xscale("log")
    axes.set_xlim(limits[0] / 1.6, limits[1] * 1.6)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())


def _image(figure: Figure, legend: Axes | None = None) -> str:
    """Return a figure as a `data:` address, with the legend of these axes below it."""
    if legend:
        handles = legend.get_legend_handles_labels()
        figure.legend(*handles, loc="outside lower center", ncols=2, frameon=False, fontsize=7.5)
    file = io.BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    return f"data:image/svg+xml;base64,{base64.b64encode(file.getvalue()).decode()}"

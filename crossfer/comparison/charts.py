"""Charts of the summary page as `data:` addresses of SVG images, one chart per task.

Charts are narrow, so that tasks stand side by side on a wide screen and below each other on a phone. The colours of
variants are those of Okabe and Ito (2008), which colour-blind readers can tell apart; markers differ too.
"""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullLocator, PercentFormatter

from crossfer.comparison.ablation import FULL, IN_DOMAIN, VARIANTS, ZERO_SHOT
from crossfer.reporting.palette import BASELINE, SAME_LANGUAGE, SOURCE
from crossfer.reporting.palette import ZERO_SHOT as ZERO_SHOT_COLOUR
from crossfer.reporting.transfer import report_targets

SHORTEST = 0.1  # seconds; the ablation rounds to them, and zero has no place on a logarithmic axis
WIDTH = 4.6  # inches
STYLES = {  # marker and colour of each variant
    "baseline": ("D", BASELINE),
    "random": ("X", "#aa4a86"),
    "head": ("^", "#00805f"),
    "partial": ("o", "#0072b2"),
    "full": ("s", "#d55e00"),
}
ROLES = {"source": SOURCE, "target, source's language or style": SAME_LANGUAGE, "target": ZERO_SHOT_COLOUR}
LOOK: Any = {  # for rc_context, around all drawing; matplotlib types its keys one by one
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

Figures = Mapping[str, Any]


def accuracy(figures: Figures) -> str:
    """Draw each domain's accuracy with its interval, and the baseline: the source first, then the best."""
    domains, source, targets = figures["domains"], figures["source"], report_targets(figures)
    source_role, same_role, other_role = ROLES

    def role(domain: str) -> str:
        return source_role if domain == source else other_role if domain in targets else same_role

    order = sorted(domains, key=lambda name: ([*ROLES].index(role(name)), -domains[name]["accuracy"], name))
    figure, (axes,) = _figure(1, 1.1 + 0.25 * len(order))
    for place, domain in enumerate(order):
        _interval(axes, domains[domain], place, "o", ROLES[role(domain)])
        axes.plot(figures["baseline"][domain]["accuracy"], place, "D", color=BASELINE, markersize=5)
    _names(axes, order)
    _percent(axes, "x")
    axes.set_xlabel("accuracy")
    roles = {name: ("o", ROLES[name]) for name in ROLES if name in map(role, domains)}
    return _image(figure, {**roles, "baseline": ("D", BASELINE)})


def variants(figures: Figures) -> str:
    """Draw in-domain and zero-shot accuracy of each variant with all labels."""
    points = full(figures)
    figure, (axes,) = _figure(1, 0.75 + 0.42 * len(points))
    for place, point in enumerate(points):
        marker, colour = STYLES[point["variant"]]
        for measure, offset, face in ((IN_DOMAIN, -0.16, colour), (ZERO_SHOT, 0.16, "white")):
            if measure in point:
                _interval(axes, point[measure], place + offset, marker, colour, face)
    _names(axes, [VARIANTS[point["variant"]].replace(", ", ",\n") for point in points])
    _percent(axes, "x")
    axes.set_xlabel("accuracy: filled in-domain, hollow zero-shot")
    return _image(figure, {})


def label_efficiency(figures: Figures, span: tuple[float, float]) -> str:
    """Draw accuracy by number of labels, one line per variant; `span` is the range of labels of all tasks."""
    measures = [measure for measure in TITLES if measure in figures["ablation"][0]]
    figure, grid = _figure(len(measures), 2.2 * len(measures) + 0.8)
    for axes, measure in zip(grid, measures, strict=True):
        for variant, points in _series(figures).items():
            labels, scores = [point["training_rows"] for point in points], [point[measure] for point in points]
            low, high = ([one[f"accuracy_{end}"] for one in scores] for end in ("low", "high"))
            marker, colour = STYLES[variant]
            axes.fill_between(labels, low, high, color=colour, alpha=0.15, linewidth=0)
            axes.plot(labels, [one["accuracy"] for one in scores], f"{marker}-", color=colour, markersize=5, lw=1.5)
        _percent(axes, "y")
        axes.set_title(TITLES[measure], loc="left", fontsize=9.5)
    _logarithmic(grid[-1], span)
    grid[-1].set_xlabel("labels in training")
    return _image(figure, _legend(figures))


def cost(figures: Figures, span: tuple[float, float]) -> str:
    """Draw accuracy by CPU time, one line per variant; `span` is the range of CPU seconds of all tasks."""
    measure = ZERO_SHOT if ZERO_SHOT in figures["ablation"][0] else IN_DOMAIN
    figure, (axes,) = _figure(1, 3.3)
    for variant, points in _series(figures).items():
        marker, colour = STYLES[variant]
        times = [max(SHORTEST, point["cpu_seconds"]) for point in points]
        scores = [point[measure]["accuracy"] for point in points]
        axes.plot(times, scores, f"{marker}-", color=colour, markersize=5, lw=1.5)
        if points[-1]["train_fraction"] == FULL:
            axes.plot(times[-1], scores[-1], marker, color=colour, markersize=10)
    _percent(axes, "y")
    _logarithmic(axes, (max(SHORTEST, span[0]), max(SHORTEST, span[1])))
    axes.set_title(TITLES[measure], loc="left", fontsize=9.5)
    axes.set_xlabel("CPU seconds")
    return _image(figure, _legend(figures))


def full(figures: Figures) -> list[Figures]:
    """Return the points with all labels."""
    return [point for point in figures["ablation"] if point["train_fraction"] == FULL]


def _series(figures: Figures) -> dict[str, list[Figures]]:
    """Return the points of each variant, from few labels to many."""
    points = figures["ablation"]
    return {
        name: [one for one in points if one["variant"] == name] for name in dict.fromkeys(p["variant"] for p in points)
    }


def span(points: Sequence[Figures], name: str) -> tuple[float, float]:
    """Return the range of a number over all points."""
    values = [float(point[name]) for point in points]
    return min(values), max(values)


def _legend(figures: Figures) -> dict[str, tuple[str, str]]:
    """Return marker and colour of each variant by its name."""
    return {VARIANTS[variant]: STYLES[variant] for variant in _series(figures)}


def _figure(rows: int, height: float) -> tuple[Figure, Sequence[Axes]]:
    """Return a new figure with axes below each other that share the horizontal axis."""
    figure, grid = plt.subplots(rows, 1, figsize=(WIDTH, height), sharex=True, layout="constrained", squeeze=False)
    return figure, list(grid.flat)


def _interval(axes: Axes, scores: Figures, place: float, marker: str, colour: str, face: str | None = None) -> None:
    """Draw an accuracy and its interval at a height; `face` fills the marker."""
    axes.plot([scores["accuracy_low"], scores["accuracy_high"]], [place, place], color=colour, linewidth=1.8)
    axes.plot(scores["accuracy"], place, marker, color=colour, markerfacecolor=face or colour, markersize=6.5)


def _names(axes: Axes, names: Sequence[str]) -> None:
    """Write names down the left side, the first at the top."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params("y", length=0)
    axes.grid(False, axis="y")


def _percent(axes: Axes, which: str) -> None:
    """Make an axis one of shares from 0 to 1."""
    getattr(axes, f"set_{which}lim")(-0.02, 1.02)
    getattr(axes, f"{which}axis").set_major_formatter(PercentFormatter(1, symbol=" %"))


def _logarithmic(axes: Axes, span: tuple[float, float]) -> None:
    """Make the horizontal axis logarithmic, with numbers written out."""
    axes.set_xscale("log")
    axes.set_xlim(span[0] / 1.6, span[1] * 1.6)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())


def _image(figure: Figure, legend: Mapping[str, tuple[str, str]]) -> str:
    """Return the figure, with markers and colours explained below it, as a `data:` address; free the figure."""
    if legend:
        handles = [Line2D([], [], ls="", marker=marker, color=colour) for marker, colour in legend.values()]
        figure.legend(handles, list(legend), loc="outside lower center", ncols=2, frameon=False, fontsize=7.5)
    file = io.BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    return f"data:image/svg+xml;base64,{base64.b64encode(file.getvalue()).decode()}"

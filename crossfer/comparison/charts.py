"""Pictures of the comparison as SVG inside a page: text in the page's font, colours as the page's variables.

Each picture shows one task and is narrow, so that tasks stand side by side on a wide screen and below each other on a
phone. Axes have the same range in all tasks. The page (style.py) gives each colour a light and a dark value.
"""

import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator, PercentFormatter

from crossfer.comparison.ablation import FULL, IN_DOMAIN, RUNGS, ZERO_SHOT

SHORTEST = 0.1  # seconds; the ladder rounds to them, and nought has no place on a logarithmic axis
WIDTH = 4.4  # inches; drawn at 72 points an inch and scaled by the page
# Stand-ins that no picture would use otherwise; each becomes the page's variable of that name.
COLOURS = {
    name: f"#0a0b{number:02x}"
    for number, name in enumerate(["ink", "paper", "line", "source", "same", "other", *RUNGS], start=16)
}
MARKERS = {"floor": "D", "random": "X", "head": "^", "part": "o", "all": "s"}
STYLE: Any = {  # matplotlib types its keys one by one
    "svg.fonttype": "none",
    "svg.hashsalt": "crossfer",
    "text.parse_math": False,
    "font.size": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": COLOURS["line"],
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": COLOURS["line"],
    "grid.linewidth": 0.6,
    "text.color": COLOURS["ink"],
    "axes.labelcolor": COLOURS["ink"],
    "xtick.color": COLOURS["line"],
    "ytick.color": COLOURS["line"],
    "xtick.labelcolor": COLOURS["ink"],
    "ytick.labelcolor": COLOURS["ink"],
}
TITLES = {IN_DOMAIN: "in-domain accuracy", ZERO_SHOT: "zero-shot accuracy, mean of targets"}

Figures = Mapping[str, Any]


def accuracy(figures: Figures) -> str:
    """Each domain's accuracy with its interval, and the classical floor, the source first, then the best."""
    domains, source = figures["domains"], figures["source"]

    def role(domain: str) -> str:
        same = domains[domain]["kind"] == domains[source]["kind"]
        return "source" if domain == source else "same" if same else "other"

    places = ["source", "same", "other"]
    order = sorted(domains, key=lambda name: (places.index(role(name)), -domains[name]["accuracy"], name))
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(WIDTH, 0.75 + 0.25 * len(order)), layout="constrained")
        for place, domain in enumerate(order):
            scores, floor, colour = domains[domain], figures["floor"][domain]["accuracy"], COLOURS[role(domain)]
            axes.plot([scores["accuracy_low"], scores["accuracy_high"]], [place, place], color=colour, linewidth=2)
            axes.plot(scores["accuracy"], place, "o", color=colour, markersize=6)
            axes.plot(floor, place, MARKERS["floor"], color=COLOURS["floor"], markersize=5)
        axes.set_ylim(len(order) - 0.4, -0.6)
        _names(axes, order)
        _percent(axes, "x")
        axes.set_xlabel("accuracy")
        return _svg(figure)


def ladder(figures: Figures) -> str:
    """In-domain and zero-shot accuracy of each rung with all labels, with intervals."""
    full = [one for one in figures["ladder"] if one["share"] == FULL]
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(WIDTH, 0.75 + 0.42 * len(full)), layout="constrained")
        for place, one in enumerate(full):
            for measure, offset in ((IN_DOMAIN, -0.16), (ZERO_SHOT, 0.16)):
                if measure in one:
                    _spread(axes, one, measure, place + offset)
        axes.set_ylim(len(full) - 0.5, -0.5)
        _names(axes, [RUNGS[one["rung"]].replace(", ", ",\n") for one in full])
        _percent(axes, "x")
        axes.set_xlabel("accuracy: filled in-domain, hollow zero-shot")
        return _svg(figure)


def label_efficiency(figures: Figures, span: tuple[float, float]) -> str:
    """Accuracy by number of labels, a line a rung, its interval shaded: in-domain above, zero-shot below.

    Args:
        figures: of a task.
        span: fewest and most labels of all tasks.
    """
    measures = [measure for measure in TITLES if measure in figures["ladder"][0]]
    with plt.rc_context(STYLE):
        size = (WIDTH, 2.2 * len(measures) + 0.3)
        figure, grid = plt.subplots(len(measures), 1, figsize=size, sharex=True, layout="constrained", squeeze=False)
        for axes, measure in zip(grid.flat, measures, strict=True):
            for rung, points in _series(figures).items():
                labels, scores = [one["training_rows"] for one in points], [one[measure] for one in points]
                low, high = ([one[f"accuracy_{end}"] for one in scores] for end in ("low", "high"))
                axes.fill_between(labels, low, high, color=COLOURS[rung], alpha=0.15, linewidth=0)
                _line(axes, rung, labels, [one["accuracy"] for one in scores])
            _percent(axes, "y")
            axes.set_title(TITLES[measure], loc="left", fontsize=9.5)
        _logarithmic(axes, span)
        axes.set_xlabel("labels in training")
        return _svg(figure)


def cost(figures: Figures, span: tuple[float, float]) -> str:
    """Accuracy by CPU time, a line a rung through its shares of the labels; zero-shot, or in-domain without targets.

    Args:
        figures: of a task.
        span: least and most CPU seconds of all tasks.
    """
    measure = ZERO_SHOT if ZERO_SHOT in figures["ladder"][0] else IN_DOMAIN
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(WIDTH, 2.8), layout="constrained")
        for rung, points in _series(figures).items():
            times = [max(SHORTEST, one["cpu_seconds"]) for one in points]
            scores = [one[measure]["accuracy"] for one in points]
            _line(axes, rung, times, scores)
            if points[-1]["share"] == FULL:
                axes.plot(times[-1], scores[-1], MARKERS[rung], color=COLOURS[rung], markersize=10)
        _percent(axes, "y")
        _logarithmic(axes, (max(SHORTEST, span[0]), max(SHORTEST, span[1])))
        axes.set_title(TITLES[measure], loc="left", fontsize=9.5)
        axes.set_xlabel("CPU seconds")
        return _svg(figure)


def _series(figures: Figures) -> dict[str, list[Figures]]:
    """The points of each rung, from few labels to many."""
    points = figures["ladder"]
    return {rung: [one for one in points if one["rung"] == rung] for rung in dict.fromkeys(p["rung"] for p in points)}


def _spread(axes: Axes, point: Figures, measure: str, place: float) -> None:
    """An accuracy with its interval, filled in-domain and hollow zero-shot."""
    scores, colour = point[measure], COLOURS[point["rung"]]
    axes.plot([scores["accuracy_low"], scores["accuracy_high"]], [place, place], color=colour, linewidth=1.6)
    inside = colour if measure == IN_DOMAIN else COLOURS["paper"]
    axes.plot(scores["accuracy"], place, MARKERS[point["rung"]], color=colour, markerfacecolor=inside, markersize=7)


def _line(axes: Axes, rung: str, across: Sequence[float], up: Sequence[float]) -> None:
    """A rung's line through its points."""
    axes.plot(across, up, f"{MARKERS[rung]}-", color=COLOURS[rung], markersize=5, linewidth=1.5)


def _names(axes: Axes, names: Sequence[str]) -> None:
    """Names down the left side, with no lines across."""
    axes.set_yticks(range(len(names)), names)
    axes.tick_params("y", length=0)
    axes.grid(False, axis="y")


def _percent(axes: Axes, which: str) -> None:
    """An axis of shares from 0 to 1."""
    getattr(axes, f"set_{which}lim")(-0.02, 1.02)
    getattr(axes, f"set_{which}ticks")([0, 0.25, 0.5, 0.75, 1])
    getattr(axes, f"{which}axis").set_major_formatter(PercentFormatter(1, symbol=" %"))


def _logarithmic(axes: Axes, span: tuple[float, float]) -> None:
    """A logarithmic axis across, with numbers written out."""
    axes.set_xscale("log")
    axes.set_xlim(span[0] / 1.6, span[1] * 1.6)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())


def _svg(figure: Figure) -> str:
    """The figure as an `svg` element that takes fonts, colours and size from the page; free the figure."""
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    plt.close(figure)
    drawn = file.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r'<svg[^>]*viewBox="([^"]*)"[^>]*>', r'<svg viewBox="\1" aria-hidden="true">', drawn, count=1)
    drawn = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r' id="[a-zA-Z0-9.]+_[0-9]+"', "", drawn)  # figure_1, axes_1: the same in every picture
    drawn = re.sub(r"font-family: [^;\"]*; ", "", drawn).replace("xlink:href", "href")
    mark = hashlib.sha256(drawn.encode()).hexdigest()[:8]
    drawn = re.sub(r'(id="|href="#|url\(#)([mp][0-9a-f]{10})', rf"\1\2-{mark}", drawn)
    for name, colour in COLOURS.items():
        drawn = drawn.replace(colour, f"var(--{name})")
    return drawn.strip()

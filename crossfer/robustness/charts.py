"""Draw the charts of the page robustness.md."""

from pathlib import Path

from matplotlib import pyplot as plt

from crossfer.reporting.palette import BASELINE, SAME_LANGUAGE, SOURCE, ZERO_SHOT, save_chart
from crossfer.robustness.calibration import reliability_bins
from crossfer.robustness.confidence import TARGETS
from crossfer.robustness.perturbed import CLEAN, SEVERITIES
from crossfer.robustness.results import Results
from crossfer.robustness.scores import ALL_DOMAINS

COLOURS = dict(zip(SEVERITIES, (SAME_LANGUAGE, SOURCE, ZERO_SHOT), strict=True))


def plot_accuracy_drop(path: Path, results: Results) -> None:
    """Write a chart of the mean drop in accuracy by perturbation and severity."""
    table = results.accuracies
    table = table[(table["domain"] == ALL_DOMAINS) & (table["perturbation"] != CLEAN)]
    names = list(dict.fromkeys(table["perturbation"]))
    figure, axes = plt.subplots(figsize=(8, 1.2 + 0.45 * len(names)), layout="constrained")
    for offset, (severity, colour) in zip((-0.22, 0, 0.22), COLOURS.items(), strict=True):
        for cleaned in (False, True):
            rows = table[(table["severity"] == severity) & (table["cleaned"] == cleaned)]
            drop, low, high = (100 * rows[f"accuracy_drop{end}"] for end in ("", "_low", "_high"))
            heights = rows["perturbation"].map(names.index) + offset
            face, label = (colour, severity) if cleaned else ("none", None)
            if cleaned:
                axes.errorbar(drop, heights, xerr=[drop - low, high - drop], fmt="none", ecolor=colour, lw=1)
            axes.scatter(drop, heights, 26, facecolors=face, edgecolors=colour, label=label)
    axes.axvline(0, color=BASELINE, lw=0.8)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlabel("drop in accuracy, percentage points, with 95 % bootstrap interval; rings: without the cleaner")
    axes.set_title(f"{results.task}: drop in accuracy under perturbations")
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    save_chart(figure, path)


def plot_reliability(path: Path, results: Results) -> None:
    """Write a reliability diagram of the source and of all targets.

    Each has a line before and a line after temperature scaling.
    """
    groups = {name: results.predictions[name] for name in (results.source, TARGETS) if name in results.predictions}
    lines = (
        ("uncalibrated", 1.0, SOURCE),
        (f"with temperature {results.temperature:.2f}", results.temperature, ZERO_SHOT),
    )
    figure, grid = plt.subplots(1, len(groups), figsize=(4.4 * len(groups), 4.2), layout="constrained", squeeze=False)
    for axes, (name, group) in zip(grid.flat, groups.items(), strict=True):
        axes.plot([0, 1], [0, 1], color=BASELINE, lw=0.8, ls="--")
        for label, temperature, colour in lines:
            bins = reliability_bins(group.confidence(temperature), group.correct)
            axes.plot(bins["confidence"], bins["accuracy"], "o-", color=colour, label=label, markersize=4)
            width, fraction = bins["high"] - bins["low"], bins["n"] / bins["n"].sum()
            axes.bar(bins["low"] + width / 2, fraction, width, color=colour, alpha=0.15)
        axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence", title=name)
    grid[0][0].set_ylabel("accuracy; bars: fraction of the predictions")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    figure.suptitle(f"{results.task}: calibration")
    save_chart(figure, path)

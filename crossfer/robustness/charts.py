"""Charts of how the model breaks."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from matplotlib import pyplot as plt

from crossfer.reporting.palette import BASELINE, SAME_LANGUAGE, SOURCE, ZERO_SHOT, save
from crossfer.robustness.perturbed import CLEAN, SEVERITIES
from crossfer.robustness.scores import ALL_DOMAINS

COLOURS = dict(zip(SEVERITIES, (SAME_LANGUAGE, SOURCE, ZERO_SHOT), strict=True))


def robustness(path: Path, measured: pd.DataFrame, title: str) -> None:
    """What each disturbance costs at each severity, on the mean of the domains; rings: without the cleaner.

    Args:
        path: the PNG to write.
        measured: as `scores.table` gives it.
        title: above it.
    """
    shown = measured[(measured["domain"] == ALL_DOMAINS) & (measured["perturbation"] != CLEAN)]
    perturbations = list(dict.fromkeys(shown["perturbation"]))
    figure, axes = plt.subplots(figsize=(8, 1.2 + 0.45 * len(perturbations)), layout="constrained")
    for place, (severity, colour) in enumerate(COLOURS.items()):
        rows = shown[shown["severity"] == severity]
        for cleaned, face in ((False, "none"), (True, colour)):
            some = rows[rows["cleaned"] == cleaned]
            down = some["perturbation"].map(perturbations.index) + 0.22 * (place - 1)
            ends = [
                some["accuracy_drop"] - some["accuracy_drop_low"],
                some["accuracy_drop_high"] - some["accuracy_drop"],
            ]
            if cleaned:
                axes.errorbar(
                    100 * some["accuracy_drop"], down, xerr=[100 * end for end in ends], fmt="none", ecolor=colour, lw=1
                )
            axes.scatter(
                100 * some["accuracy_drop"],
                down,
                26,
                facecolors=face,
                edgecolors=colour,
                label=severity if cleaned else None,
            )
    axes.axvline(0, color=BASELINE, lw=0.8)
    axes.set_yticks(range(len(perturbations)), perturbations)
    axes.invert_yaxis()
    axes.set_xlabel("accuracy lost, points, with 95 % bootstrap interval; rings: without the cleaner")
    axes.set_title(title)
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    save(figure, path)


def reliability(path: Path, panels: Mapping[str, Mapping[str, pd.DataFrame]], title: str) -> None:
    """Accuracy by confidence, a panel a group of domains; bars: how many guesses are in the bin.

    Args:
        path: the PNG to write.
        panels: of each group and each version of the probabilities, as `calibration.reliability` gives it.
        title: above it.
    """
    figure, grid = plt.subplots(1, len(panels), figsize=(4.4 * len(panels), 4.2), layout="constrained", squeeze=False)
    for axes, (group, versions) in zip(grid.flat, panels.items(), strict=True):
        axes.plot([0, 1], [0, 1], color=BASELINE, lw=0.8, ls="--")
        for (version, bins), colour in zip(versions.items(), (SOURCE, ZERO_SHOT), strict=True):
            axes.plot(bins["sure"], bins["right"], "o-", color=colour, label=version, markersize=4)
            width = bins["to"] - bins["from"]
            axes.bar(bins["from"] + width / 2, bins["n"] / bins["n"].sum(), width, color=colour, alpha=0.15)
        axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence", title=group)
    grid[0][0].set_ylabel("accuracy; bars: share of the predictions")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    figure.suptitle(title)
    save(figure, path)

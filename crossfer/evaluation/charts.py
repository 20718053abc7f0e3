"""Charts of the scores."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from crossfer.reporting.palette import BASELINE, FEW_SHOT, SAME_LANGUAGE, SOURCE, ZERO_SHOT, save

ACROSS = 7  # matrices in a row
LONGEST = 30  # characters of a label


def accuracy_by_domain(path: Path, table: pd.DataFrame, title: str) -> None:
    """Bars of accuracy with intervals, the source first, then the best.

    Args:
        path: the PNG to write.
        table: see `report.accuracy_table`.
        title: above it.
    """
    figure, axes = plt.subplots(figsize=(8, 1.2 + 0.34 * len(table)), layout="constrained")
    colours = {"source": SOURCE, "same kind": SAME_LANGUAGE, "other kind": ZERO_SHOT}
    shown = table.iloc[::-1].reset_index(drop=True)
    for role, colour in colours.items():
        rows = shown[shown["role"] == role]
        if rows.empty:
            continue
        axes.barh(rows.index, rows["accuracy"], color=colour, label=role if role == "source" else f"target, {role}")
    below, above = shown["accuracy"] - shown["accuracy_low"], shown["accuracy_high"] - shown["accuracy"]
    axes.errorbar(shown["accuracy"], shown.index, xerr=[below, above], fmt="none", ecolor="black", capsize=3, lw=1)
    axes.plot(shown["baseline"], shown.index, "D", color=BASELINE, markersize=5, label="baseline")
    if "few_shot" in shown:
        rows = shown.dropna(subset="few_shot")
        ends = [rows["few_shot"] - rows["few_shot_low"], rows["few_shot_high"] - rows["few_shot"]]
        axes.errorbar(
            rows["few_shot"], rows.index + 0.25, xerr=ends, fmt="o", color=FEW_SHOT, capsize=3, lw=1, label="few-shot"
        )
    for place, value in zip(shown.index, shown["accuracy"], strict=True):
        axes.text(0.01, place, f"{value:.1%}", va="center", color="white", fontsize=8)
    axes.set_yticks(shown.index, shown["domain"])
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.set_xlabel("accuracy, with 95 % bootstrap interval")
    axes.set_title(title)
    figure.legend(loc="outside lower center", ncols=5, frameon=False)
    save(figure, path)


def confusion_matrices(path: Path, matrices: Mapping[str, NDArray[np.int64]], labels: Sequence[str]) -> None:
    """A matrix a domain: true labels down, guesses across, shares of the true label's rows.

    Args:
        path: the PNG to write.
        matrices: (labels, labels) counts of each domain.
        labels: in the order of rows and columns.
    """
    down = -(-len(matrices) // ACROSS)
    across = min(ACROSS, len(matrices))
    shown = [label if len(label) <= LONGEST else f"{label[:LONGEST]} ..." for label in labels]
    size = (2.4 * across + 1, 2.5 * down + 0.7)
    figure, grid = plt.subplots(down, across, figsize=size, layout="constrained", squeeze=False)
    for axes in grid.flat[len(matrices) :]:
        axes.axis("off")
    for place, (axes, (domain, counts)) in enumerate(zip(grid.flat, matrices.items(), strict=False)):
        shares = counts / counts.sum(1, keepdims=True).clip(min=1)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for row, column in zip(*counts.nonzero(), strict=True):
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, counts[row, column], ha="center", va="center", fontsize=7, color=colour)
        axes.set_title(domain, fontsize=10)
        axes.set_xticks(range(len(labels)), shown, rotation=90, fontsize=7, parse_math=False)
        axes.set_yticks(
            range(len(labels)), shown if place % ACROSS == 0 else [""] * len(labels), fontsize=7, parse_math=False
        )
        if place < len(matrices) - across:
            axes.set_xticklabels([])
    figure.supylabel("true label")
    figure.supxlabel("predicted label")
    save(figure, path)


def learning_curve(path: Path, history: pd.DataFrame, title: str) -> None:
    """Loss in training and validation, and validation accuracy, by step.

    Args:
        path: the PNG to write.
        history: columns step, loss, validation_loss, validation_accuracy.
        title: above it.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    training, validation = history.dropna(subset="loss"), history.dropna(subset="validation_loss")
    left.plot(training["step"], training["loss"], color=SOURCE, label="training")
    left.plot(validation["step"], validation["validation_loss"], "o-", color=ZERO_SHOT, label="validation, source")
    left.set(xlabel="step", ylabel="loss", yscale="log")
    left.legend(frameon=False)
    right.plot(validation["step"], validation["validation_accuracy"], "o-", color=ZERO_SHOT)
    right.yaxis.set_major_formatter(PercentFormatter(1))
    right.set(xlabel="step", ylabel="validation accuracy, source domain")
    figure.suptitle(title)
    save(figure, path)

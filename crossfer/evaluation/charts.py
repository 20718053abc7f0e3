"""Draw the charts of a task's reports."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from crossfer.reporting.accuracy import draw_accuracy
from crossfer.reporting.palette import SOURCE, ZERO_SHOT, save_chart

MATRICES_PER_ROW = 7
MAX_LABEL_LENGTH = 30  # characters


def accuracy_by_domain(path: Path, table: pd.DataFrame, title: str) -> None:
    """Write a PNG of the accuracy table."""
    figure, axes = plt.subplots(figsize=(8, 1.2 + 0.34 * len(table)), layout="constrained")
    draw_accuracy(axes, table)
    axes.set_title(title)
    figure.legend(loc="outside lower center", ncols=5, frameon=False)
    save_chart(figure, path)


def confusion_matrices(path: Path, matrices: Mapping[str, NDArray[np.int64]], labels: Sequence[str]) -> None:
    """Write a PNG with one matrix per domain: label down, prediction across.

    Cells are shaded by the fraction of the label's rows.

    Args:
        path: of the PNG.
        matrices: (labels, labels) counts of each domain.
        labels: in the order of rows and columns.
    """
    down, across = -(-len(matrices) // MATRICES_PER_ROW), min(MATRICES_PER_ROW, len(matrices))
    names = [label if len(label) <= MAX_LABEL_LENGTH else f"{label[:MAX_LABEL_LENGTH]} ..." for label in labels]
    size = (2.4 * across + 1, 2.5 * down + 0.7)
    figure, grid = plt.subplots(down, across, figsize=size, layout="constrained", squeeze=False)
    for axes in grid.flat[len(matrices) :]:
        axes.axis("off")
    for place, (axes, (domain, counts)) in enumerate(zip(grid.flat, matrices.items(), strict=False)):
        fractions = counts / counts.sum(1, keepdims=True).clip(min=1)
        axes.imshow(fractions, cmap="Blues", vmin=0, vmax=1)
        for row, column in zip(*counts.nonzero(), strict=True):
            colour = "white" if fractions[row, column] > 0.5 else "black"
            axes.text(column, row, counts[row, column], ha="center", va="center", fontsize=7, color=colour)
        axes.set_title(domain, fontsize=10)
        is_last_row, is_first_column = place >= len(matrices) - across, place % MATRICES_PER_ROW == 0
        for axis, has_names in ((axes.xaxis, is_last_row), (axes.yaxis, is_first_column)):
            axis.set_ticks(range(len(names)), names if has_names else [""] * len(names), fontsize=7, parse_math=False)
        axes.tick_params("x", rotation=90)
    figure.supylabel("label")
    figure.supxlabel("prediction")
    save_chart(figure, path)


def learning_curve(path: Path, history: pd.DataFrame, title: str) -> None:
    """Write a PNG of loss and validation accuracy by step.

    Args:
        path: of the PNG.
        history: columns step, loss, validation_loss, validation_accuracy.
        title: above the charts.
    """
    figure, (losses, accuracy) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    training, validation = history.dropna(subset="loss"), history.dropna(subset="validation_loss")
    losses.plot(training["step"], training["loss"], color=SOURCE, label="training")
    losses.plot(validation["step"], validation["validation_loss"], "o-", color=ZERO_SHOT, label="validation, source")
    losses.set(xlabel="step", ylabel="loss", yscale="log")
    losses.legend(frameon=False)
    accuracy.plot(validation["step"], validation["validation_accuracy"], "o-", color=ZERO_SHOT)
    accuracy.yaxis.set_major_formatter(PercentFormatter(1))
    accuracy.set(xlabel="step", ylabel="validation accuracy, source domain")
    figure.suptitle(title)
    save_chart(figure, path)

"""Colours of all charts, and how a chart is written. Charts of equal numbers are equal bytes: no date, no version."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

SOURCE, SAME_KIND, OTHER_KIND, BASELINE, FEW_SHOT = "#1b4965", "#5fa8d3", "#ee6c4d", "#555555", "#2a9d3f"


def save(figure: Figure, path: Path) -> None:
    """Write a PNG that names no software version, and free the figure."""
    figure.savefig(path, dpi=110, format="png", metadata={"Software": None})
    plt.close(figure)

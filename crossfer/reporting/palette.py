"""Define the colours of all charts, and write charts as reproducible files."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

SOURCE, SAME_LANGUAGE, ZERO_SHOT, BASELINE, FEW_SHOT = "#1b4965", "#5fa8d3", "#ee6c4d", "#555555", "#2a9d3f"


def save_chart(figure: Figure, path: Path) -> None:
    """Write a PNG without date or software version, and close the figure."""
    figure.savefig(path, dpi=110, format="png", metadata={"Software": None})
    plt.close(figure)

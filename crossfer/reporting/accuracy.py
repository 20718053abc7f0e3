"""Show the accuracy of each domain next to the baseline, as table and as chart."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from crossfer.reporting.palette import BASELINE, FEW_SHOT, SAME_LANGUAGE, SOURCE, ZERO_SHOT
from crossfer.reporting.transfer import report_targets

COLOURS = {"source": SOURCE, "same language": SAME_LANGUAGE, "zero-shot": ZERO_SHOT}  # by role, in order


def accuracy_table(report: Mapping[str, Any]) -> pd.DataFrame:
    """Return one row per domain, by role and then by accuracy, from metrics.json.

    Columns: domain, role, language (of texts), n, accuracy, accuracy_low, accuracy_high, macro_f1, baseline; with
    shots also few_shot, few_shot_low, few_shot_high.
    """
    source, targets = report["source"], report_targets(report)
    rows = []
    for domain, scores in report["domains"].items():
        role = "source" if domain == source else "zero-shot" if domain in targets else "same language"
        row = {"domain": domain, "role": role, **scores, "baseline": report["baseline"][domain]["accuracy"]}
        if few_shot := report.get("few_shot", {}).get(domain):
            row |= {f"few_shot{end}": few_shot[f"accuracy{end}"] for end in ("", "_low", "_high")}
        rows.append(row)
    order = list(COLOURS)
    rows.sort(key=lambda row: (order.index(row["role"]), -row["accuracy"], row["domain"]))
    return pd.DataFrame(rows).drop(columns=["loss", "unknown_labels", "truncated_fraction"], errors="ignore")


def draw_accuracy(axes: Axes, table: pd.DataFrame) -> None:
    """Draw accuracy and interval of each domain of an accuracy table, top to bottom."""
    for role, colour in COLOURS.items():
        rows = table[table["role"] == role]
        if not rows.empty:
            draw_intervals(axes, rows, rows.index, "accuracy", fmt="o", color=colour, label=role)
    axes.plot(table["baseline"], table.index, "D", color=BASELINE, markersize=5, label="baseline")
    if "few_shot" in table:
        rows = table.dropna(subset="few_shot")
        draw_intervals(axes, rows, rows.index + 0.25, "few_shot", fmt="s", color=FEW_SHOT, label="few-shot")
    axes.set_yticks(table.index, table["domain"], parse_math=False)
    axes.set_ylim(len(table) - 0.5, -0.5)
    axes.set_xlim(-0.02, 1.02)
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.set_xlabel("accuracy, with 95 % bootstrap interval")


def draw_intervals(axes: Axes, rows: pd.DataFrame, places: Any, name: str, **style: Any) -> None:
    """Draw a score and its interval at the height of each row."""
    ends = [rows[name] - rows[f"{name}_low"], rows[f"{name}_high"] - rows[name]]
    axes.errorbar(rows[name], places, xerr=ends, markersize=6, lw=1.8, **style)

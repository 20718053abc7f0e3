"""Compare the project's goals with the reports.

goals.csv has the goals that no report measures.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.comparison.ablation import ALL_LABELS, IN_DOMAIN, ZERO_SHOT
from crossfer.reporting.formatting import percent, percentage_points

DOCUMENTED_GOALS = Path(__file__).with_suffix(".csv")

Report = Mapping[str, Any]


@dataclass(frozen=True)
class TaskReports:
    """The reports of a task; summary is its part of summary.json."""

    summary: Report
    metrics: Report
    stress: Report
    stress_table: pd.DataFrame
    compression: Report


def read_reports() -> dict[str, TaskReports]:
    """Return the reports of every task of summary.json."""
    reports = {}
    for task, summary in io.read_json(paths.summary_path("json"))["tasks"].items():
        folder = TaskPaths(task).reports
        reports[task] = TaskReports(
            summary,
            io.read_json(folder / paths.METRICS_FILE),
            io.read_json(folder / "stress.json"),
            pd.read_csv(folder / "stress.csv", keep_default_na=False),
            io.read_json(TaskPaths(task).compression_report),
        )
    return reports


def goal_rows(reports: Mapping[str, TaskReports]) -> list[list[str]]:
    """Return one row per goal: measure, goal, measured, met, documentation."""
    rows = []
    for measure, value, minimum, maximum in _measure_goals(reports):
        is_met = value >= minimum if minimum else value <= maximum
        format_value = percentage_points if "drop" in measure else percent
        goal = f"at least {format_value(minimum)}" if minimum else f"at most {format_value(maximum)}"
        rows.append([measure, goal, format_value(value), "yes" if is_met else "no", "this page"])
    documented_goals = pd.read_csv(DOCUMENTED_GOALS, dtype=str).to_numpy().tolist()
    return rows + [[*row, f"[{page}]({page})"] for *row, page in documented_goals]


def _measure_goals(reports: Mapping[str, TaskReports]) -> Iterator[tuple[str, float, float, float]]:
    """Yield each goal: name, measured fraction, minimum (0 for none), maximum."""
    for task, measure, minimum in (
        ("news", IN_DOMAIN, 0.983),
        ("news", ZERO_SHOT, 0.85),
        ("digits", IN_DOMAIN, 0.99),
        ("digits", "uci", 0.90),
        ("digits", "print", 0.95),
    ):
        if point := _transfer_point(reports[task].summary):
            accuracy = point[measure]["accuracy"] if measure in point else point["domains"][measure]
            name = measure.replace("in_domain", "in-domain").replace("zero_shot", "zero-shot")
            yield f"{task}, {name} accuracy, mean of {point['seeds']} seeds of the ablation", accuracy, minimum, 1
    worst_accuracy = reports["news"].metrics["zero_shot"]["worst_accuracy"]
    yield "news, accuracy of the worst zero-shot target", worst_accuracy, 0.70, 1
    for task, report in reports.items():
        yield f"{task}, accuracy drop, light perturbations", report.stress["light"]["accuracy_drop"], 0, 0.02
        table = report.stress_table
        rows = table[(table["domain"] == "all") & (table["cleaned"].astype(str) == "True")]
        for name in ("homoglyphs", "invisible characters"):
            if name in set(rows["perturbation"]):
                drop = rows.loc[rows["perturbation"] == name, "accuracy_drop"].max()
                yield f"{task}, accuracy drop, {name} at any severity", drop, 0, 0.01
        yield f"{task}, size of int8 compared with fp32", report.compression["size_ratio"], 0, 0.27


def _transfer_point(summary: Report) -> Report | None:
    """Return the point of the ablation that stands for transfer, with all labels."""
    key = (summary.get("transfer_variant"), ALL_LABELS)
    points = summary.get("ablation", [])
    return next((point for point in points if (point["variant"], point["train_fraction"]) == key), None)

"""Write the files of stress: stress.json, stress.csv, robustness.md, two charts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crossfer.artifacts import io
from crossfer.reporting.formatting import accuracy_with_interval, interval, percentage_points
from crossfer.robustness import charts
from crossfer.robustness.confidence import TARGETS
from crossfer.robustness.page import render_page
from crossfer.robustness.perturbed import CLEAN, SEVERITIES
from crossfer.robustness.results import Results
from crossfer.robustness.scores import ALL_DOMAINS, MEAN, select_row

SUMMARY_FILE, TABLE_FILE, PAGE_FILE = "stress.json", "stress.csv", "robustness.md"
ACCURACY_CHART_FILE, RELIABILITY_CHART_FILE = "robustness.png", "reliability.png"


def summarize(results: Results) -> dict[str, Any]:
    """Return the content of stress.json: the numbers that `dvc metrics diff` compares."""

    def select_scores(row: dict[str, Any], *names: str) -> dict[str, float]:
        return {key: row[key] for name in names for key in (name, f"{name}_low", f"{name}_high")}

    accuracies = results.accuracies
    values: dict[str, Any] = {"clean": select_scores(select_row(accuracies, ALL_DOMAINS, CLEAN, CLEAN), "accuracy")}
    for severity in SEVERITIES:
        mean, uncleaned_mean = (
            select_row(accuracies, ALL_DOMAINS, MEAN, severity, cleaned) for cleaned in (True, False)
        )
        values[severity] = select_scores(mean, "accuracy", "accuracy_drop")
        values[severity]["accuracy_drop_uncleaned"] = uncleaned_mean["accuracy_drop"]
    values["temperature"] = results.temperature
    rows = results.calibration.set_index("domain")[["ece", "ece_temperature_scaled"]].to_dict("index")
    values["calibration"] = {name: rows[name] for name in (results.source, TARGETS) if name in rows}
    if results.detection is not None:
        source_rows = results.detection[results.detection["domain"] == results.source]
        values["out_of_distribution"] = select_scores(dict(source_rows.iloc[0]), "auroc")
    return values


def progress_lines(results: Results) -> Iterator[str]:
    """Yield one line per severity for the terminal."""
    for severity in SEVERITIES:
        mean = select_row(results.accuracies, ALL_DOMAINS, MEAN, severity)
        drop = f"{percentage_points(mean['accuracy_drop'])} ({interval(mean, 'accuracy_drop')})"
        yield f"{severity} perturbations: accuracy {accuracy_with_interval(mean)}, drop {drop}"


def write_reports(folder: Path, results: Results) -> list[Path]:
    """Write all files to `folder` and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)  # other stages write there too
    io.write_json(folder / SUMMARY_FILE, summarize(results))
    with io.replace_file(folder / TABLE_FILE) as new_path:
        results.accuracies.to_csv(new_path, index=False)
    with io.replace_file(folder / PAGE_FILE) as new_path:
        new_path.write_text(render_page(results, ACCURACY_CHART_FILE, RELIABILITY_CHART_FILE), encoding="utf-8")
    with io.replace_file(folder / ACCURACY_CHART_FILE) as new_path:
        charts.plot_accuracy_drop(new_path, results)
    with io.replace_file(folder / RELIABILITY_CHART_FILE) as new_path:
        charts.plot_reliability(new_path, results)
    return [
        folder / name for name in (SUMMARY_FILE, TABLE_FILE, PAGE_FILE, ACCURACY_CHART_FILE, RELIABILITY_CHART_FILE)
    ]

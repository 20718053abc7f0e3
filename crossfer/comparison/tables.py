"""Build the tables of the summary, for the HTML page and for Markdown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crossfer.comparison.ablation import IN_DOMAIN, VARIANTS, ZERO_SHOT
from crossfer.reporting import formatting
from crossfer.reporting.formatting import (
    accuracy_with_interval,
    count,
    interval,
    p_value,
    percent,
    percentage_points,
    row_count,
)

MEASURES = {IN_DOMAIN: "in-domain", ZERO_SHOT: "zero-shot"}

Report = Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """Store a table and a note on it; summary.html folds it if `reference` is true."""

    title: str
    note: str
    header: list[str]
    rows: list[list[str]]
    reference: bool = False


def task_tables(summary: Report) -> list[Table]:
    """Return the tables of a task, with those of its ablation if it has one."""
    if summary["ablation_status"] != "used":
        return [_domains(summary)]
    return [_domains(summary), _ablation(summary), _differences(summary), _experiments(summary)]


def _domains(summary: Report) -> Table:
    """Return one row per domain; texts have a language."""
    source, tests = summary["source"], summary["paired"]["baseline"]["domains"]
    has_unknown_labels = any(scores["unknown_labels"] for scores in summary["domains"].values())
    language = ["language"] if "language" in summary["domains"][source] else []
    return Table(
        "Accuracy by domain",
        "Brackets: 95 % bootstrap intervals over test rows. p: exact McNemar test of the model against the baseline on"
        " the same rows, Holm-corrected for all domains and the mean of the targets."
        + (" Rows with unknown labels count as mistakes." if has_unknown_labels else ""),
        ["domain", *language, "test rows", "accuracy", "baseline", "lead over the baseline", "p"],
        [
            [
                f"{domain} (source)" if domain == source else domain,
                *(scores[key] for key in language),
                row_count(scores),
                accuracy_with_interval(scores),
                percent(summary["baseline"][domain]["accuracy"]),
                percentage_points(tests[domain]["difference"], signed=True),
                p_value(tests[domain]["p_holm"]),
            ]
            for domain, scores in summary["domains"].items()
        ],
    )


def _ablation(summary: Report) -> Table:
    """Return one row per variant and number of training rows."""
    measures = [measure for measure in MEASURES if measure in summary["ablation"][0]]
    settings = ", ".join(summary["ablation_settings"])
    return Table(
        "Ablation",
        "Means over seeds. Round brackets: 95 % bootstrap intervals over test rows, and over seeds if there are"
        " several. Square brackets: lowest and highest seed."
        + (f" All experiments use {settings}." if settings else ""),
        [
            "variant",
            "training rows",
            "seeds",
            *(MEASURES[key] for key in measures),
            "CPU time",
            "trained parameters",
            "size",
        ],
        [
            [
                VARIANTS[point["variant"]],
                count(point["training_rows"]),
                count(point["seeds"]),
                *(f"{accuracy_with_interval(point[measure])}{_seed_range(point, measure)}" for measure in measures),
                formatting.duration(point["cpu_seconds"]),
                formatting.parameter_count(point["trained_parameters"]),
                formatting.file_size(point["model_bytes"]),
            ]
            for point in summary["ablation"]
        ],
    )


def _seed_range(point: Report, measure: str) -> str:
    """Return the range over seeds if there are several."""
    low, high = (100 * point[measure][f"{end}_seed"] for end in ("lowest", "highest"))
    return f" [{low:.1f} to {high:.1f}]" if point["seeds"] > 1 else ""


def _differences(summary: Report) -> Table:
    """Return one row per tested difference between two points of the ablation."""
    rows = {(point["variant"], point["train_fraction"]): point["training_rows"] for point in summary["ablation"]}

    def name(point: Report) -> str:
        return f"{VARIANTS[point['variant']]}; {count(rows[point['variant'], point['train_fraction']])} training rows"

    return Table(
        "Paired differences",
        "Differences between variants on the same test rows, with 95 % intervals (paired bootstrap). p is"
        " Holm-corrected for all rows of this table.",
        ["variant", "compared with", "accuracy", "difference", "p"],
        [
            [
                name(test["a"]),
                name(test["b"]),
                MEASURES[test["measure"]],
                f"{percentage_points(test['difference'], signed=True)} ({interval(test, 'difference')})",
                p_value(test["p_holm"]),
            ]
            for test in summary["paired"]["ablation"]
        ],
        reference=True,
    )


def _experiments(summary: Report) -> Table:
    """Return one row per experiment, to rerun it; a baseline shares an experiment."""
    runs = {
        run["experiment"]: [run["experiment"], run["commit"][:12], run["command"]]
        for point in summary["ablation"]
        for run in point["experiments"]
    }
    header = ["experiment", "commit", "command"]
    note = "Before you rerun an experiment, check out its commit: its name and parameters are those of that commit."
    return Table("Experiments of the ablation", note, header, [*runs.values()], reference=True)

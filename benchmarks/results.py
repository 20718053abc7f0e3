"""Write docs/results.md: results, costs, goals, and the keys of all reports.

Reads:  data/reports/<task>, data/summary/summary.json, benchmarks/goals.csv and benchmarks/report_keys.csv
Writes: docs/results.md
Run:    python -m benchmarks.results
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from benchmarks.goals import TaskReports, goal_rows, read_reports
from crossfer.backbones import describe_backbone
from crossfer.comparison.tables import task_tables
from crossfer.config.params import load_params
from crossfer.entrypoint import print_progress, run_stage
from crossfer.reporting import formatting, markdown
from crossfer.reporting.formatting import accuracy_with_interval, count, interval, percent, percentage_points, row_count

PAGE = Path("docs/results.md")
KEYS = Path(__file__).with_name("report_keys.csv")

Reports = Mapping[str, TaskReports]
Rows = list[list[str]]


def main() -> None:
    """Write docs/results.md from the reports."""
    notes = (describe_backbone(task.backbone)["note"] for task in load_params().tasks.values())
    PAGE.write_text(render_page(read_reports(), [note for note in dict.fromkeys(notes) if note]), encoding="utf-8")
    print_progress("results", "all tasks", f"wrote {PAGE}")


def render_page(reports: Reports, notes: Sequence[str]) -> str:
    """Return docs/results.md; `notes` are about the weights of the backbones."""
    sections = [
        "# Results",
        "`python -m benchmarks.results` writes this page from `data/reports` and `data/summary`. Do not edit it."
        " Brackets are 95 % bootstrap intervals over test rows.",
        *notes,
        *(_domains(task, report) for task, report in reports.items()),
        *(_ablation(task, report) for task, report in reports.items()),
        _section(
            "Robustness",
            "Accuracy and its drop, means over domains and perturbations.",
            ["task", "severity", "accuracy", "drop", "drop without the cleaner"],
            _robustness(reports),
        ),
        _section(
            "Calibration and out-of-distribution detection",
            "Expected calibration error (ECE) by domain; AUROC of confidence on source rows and out-of-distribution"
            " contents.",
            ["task", "measure", "value", "temperature-scaled"],
            _confidence(reports),
        ),
        _section(
            "int8",
            "Accuracy drops are those of int8 compared with fp32.",
            ["task", "fp32", "int8", "ratio", "zero-shot accuracy, int8", "mean drop", "largest drop"],
            _int8(reports),
        ),
        _section(
            "Costs",
            "CPU times are those of the machine that ran the ablation.",
            ["task", "training rows", "parameters", "trained", "model", "baseline", "CPU time of training"],
            _costs(reports),
        ),
        _section(
            "Goals",
            "Goals of the project, met or missed.",
            ["measure", "goal", "measured", "met", "documented in"],
            goal_rows(reports),
        ),
        _section(
            "Keys of the reports",
            "A key with `_low, _high` has two more keys with these endings: its 95 % interval.",
            ["file", "key", "unit", "meaning"],
            _keys(),
        ),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _section(title: str, note: str, header: Sequence[str], rows: Rows) -> str:
    return f"## {title}\n\n{note}\n\n{markdown.table(header, rows)}"


def _domains(task: str, report: TaskReports) -> str:
    """Return the section of a task's domains, with the zero-shot means."""
    metrics, compression, few_shot = report.metrics, report.compression, report.metrics.get("few_shot", {})
    rows = [
        [
            f"`{name}` (source)" if name == metrics["source"] else f"`{name}`",
            row_count(scores),
            accuracy_with_interval(scores),
            percent(scores["macro_f1"]),
            percent(metrics["baseline"][name]["accuracy"]),
            percent(compression["domains"][name]["accuracy_int8"]),
            *([accuracy_with_interval(few_shot[name]) if name in few_shot else ""] if few_shot else []),
        ]
        for name, scores in metrics["domains"].items()
    ]
    note = "There is no zero-shot target."
    if zero_shot := metrics.get("zero_shot"):
        cells = [accuracy_with_interval(zero_shot), percent(zero_shot["macro_f1"])]
        cells += [percent(zero_shot["baseline_accuracy"]), percent(compression["zero_shot"]["accuracy_int8"])]
        rows.append([f"zero-shot, mean of {zero_shot['domains']}", "", *cells, *([""] if few_shot else [])])
        gap = f"{percentage_points(zero_shot['gap'])} ({interval(zero_shot, 'gap')})"
        items = f", on the same {zero_shot['gap_n']} items" if "gap_n" in zero_shot else ""
        note = (
            f"The transfer gap is {gap}: accuracy on `{zero_shot['reference']}` minus the mean accuracy of the"
            f" zero-shot targets{items}."
        )
    header = ["domain", "test rows", "accuracy", "macro-F1", "baseline", "int8", *(["few-shot"] if few_shot else [])]
    return _section(f"{task} ({report.summary['modality']})", note, header, rows)


def _ablation(task: str, report: TaskReports) -> str:
    """Return the section of a task's ablation; empty if the summary has none."""
    table = next((table for table in task_tables(report.summary) if table.title == "Ablation"), None)
    if table is None:
        return ""
    rows = [[markdown.escape(cell) for cell in row] for row in table.rows]
    return _section(f"Ablation of {task}", markdown.escape(table.note), table.header, rows)


def _robustness(reports: Reports) -> Rows:
    rows = []
    for task, report in reports.items():
        rows.append([task, "none", accuracy_with_interval(report.stress["clean"]), "", ""])
        for severity in ("light", "medium", "heavy"):
            scores = report.stress[severity]
            drop = f"{percentage_points(scores['accuracy_drop'])} ({interval(scores, 'accuracy_drop')})"
            uncleaned_drop = percentage_points(scores["accuracy_drop_uncleaned"])
            rows.append([task, severity, accuracy_with_interval(scores), drop, uncleaned_drop])
    return rows


def _confidence(reports: Reports) -> Rows:
    rows = []
    for task, report in reports.items():
        for domain, error in report.stress["calibration"].items():
            rows.append([task, f"ECE, {domain}", f"{error['ece']:.3f}", f"{error['ece_temperature_scaled']:.3f}"])
        if detection := report.stress.get("out_of_distribution"):
            auroc, low, high = (f"{detection[f'auroc{end}']:.3f}" for end in ("", "_low", "_high"))
            rows.append([task, "AUROC", f"{auroc} ({low} to {high})", ""])
    return rows


def _int8(reports: Reports) -> Rows:
    return [
        [
            task,
            formatting.file_size(report.compression["bytes_fp32"]),
            formatting.file_size(report.compression["bytes_int8"]),
            f"{report.compression['size_ratio']:.3f}",
            percent(report.compression["zero_shot"]["accuracy_int8"]) if report.compression["zero_shot"] else "",
            percentage_points(report.compression["mean_accuracy_drop"]),
            percentage_points(report.compression["max_accuracy_drop"]),
        ]
        for task, report in reports.items()
    ]


def _costs(reports: Reports) -> Rows:
    rows = []
    for task, report in reports.items():
        cost, variant = report.summary["cost"], report.summary.get("transfer_variant")
        rows.append(
            [
                task,
                count(cost["training_rows"]),
                formatting.parameter_count(cost["parameters"]),
                formatting.parameter_count(cost["trained_parameters"]),
                formatting.file_size(cost["model_bytes"]),
                formatting.file_size(cost["baseline_bytes"]),
                formatting.duration(cost["variants"][variant]["cpu_seconds"]) if variant else "unknown",
            ]
        )
    return rows


def _keys() -> Rows:
    keys = pd.read_csv(KEYS, dtype=str, keep_default_na=False)
    return [
        [f"`{file}`", f"`{key}`{' `_low, _high`' if interval else ''}", unit, meaning]
        for file, key, interval, unit, meaning in keys.to_numpy().tolist()
    ]


if __name__ == "__main__":
    run_stage(main)
